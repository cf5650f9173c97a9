//! Which fingerprint a type has under the codec of a cache, and whether a value of it was ever read back.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock};

use tagcache_codec::{Fingerprint, HiddenShape, Schema};

/// Per type, asked once: tracing a shape takes microseconds, and a hit must not pay them.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    fingerprints: RwLock<HashMap<TypeId, Result<Fingerprint, HiddenShape>, AsItIs>>,
    read_back: RwLock<HashSet<TypeId, AsItIs>>,
}

/// The identity of a type is a hash already, and is asked for on every hit.
type AsItIs = BuildHasherDefault<OfTypeId>;

#[derive(Default)]
struct OfTypeId(u64);

impl Hasher for OfTypeId {
    fn write(&mut self, bytes: &[u8]) {
        // Never asked for today; right for whatever a later standard library feeds.
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
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
