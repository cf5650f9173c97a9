//! The head of a record: what it says about its value, in memory and in bytes.

use crate::chunks::{self, Chunks};
use crate::error::ParseError;
use crate::header::{self, HEADER_LEN, offset};
use crate::tags::Tags;

/// What a record says about its value in fields of fixed size. All times are in nanoseconds since the Unix
/// epoch.
///
/// The struct is open on purpose: a new field is a new version of the format, and whoever seals records
/// should have to think about it.
///
/// ```
/// use tagcache_record::{Facts, header::NEVER};
///
/// let facts = Facts { codec: 7, created_at: 1_700_000_000_000_000_000, ..Facts::default() };
/// assert_eq!(facts.expires_at, NEVER);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The persisted identity of the codec that encoded the payload.
    pub codec: u32,
    /// The fingerprint of the value's schema.
    pub schema: u64,
    /// When the record was made.
    pub created_at: u64,
    /// Until when the value is fresh; [`header::NEVER`] = for ever.
    pub expires_at: u64,
    /// Until when the value may be served stale, never before `expires_at`; [`header::NEVER`] = no limit.
    pub keep_until: u64,
    /// The boot in which the record is trusted; [`header::ANY_BOOT`] = in all of them.
    pub boot: [u8; 16],
    /// How long the value took to compute, in nanoseconds.
    pub compute_time: u64,
}

impl Default for Facts {
    /// No codec, no schema, made at the epoch, never expires, trusted over a reboot, computed in no time.
    fn default() -> Self {
        Self {
            codec: 0,
            schema: 0,
            created_at: 0,
            expires_at: header::NEVER,
            keep_until: header::NEVER,
            boot: header::ANY_BOOT,
            compute_time: 0,
        }
    }
}

/// Everything in front of the payload, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// The fields of fixed size.
    pub facts: Facts,
    /// The key, 1 to 4096 bytes. Names in the tree may be digests of it, so compare it on every read.
    pub key: &'a [u8],
    /// The tags.
    pub tags: Tags<'a>,
    /// Bytes of the payload.
    pub payload_len: u64,
    /// Its own checksum, with which those of the chunks begin.
    crc: u32,
}

/// The lengths in the fixed header, within their limits: with them the extent of every part is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lengths {
    pub(crate) payload: u64,
    pub(crate) key: usize,
    pub(crate) tags: usize,
    pub(crate) tag_count: u16,
}

impl Lengths {
    /// Reads the lengths of a record of our version, and refuses those beyond their limits.
    pub(crate) fn read(fixed: &[u8; HEADER_LEN]) -> Result<Self, ParseError> {
        let magic = array(fixed, offset::MAGIC);
        if magic != header::MAGIC {
            return Err(ParseError::Magic { found: magic });
        }
        let version = u16::from_le_bytes(array(fixed, offset::VERSION));
        if version != header::VERSION {
            return Err(ParseError::Version { found: version });
        }
        let key = u32::from_le_bytes(array(fixed, offset::KEY_LEN));
        if key == 0 || key as usize > header::MAX_KEY_LEN {
            return Err(ParseError::KeyLength { found: key });
        }
        let tag_count = u16::from_le_bytes(array(fixed, offset::TAG_COUNT));
        if usize::from(tag_count) > header::MAX_TAGS {
            return Err(ParseError::TagCount { found: tag_count });
        }
        let tags = u32::from_le_bytes(array(fixed, offset::TAGS_LEN));
        if !tags_len_is_possible(tag_count, tags as usize) {
            return Err(ParseError::TagsLength { tag_count, found: tags });
        }
        let [chunk_log2] = array(fixed, offset::CHUNK_LOG2);
        if chunk_log2 != header::CHUNK_LOG2 {
            return Err(ParseError::ChunkSize { found: chunk_log2 });
        }
        let payload = u64::from_le_bytes(array(fixed, offset::PAYLOAD_LEN));
        if payload > header::MAX_PAYLOAD_LEN {
            return Err(ParseError::PayloadLength { found: payload });
        }
        Ok(Self { payload, key: key as usize, tags: tags as usize, tag_count })
    }

    /// Bytes of the head.
    pub(crate) fn head(&self) -> usize {
        header::head_len(self.key, self.tags)
    }

    /// Bytes of the whole record.
    pub(crate) fn record(&self) -> u64 {
        self.head() as u64 + self.payload + chunks::table_len(self.payload)
    }
}

/// Whether any tags of allowed lengths add up to this section.
fn tags_len_is_possible(tag_count: u16, tags_len: usize) -> bool {
    let count = usize::from(tag_count);
    let shortest = count * (header::TAG_PREFIX_LEN + 1);
    let longest = count * (header::TAG_PREFIX_LEN + header::MAX_TAG_LEN);
    (shortest..=longest).contains(&tags_len)
}

