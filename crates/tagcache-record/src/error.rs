//! What can be wrong with bytes that should be a record, and with fields that should become one.

use std::error::Error;
use std::fmt;

use crate::header;

/// Why bytes are not a record of this version: one variant per check, in the order of the checks. (A file
/// shorter than any record is [`Truncated`](ParseError::Truncated) before its first byte is looked at.)
///
/// Every variant but [`NeedBytes`](ParseError::NeedBytes) is final: reading the same file again gives the
/// same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The prefix is too short to judge the head. No statement about the file: read more of it.
    NeedBytes {
        /// How many bytes of the file are needed from its beginning.
        needed: usize,
        /// How many were given.
        found: usize,
    },
    /// The first eight bytes are not [`header::MAGIC`].
    Magic {
        /// The first eight bytes.
        found: [u8; 8],
    },
    /// The record has a version other than [`header::VERSION`].
    Version {
        /// The version in the record.
        found: u16,
    },
    /// The key is empty or longer than [`header::MAX_KEY_LEN`].
    KeyLength {
        /// Bytes of the key, by the header.
        found: u32,
    },
    /// There are more tags than [`header::MAX_TAGS`].
    TagCount {
        /// Number of tags, by the header.
        found: u16,
    },
    /// The tag section cannot have this length with this number of tags.
    TagsLength {
        /// The number of tags, by the header.
        tag_count: u16,
        /// Bytes of the tag section, by the header.
        found: u32,
    },
    /// The chunk size is not [`header::CHUNK_LOG2`].
    ChunkSize {
        /// Its binary logarithm, by the header.
        found: u8,
    },
    /// The payload is longer than [`header::MAX_PAYLOAD_LEN`].
    PayloadLength {
        /// Bytes of the payload, by the header.
        found: u64,
    },
    /// The file is shorter than its head says (or than any record).
    Truncated {
        /// Bytes that the record would have, at least.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// The file goes on behind the end of the record.
    TrailingBytes {
        /// Bytes of the record.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// The head is damaged: its checksum is another one.
    HeadChecksum {
        /// The checksum in the record.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// A flag bit is set that version 1 does not define.
    Flags {
        /// The flags in the record.
        found: u16,
    },
    /// A reserved byte of the header is not zero.
    Reserved {
        /// Its place in the record.
        offset: usize,
        /// Its value.
        found: u8,
    },
    /// The value may be kept stale only until a time before it expires.
    KeepUntil {
        /// When it expires: the earliest that `keep_until` may say.
        expires_at: u64,
        /// Until when it may be kept, by the header.
        found: u64,
    },
    /// A byte of the padding behind the tags is not zero.
    Padding {
        /// Its place in the record.
        offset: usize,
        /// Its value.
        found: u8,
    },
    /// A tag is empty or longer than [`header::MAX_TAG_LEN`].
    TagLength {
        /// The place of the tag in the section, from 0.
        index: usize,
        /// Bytes of the tag, by its prefix.
        found: u16,
    },
    /// The tag section ends within a tag.
    TagTruncated {
        /// The place of the tag in the section, from 0.
        index: usize,
        /// Bytes that the tag and its prefix need.
        expected: usize,
        /// Bytes that are left in the section.
        found: usize,
    },
    /// A tag is not greater than the tag before it.
    TagOrder {
        /// The place of the tag in the section, from 0.
        index: usize,
    },
    /// The tag section goes on behind its last tag.
    TagsTrailing {
        /// Bytes that are left over.
        found: usize,
    },
    /// A chunk of the payload is damaged: its checksum is another one.
    ChunkChecksum {
        /// The number of the chunk, from 0.
        chunk: u64,
        /// The checksum in the record.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NeedBytes { needed, found } => {
                write!(f, "the head of the record needs {needed} bytes, {found} were given")
            }
            Self::Magic { found } => {
                write!(
                    f,
                    "not a record: expected it to begin with {:02x?}, found {found:02x?}",
                    header::MAGIC
                )
            }
            Self::Version { found } => {
                write!(f, "the record has version {found}, only version {} can be read", header::VERSION)
            }
            Self::KeyLength { found } => {
                write!(f, "the key has {found} bytes, allowed are 1 to {}", header::MAX_KEY_LEN)
            }
            Self::TagCount { found } => {
                write!(f, "the record has {found} tags, allowed are at most {}", header::MAX_TAGS)
            }
            Self::TagsLength { tag_count, found } => {
                write!(
                    f,
                    "a tag section of {found} bytes cannot hold the number of tags that is given: {tag_count}"
                )
            }
            Self::ChunkSize { found } => {
                write!(f, "the chunk size is 2^{found} bytes, expected 2^{}", header::CHUNK_LOG2)
            }
            Self::PayloadLength { found } => {
                write!(f, "the payload has {found} bytes, allowed are at most {}", header::MAX_PAYLOAD_LEN)
            }
            Self::Truncated { expected, found } => {
                write!(f, "the record is cut off: expected {expected} bytes, found {found}")
            }
            Self::TrailingBytes { expected, found } => {
                write!(f, "bytes follow the record: expected {expected} bytes, found {found}")
            }
            Self::HeadChecksum { expected, found } => {
                write!(f, "the head is damaged: expected checksum {expected:08x}, found {found:08x}")
            }
            Self::Flags { found } => {
                write!(f, "unknown flags are set: {:#06x}", found & !header::KNOWN_FLAGS)
            }
            Self::Reserved { offset, found } => {
                write!(f, "the reserved byte at offset {offset} is {found:#04x}, expected zero")
            }
            Self::KeepUntil { expires_at, found } => {
                write!(f, "the value is kept until {found}, expected no time before its expiry {expires_at}")
            }
            Self::Padding { offset, found } => {
                write!(f, "the padding byte at offset {offset} is {found:#04x}, expected zero")
            }
            Self::TagLength { index, found } => {
                write!(f, "tag {index} has {found} bytes, allowed are 1 to {}", header::MAX_TAG_LEN)
            }
            Self::TagTruncated { index, expected, found } => {
                write!(f, "tag {index} is cut off: it needs {expected} bytes, {found} are left")
            }
            Self::TagOrder { index } => {
                write!(f, "tag {index} is not greater than the tag before it")
            }
            Self::TagsTrailing { found } => {
                write!(f, "bytes follow the last tag in the tag section: {found}")
            }
            Self::ChunkChecksum { chunk, expected, found } => {
                write!(
                    f,
                    "chunk {chunk} of the payload is damaged: expected checksum {expected:08x}, found {found:08x}"
                )
            }
        }
    }
}

