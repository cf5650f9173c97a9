//! The numbers of the format: every offset, length and limit stands here once, under the name that it has
//! in `docs/FORMAT.md`.

/// The first eight bytes of every record.
///
/// `F9` occurs in no ASCII and in no UTF-8 text and shows a stripped eighth bit; `CR LF` shows a translation
/// to `LF`, the single `LF` behind it a translation to `CR LF`.
pub const MAGIC: [u8; 8] = *b"\xF9TAGC\r\n\n";

/// The version that this crate writes, and the only one that it reads.
pub const VERSION: u16 = 1;

/// The flag bits that version 1 defines: none.
pub const KNOWN_FLAGS: u16 = 0;

/// Bytes of the fixed header, in front of the key.
pub const HEADER_LEN: usize = 96;

/// Bytes of the head checksum, the last field of the head.
pub const HEAD_CRC_LEN: usize = 4;

/// The head is padded to a multiple of this, so that the payload begins on an aligned offset of the file.
pub const ALIGN: usize = 8;

/// The longest key, in bytes. The shortest has one byte.
pub const MAX_KEY_LEN: usize = 4096;

/// The longest tag, in bytes. The shortest has one byte.
pub const MAX_TAG_LEN: usize = 4096;

/// Bytes of the length in front of each tag.
pub const TAG_PREFIX_LEN: usize = 2;

/// The most tags that a record can carry. (A cache sets its own limit below it.)
pub const MAX_TAGS: usize = 1000;

/// The longest tag section, in bytes.
pub const MAX_TAGS_LEN: usize = MAX_TAGS * (TAG_PREFIX_LEN + MAX_TAG_LEN);

/// The longest payload, in bytes (1 TiB): no sum of lengths comes near the end of a `u64`.
pub const MAX_PAYLOAD_LEN: u64 = 1 << 40;

/// The longest head, in bytes.
pub const MAX_HEAD_LEN: usize = head_len(MAX_KEY_LEN, MAX_TAGS_LEN);

/// The shortest record, in bytes: a key of one byte, no tag, no payload.
pub const MIN_RECORD_LEN: usize = head_len(1, 0);

/// The binary logarithm of [`CHUNK_LEN`], as it stands in the header.
pub const CHUNK_LOG2: u8 = 20;

/// The payload is checksummed in chunks of this many bytes (1 MiB); the last chunk may be shorter.
pub const CHUNK_LEN: usize = 1 << CHUNK_LOG2;

/// Bytes of one checksum in the chunk table.
pub const CHUNK_CRC_LEN: usize = 4;

/// A time that never comes, for `expires_at` (never expires) and `keep_until` (may be kept without limit).
pub const NEVER: u64 = u64::MAX;

/// The boot identity of a record that is trusted over a reboot.
pub const ANY_BOOT: [u8; 16] = [0; 16];

/// Where each field of the fixed header begins.
pub mod offset {
    /// [`MAGIC`](super::MAGIC), 8 bytes.
    pub const MAGIC: usize = 0;
    /// [`VERSION`](super::VERSION), u16.
    pub const VERSION: usize = 8;
    /// Flag bits, u16.
    pub const FLAGS: usize = 10;
    /// The persisted identity of the codec, u32.
    pub const CODEC: usize = 12;
    /// The fingerprint of the value's schema, u64.
    pub const SCHEMA: usize = 16;
    /// When the record was made, u64.
    pub const CREATED_AT: usize = 24;
    /// Until when the value is fresh, u64.
    pub const EXPIRES_AT: usize = 32;
    /// Until when the value may be served stale, u64.
    pub const KEEP_UNTIL: usize = 40;
    /// The boot in which the record is trusted, 16 bytes.
    pub const BOOT: usize = 48;
    /// How long the value took to compute, u64.
    pub const COMPUTE_TIME: usize = 64;
    /// Bytes of the payload, u64.
    pub const PAYLOAD_LEN: usize = 72;
    /// Bytes of the key, u32.
    pub const KEY_LEN: usize = 80;
    /// Bytes of the tag section, u32.
    pub const TAGS_LEN: usize = 84;
    /// Number of tags, u16.
    pub const TAG_COUNT: usize = 88;
    /// [`CHUNK_LOG2`](super::CHUNK_LOG2), u8.
    pub const CHUNK_LOG2: usize = 90;
    /// Zero bytes up to the end of the fixed header.
    pub const RESERVED: usize = 91;
}

/// Bytes of the head of a record with a key and a tag section of these lengths: fixed header, key, tags,
/// padding, checksum.
///
/// ```
/// use tagcache_record::header;
///
/// assert_eq!(header::head_len(1, 0), 104); // 96 + 1, three bytes of padding, 4
/// assert_eq!(header::head_len(4, 0), 104);
/// assert_eq!(header::head_len(5, 0), 112);
/// ```
#[must_use]
pub const fn head_len(key_len: usize, tags_len: usize) -> usize {
    (HEADER_LEN + key_len + tags_len + HEAD_CRC_LEN).next_multiple_of(ALIGN)
}
