//! What a kept value is found by: the hash of its name, and the name itself, which proves that it is the one.

use std::any::TypeId;
use std::hash::{BuildHasher, Hasher};

use smallvec::SmallVec;
use tagcache_codec::Fingerprint;

/// So long a key lies beside what else a hit looks at, and needs no memory of its own.
const SHORT: usize = 32;

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
#[derive(Debug)]
pub(super) struct Name {
    key: SmallVec<[u8; SHORT]>,
    kind: Kind,
}

/// The same, borrowed: asking allocates nothing, and needs no digest of the key.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Asked<'a> {
    pub(super) key: &'a [u8],
    pub(super) kind: Kind,
}

impl Asked<'_> {
    pub(super) fn to_name(self) -> Name {
        Name { key: self.key.into(), kind: self.kind }
    }

    pub(super) fn is_named(&self, name: &Name) -> bool {
        *self.key == *name.key && self.kind == name.kind
    }
}

/// For a map whose keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsItIs(u64);

impl BuildHasher for AsItIs {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self::default()
    }
}

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// Nobody calls it for a `u64`.
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_length_is_its_own() {
        let kind = Kind::of::<String>(None);
        for len in [1, SHORT, SHORT + 1, 4096] {
            let (key, longer) = (vec![b'k'; len], vec![b'k'; len + 1]);
            let name = Asked { key: &key, kind }.to_name();
            assert!(Asked { key: &key, kind }.is_named(&name), "{len}");
            assert!(!Asked { key: &longer, kind }.is_named(&name), "{len}");
        }
    }

    #[test]
    fn another_type_or_schema_is_another_value() {
        let asked = Asked { key: b"key", kind: Kind::of::<String>(None) };
        let named = Some(Fingerprint::named("one"));
        for kind in [Kind::of::<u8>(None), Kind::of::<String>(named)] {
            assert!(!asked.is_named(&Asked { key: b"key", kind }.to_name()), "{kind:?}");
        }
    }

    #[test]
    fn a_hash_is_taken_as_it_is() {
        assert_eq!(AsItIs::default().hash_one(0x0123_4567_89ab_cdef_u64), 0x0123_4567_89ab_cdef);
    }
}