impl Error for ParseError {}

/// Why fields cannot become a record: the same limits that [`ParseError`] guards on the way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The key is empty or longer than [`header::MAX_KEY_LEN`].
    KeyLength {
        /// Bytes of the key.
        found: usize,
    },
    /// There are more tags than [`header::MAX_TAGS`].
    TagCount {
        /// Number of tags.
        found: usize,
    },
    /// A tag is empty or longer than [`header::MAX_TAG_LEN`].
    TagLength {
        /// The place of the tag among the tags, from 0.
        index: usize,
        /// Bytes of the tag.
        found: usize,
    },
    /// A tag is not greater than the tag before it: sort the tags and remove duplicates.
    TagOrder {
        /// The place of the tag among the tags, from 0.
        index: usize,
    },
    /// The value may be kept stale only until a time before it expires.
    KeepUntil {
        /// When it expires: the earliest that `keep_until` may say.
        expires_at: u64,
        /// Until when it should be kept.
        found: u64,
    },
    /// The payload is longer than [`header::MAX_PAYLOAD_LEN`].
    PayloadLength {
        /// Bytes of the payload.
        found: u64,
    },
    /// Whoever encoded the payload did not only append: it cut off or overwrote the head in front of it.
    HeadDisturbed,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::KeyLength { found } => {
                write!(f, "the key has {found} bytes, allowed are 1 to {}", header::MAX_KEY_LEN)
            }
            Self::TagCount { found } => {
                write!(f, "the record has {found} tags, allowed are at most {}", header::MAX_TAGS)
            }
            Self::TagLength { index, found } => {
                write!(f, "tag {index} has {found} bytes, allowed are 1 to {}", header::MAX_TAG_LEN)
            }
            Self::TagOrder { index } => {
                write!(
                    f,
                    "tag {index} is not greater than the tag before it: sort the tags and remove duplicates"
                )
            }
            Self::KeepUntil { expires_at, found } => {
                write!(f, "the value is kept until {found}, expected no time before its expiry {expires_at}")
            }
            Self::PayloadLength { found } => {
                write!(f, "the payload has {found} bytes, allowed are at most {}", header::MAX_PAYLOAD_LEN)
            }
            Self::HeadDisturbed => {
                write!(f, "the encoder disturbed the head of the record: it may only append to the buffer")
            }
        }
    }
}

impl Error for SealError {}
