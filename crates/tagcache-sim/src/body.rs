//! What the simulated programs store: raw bytes that say whose they are, and a hash that says whether they are whole.

use tagcache_fs::meta::links_of;

const MAGIC: [u8; 4] = *b"BODY";
const LEN: usize = 4 + 4 + 40 + 8;

/// The value of one put. Its bytes follow from it, so that every byte that is read back can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Body {
    /// Which put: an index into the oracle's table.
    pub id: u8,
    /// The key it belongs to.
    pub key: u8,
    /// The tags, one bit each.
    pub tags: u8,
}

impl Body {
    /// The number of names that its entry has.
    #[must_use]
    pub fn links(&self) -> u64 {
        links_of(u64::from(self.tags.count_ones()))
    }

    /// The bytes.
    #[must_use]
    pub fn print(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[self.id, self.key, self.tags, 0]);
        bytes.extend(std::iter::repeat_n(self.id ^ 0xa5, 40));
        bytes.extend_from_slice(&hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the bytes back; `None` when they are not whole.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (text, sum) = bytes.split_last_chunk::<8>()?;
        if bytes.len() != LEN || hash(text) != u64::from_le_bytes(*sum) {
            return None;
        }
        Self::parse_trusting(bytes)
    }

    /// Reads it from an entry, be it its bytes or a record of the facade around them.
    #[must_use]
    pub fn in_file(bytes: &[u8]) -> Option<Self> {
        if !is_record(bytes) {
            return Self::parse(bytes);
        }
        Self::parse(tagcache::record::parse(bytes).ok()?.payload)
    }

    /// Reads only what it says, as a program without a checksum would.
    #[must_use]
    pub fn parse_trusting(bytes: &[u8]) -> Option<Self> {
        match *bytes.strip_prefix(&MAGIC)? {
            [id, key, tags, ..] => Some(Self { id, key, tags }),
            _ => None,
        }
    }
}

/// Whether a file is one that the facade wrote.
pub(crate) fn is_record(bytes: &[u8]) -> bool {
    bytes.starts_with(&tagcache::record::header::MAGIC)
}

/// Whether a file is an entry or a draft.
pub(crate) fn is_entry(bytes: &[u8]) -> bool {
    bytes.is_empty() || bytes.starts_with(&MAGIC) || is_record(bytes)
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
