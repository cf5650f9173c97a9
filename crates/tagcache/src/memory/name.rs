//! What a kept value is found by.

use std::any::TypeId;
use std::sync::Arc;

use quick_cache::Equivalent;
use tagcache_codec::Fingerprint;

/// Which values of a key are meant: those of a type, under a schema if one was named. The codec is that of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    of: TypeId,
    named: Option<Fingerprint>,
}

impl Kind {
    pub(super) fn of<T: 'static>(named: Option<Fingerprint>) -> Self {
        Self { of: TypeId::of::<T>(), named }
    }
}

/// The name of a kept value.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    // In this order in both: they must hash alike.
    key: Box<[u8]>,
    kind: Kind,
}

/// The same, borrowed: asking allocates nothing, and needs no digest of the key.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Asked<'a> {
    pub(super) key: &'a [u8],
    pub(super) kind: Kind,
}

impl Asked<'_> {
    pub(super) fn to_name(self) -> Arc<Name> {
        Arc::new(Name { key: self.key.into(), kind: self.kind })
    }
}

impl Equivalent<Arc<Name>> for Asked<'_> {
    fn equivalent(&self, name: &Arc<Name>) -> bool {
        *self.key == *name.key && self.kind == name.kind
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn what_is_asked_hashes_as_what_is_kept() {
        let asked = Asked { key: b"key", kind: Kind::of::<String>(None) };
        let hasher = RandomState::new();
        assert_eq!(hasher.hash_one(asked), hasher.hash_one(asked.to_name()));
        assert!(asked.equivalent(&asked.to_name()));
    }

    #[test]
    fn another_type_or_schema_is_another_value() {
        let asked = Asked { key: b"key", kind: Kind::of::<String>(None) };
        let named = Some(Fingerprint::named("one"));
        for kind in [Kind::of::<u8>(None), Kind::of::<String>(named)] {
            assert!(!asked.equivalent(&Asked { key: b"key", kind }.to_name()), "{kind:?}");
        }
    }
}
