//! The bytes of the log: a header of 64, then records of 32. Pure functions.

use crate::name::Digest;
use crate::time::Time;

pub(crate) const MAGIC: [u8; 8] = *b"TAGCLOG\x01";
pub(crate) const HEADER_BYTES: usize = 64;
pub(crate) const RECORD_BYTES: usize = 32;

/// What makes one log different from every other: random, and zero for "none".
pub(crate) type Serial = [u8; 16];

/// The first bytes of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) serial: Serial,
    pub(crate) predecessor: Serial,
}

impl Header {
    pub(crate) fn print(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..24].copy_from_slice(&self.serial);
        bytes[24..40].copy_from_slice(&self.predecessor);
        bytes
    }

    /// `None` when the bytes are no header of ours: a power cut can leave zeroes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.get(..HEADER_BYTES)?.strip_prefix(&MAGIC)?;
        let (serial, rest) = rest.split_first_chunk::<16>()?;
        let (predecessor, rest) = rest.split_first_chunk::<16>()?;
        let sound = *serial != [0; 16] && rest.iter().all(|byte| *byte == 0);
        sound.then_some(Self { serial: *serial, predecessor: *predecessor })
    }
}

/// What a record says was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    TagInvalidated = 1,
    KeyInvalidated = 2,
    Everything = 3,
    TagExpired = 4,
    KeyExpired = 5,
    /// An invalidation reached its end: written for the barrier, and nobody's concern.
    Done = 6,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::TagInvalidated,
        Self::KeyInvalidated,
        Self::Everything,
        Self::TagExpired,
        Self::KeyExpired,
        Self::Done,
    ];
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    pub(crate) at: Time,
    pub(crate) digest: Digest,
}

impl Record {
    pub(crate) fn print(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[0] = self.kind as u8;
        bytes[8..16].copy_from_slice(&self.at.as_nanos().to_le_bytes());
        bytes[16..].copy_from_slice(self.digest.as_bytes());
        bytes
    }

    /// `None` for a record that this version does not understand.
    pub(crate) fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let kind = *Kind::ALL.iter().find(|kind| **kind as u8 == bytes[0])?;
        let (_, rest) = bytes.split_first_chunk::<8>()?;
        let (at, digest) = rest.split_first_chunk::<8>()?;
        let digest = digest.first_chunk::<16>()?;
        Some(Self {
            kind,
            at: Time::from_nanos(u64::from_le_bytes(*at)),
            digest: Digest::from_bytes(*digest),
        })
    }
}

/// What a fill must know of what the log gained: nothing, or something that concerns it.
pub(crate) fn concerns(gained: &[u8], key: Digest, tags: &[Digest]) -> bool {
    let mut records = gained.chunks(RECORD_BYTES);
    records.any(|bytes| match bytes.first_chunk() {
        Some(bytes) => record_concerns(bytes, key, tags),
        // Half a record: somebody died while writing it.
        None => true,
    })
}

fn record_concerns(bytes: &[u8; RECORD_BYTES], key: Digest, tags: &[Digest]) -> bool {
    // What is not understood may be anything: the safe side is to store nothing.
    let Some(record) = Record::parse(bytes) else { return true };
    match record.kind {
        Kind::TagInvalidated | Kind::TagExpired => tags.contains(&record.digest),
        Kind::KeyInvalidated | Kind::KeyExpired => key == record.digest,
        Kind::Everything => true,
        Kind::Done => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Key, Tag};

    fn record(kind: Kind, digest: Digest) -> Vec<u8> {
        Record { kind, at: Time::from_nanos(5), digest }.print().to_vec()
    }

    #[test]
    fn a_fill_is_concerned_by_its_tags_its_key_and_everything_only() {
        let (key, other_key) = (Key::new("k").unwrap().digest(), Key::new("l").unwrap().digest());
        let (tag, other_tag) = (Tag::new("t").unwrap().digest(), Tag::new("u").unwrap().digest());
        let cases = [
            (Kind::TagInvalidated, tag, true),
            (Kind::TagInvalidated, other_tag, false),
            (Kind::TagExpired, tag, true),
            (Kind::TagExpired, other_tag, false),
            (Kind::KeyInvalidated, key, true),
            (Kind::KeyInvalidated, other_key, false),
            (Kind::KeyExpired, key, true),
            (Kind::KeyExpired, other_key, false),
            (Kind::Everything, other_key, true),
            (Kind::Done, key, false),
        ];
        for (kind, digest, expected) in cases {
            let mut gained = record(Kind::Done, other_key);
            gained.extend(record(kind, digest));
            assert_eq!(concerns(&gained, key, &[tag]), expected, "{kind:?} {digest:?}");
        }
    }

    #[test]
    fn half_a_record_and_an_unknown_one_concern_every_fill() {
        let key = Key::new("k").unwrap().digest();
        assert!(concerns(&record(Kind::Done, key)[..31], key, &[]));
        assert!(concerns(&[0; RECORD_BYTES], key, &[]));
        assert!(!concerns(&[], key, &[]));
    }

    #[test]
    fn a_header_of_zeroes_is_no_header() {
        let header = Header { serial: [1; 16], predecessor: [0; 16] };
        assert_eq!(Header::parse(&header.print()), Some(header));
        assert_eq!(Header::parse(&[0; HEADER_BYTES]), None);
        assert_eq!(Header::parse(&header.print()[..63]), None);
    }
}
