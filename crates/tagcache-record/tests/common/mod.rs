//! What several test files need: sealing in one call, the worked example, and heads with a right checksum.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use tagcache_record::header::{HEAD_CRC_LEN, offset};
use tagcache_record::{Facts, Unsealed};

pub(crate) const DAY: u64 = 86_400 * 1_000_000_000;
/// 2024-01-01T00:00:00Z.
pub(crate) const NEW_YEAR: u64 = 1_704_067_200 * 1_000_000_000;

/// Bytes of the head of [`blog_home`].
pub(crate) const BLOG_HOME_HEAD_LEN: usize = 128;

/// Seals a record in one call.
pub(crate) fn seal<T: AsRef<[u8]>>(facts: &Facts, key: &[u8], tags: &[T], payload: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut unsealed = Unsealed::begin(&mut file, facts, key, tags).expect("fields within their limits");
    unsealed.payload().extend_from_slice(payload);
    let len = unsealed.seal().expect("a payload within its limit");
    assert_eq!(len, file.len(), "seal says how long the record is");
    file
}

/// The facts of the worked example of `docs/FORMAT.md`.
pub(crate) fn blog_home_facts() -> Facts {
    Facts {
        codec: 1,
        schema: 0x1122_3344_5566_7788,
        created_at: NEW_YEAR,
        expires_at: NEW_YEAR + 7 * DAY,
        keep_until: NEW_YEAR + 8 * DAY,
        compute_time: 3_000_000,
        ..Facts::default()
    }
}

/// The worked example of `docs/FORMAT.md`.
pub(crate) fn blog_home() -> Vec<u8> {
    seal(&blog_home_facts(), b"blog-home", &["bio", "blog-new"], b"<h1>Blog</h1>")
}

/// The worked example with `bytes` at `at` in its head, and a head checksum that is right for them.
pub(crate) fn forged(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = blog_home();
    file[at..][..bytes.len()].copy_from_slice(bytes);
    make_head_crc_right(&mut file, BLOG_HOME_HEAD_LEN);
    file
}

/// Computes the checksum of a head that was changed.
pub(crate) fn make_head_crc_right(file: &mut [u8], head_len: usize) {
    let at = head_len - HEAD_CRC_LEN;
    let crc = crc32fast::hash(&file[..at]);
    file[at..head_len].copy_from_slice(&crc.to_le_bytes());
}

/// The fields of the fixed header: name, offset, bytes. The fields of the page, too: see `format_page.rs`.
pub(crate) const FIELDS: [(&str, usize, usize); 15] = [
    ("magic", offset::MAGIC, 8),
    ("version", offset::VERSION, 2),
    ("flags", offset::FLAGS, 2),
    ("codec", offset::CODEC, 4),
    ("schema", offset::SCHEMA, 8),
    ("created_at", offset::CREATED_AT, 8),
    ("expires_at", offset::EXPIRES_AT, 8),
    ("keep_until", offset::KEEP_UNTIL, 8),
    ("boot", offset::BOOT, 16),
    ("compute_time", offset::COMPUTE_TIME, 8),
    ("payload_len", offset::PAYLOAD_LEN, 8),
    ("key_len", offset::KEY_LEN, 4),
    ("tags_len", offset::TAGS_LEN, 4),
    ("tag_count", offset::TAG_COUNT, 2),
    ("chunk_log2", offset::CHUNK_LOG2, 1),
];
