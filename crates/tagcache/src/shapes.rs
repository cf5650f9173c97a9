//! Which fingerprint a type has under the codec of a cache, and whether a value of it was ever read back.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use tagcache_codec::{Fingerprint, HiddenShape, Schema};

/// Per type, asked once: tracing a shape takes microseconds, and a hit must not pay them.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    fingerprints: RwLock<HashMap<TypeId, Result<Fingerprint, HiddenShape>>>,
    read_back: RwLock<HashSet<TypeId>>,
}

impl Shapes {
    pub(crate) fn fingerprint<C: Schema<T>, T: 'static>(
        &self,
        codec: &C,
    ) -> Result<Fingerprint, HiddenShape> {
        let id = TypeId::of::<T>();
        let known = self.fingerprints.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(known) = known {
            return known;
        }
        // Outside of the lock: tracing runs code of the type.
        let fingerprint = codec.fingerprint();
        let mut known = self.fingerprints.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(id).or_insert(fingerprint).clone()
    }

    /// Whether a value of the type was read back already: asked before the first one is stored.
    pub(crate) fn was_read_back<T: 'static>(&self) -> bool {
        self.read_back.read().unwrap_or_else(PoisonError::into_inner).contains(&TypeId::of::<T>())
    }

    pub(crate) fn note_read_back<T: 'static>(&self) {
        self.read_back.write().unwrap_or_else(PoisonError::into_inner).insert(TypeId::of::<T>());
    }
}