impl<'a> Head<'a> {
    /// How many bytes of the file it takes up; the payload begins behind them.
    #[must_use]
    pub const fn len_bytes(&self) -> usize {
        header::head_len(self.key.len(), self.tags.len_bytes())
    }

    /// The chunks of the payload: how long each is, and whether its bytes are the right ones.
    #[must_use]
    pub const fn chunks(&self) -> Chunks {
        Chunks::new(self.crc, self.payload_len)
    }

    /// Checks a head that is as long as `lengths` says.
    pub(crate) fn read(head: &'a [u8], lengths: &Lengths) -> Result<Self, ParseError> {
        let (covered, crc) = head.split_at(head.len() - header::HEAD_CRC_LEN);
        let expected = u32::from_le_bytes(array(crc, 0));
        let found = crc32fast::hash(covered);
        if found != expected {
            return Err(ParseError::HeadChecksum { expected, found });
        }
        let (fixed, rest) = covered.split_at(HEADER_LEN);
        let (key, rest) = rest.split_at(lengths.key);
        let (tags, padding) = rest.split_at(lengths.tags);
        let facts = Facts::read(fixed)?;
        if let Some((offset, found)) = first_nonzero(padding, covered.len() - padding.len()) {
            return Err(ParseError::Padding { offset, found });
        }
        let tags = Tags::parse(tags, lengths.tag_count)?;
        Ok(Self { facts, key, tags, payload_len: lengths.payload, crc: expected })
    }
}

impl Facts {
    /// Reads the fields of fixed size, behind a checksum that was right.
    fn read(fixed: &[u8]) -> Result<Self, ParseError> {
        let flags = u16::from_le_bytes(array(fixed, offset::FLAGS));
        if flags & !header::KNOWN_FLAGS != 0 {
            return Err(ParseError::Flags { found: flags });
        }
        if let Some((offset, found)) = first_nonzero(&fixed[offset::RESERVED..], offset::RESERVED) {
            return Err(ParseError::Reserved { offset, found });
        }
        let number = |at| u64::from_le_bytes(array(fixed, at));
        let facts = Self {
            codec: u32::from_le_bytes(array(fixed, offset::CODEC)),
            schema: number(offset::SCHEMA),
            created_at: number(offset::CREATED_AT),
            expires_at: number(offset::EXPIRES_AT),
            keep_until: number(offset::KEEP_UNTIL),
            boot: array(fixed, offset::BOOT),
            compute_time: number(offset::COMPUTE_TIME),
        };
        if facts.keep_until < facts.expires_at {
            return Err(ParseError::KeepUntil { expires_at: facts.expires_at, found: facts.keep_until });
        }
        Ok(facts)
    }

    /// The fixed header with these facts and lengths.
    pub(crate) fn write(&self, lengths: &Lengths) -> [u8; HEADER_LEN] {
        let mut fixed = [0; HEADER_LEN];
        let mut put = |at: usize, bytes: &[u8]| fixed[at..at + bytes.len()].copy_from_slice(bytes);
        put(offset::MAGIC, &header::MAGIC);
        put(offset::VERSION, &header::VERSION.to_le_bytes());
        put(offset::CODEC, &self.codec.to_le_bytes());
        put(offset::SCHEMA, &self.schema.to_le_bytes());
        put(offset::CREATED_AT, &self.created_at.to_le_bytes());
        put(offset::EXPIRES_AT, &self.expires_at.to_le_bytes());
        put(offset::KEEP_UNTIL, &self.keep_until.to_le_bytes());
        put(offset::BOOT, &self.boot);
        put(offset::COMPUTE_TIME, &self.compute_time.to_le_bytes());
        put(offset::PAYLOAD_LEN, &lengths.payload.to_le_bytes());
        // The limits, checked before, keep both lengths far below a u32.
        put(offset::KEY_LEN, &(lengths.key as u64).to_le_bytes()[..4]);
        put(offset::TAGS_LEN, &(lengths.tags as u64).to_le_bytes()[..4]);
        put(offset::TAG_COUNT, &lengths.tag_count.to_le_bytes());
        put(offset::CHUNK_LOG2, &[header::CHUNK_LOG2]);
        fixed
    }
}

/// The `N` bytes at `at`. Every caller has made sure that they are there.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}

/// The first byte that is not zero, with its place in the record, where `bytes` begin at `start`.
fn first_nonzero(bytes: &[u8], start: usize) -> Option<(usize, u8)> {
    (start..).zip(bytes.iter().copied()).find(|&(_, byte)| byte != 0)
}
