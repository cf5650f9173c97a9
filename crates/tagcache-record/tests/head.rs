//! Heads whose checksum is right and whose contents are not: whoever forges one gets a typed error for it.

mod common;

use common::{BLOG_HOME_HEAD_LEN, blog_home, forged, make_head_crc_right};
use tagcache_record::header::{self, offset};
use tagcache_record::{Facts, ParseError, parse};

/// The error for the worked example with `bytes` at `at`, which must be refused.
fn refusal(at: usize, bytes: &[u8]) -> ParseError {
    parse(&forged(at, bytes)).expect_err("a forged head is refused")
}

#[test]
fn a_forgery_of_nothing_is_the_record_itself() {
    assert_eq!(forged(offset::FLAGS, &[0, 0]), blog_home(), "the other tests begin with a valid record");
}

#[test]
fn another_version_is_refused_whatever_else_it_says() {
    for found in [0, 2, 256, u16::MAX] {
        let mut file = forged(offset::VERSION, &found.to_le_bytes());
        assert_eq!(parse(&file), Err(ParseError::Version { found }));
        file[offset::CODEC..].fill(0xff);
        assert_eq!(parse(&file), Err(ParseError::Version { found }));
    }
}

#[test]
fn every_unknown_flag_is_refused() {
    for bit in 0..16 {
        let found = 1_u16 << bit;
        assert_eq!(refusal(offset::FLAGS, &found.to_le_bytes()), ParseError::Flags { found });
    }
}

#[test]
fn every_reserved_byte_must_be_zero() {
    for offset in offset::RESERVED..header::HEADER_LEN {
        assert_eq!(refusal(offset, &[0x80]), ParseError::Reserved { offset, found: 0x80 });
    }
}

#[test]
fn every_padding_byte_must_be_zero() {
    // The key and the tags end at 120, the checksum begins at 124.
    for offset in 120..124 {
        assert_eq!(refusal(offset, &[1]), ParseError::Padding { offset, found: 1 });
    }
}

#[test]
fn a_key_length_of_zero_or_beyond_the_limit_is_refused() {
    for found in [0, 4097, 65_536, u32::MAX] {
        assert_eq!(refusal(offset::KEY_LEN, &found.to_le_bytes()), ParseError::KeyLength { found });
    }
}

#[test]
fn a_key_length_within_the_limit_but_beyond_the_file_is_truncated() {
    // 4096 + 15 bytes of key and tags make a head of 4216 bytes; payload and table have 17.
    let error = refusal(offset::KEY_LEN, &4096_u32.to_le_bytes());
    assert_eq!(error, ParseError::Truncated { expected: 4216 + 17, found: 145 });
}

#[test]
fn a_key_that_swallows_the_first_tag_is_refused() {
    // Key and first tag together, then the second tag: the sum of the lengths stays.
    let mut file = blog_home();
    file[offset::KEY_LEN] = 14;
    file[offset::TAGS_LEN] = 10;
    make_head_crc_right(&mut file, BLOG_HOME_HEAD_LEN);
    assert!(matches!(parse(&file), Err(ParseError::TagTruncated { index: 1, expected: 2, found: 0 })));
}

#[test]
fn more_tags_than_the_limit_are_refused() {
    for found in [1001, u16::MAX] {
        assert_eq!(refusal(offset::TAG_COUNT, &found.to_le_bytes()), ParseError::TagCount { found });
    }
}

#[test]
fn a_tag_section_that_cannot_hold_its_tags_is_refused() {
    for found in [0, 5, 8197, u32::MAX] {
        let error = refusal(offset::TAGS_LEN, &found.to_le_bytes());
        assert_eq!(error, ParseError::TagsLength { tag_count: 2, found });
    }
    for tag_count in [0, 6] {
        let error = refusal(offset::TAG_COUNT, &u16::to_le_bytes(tag_count));
        assert_eq!(error, ParseError::TagsLength { tag_count, found: 15 });
    }
}

#[test]
fn a_section_with_more_or_fewer_tags_than_counted_is_refused() {
    assert_eq!(refusal(offset::TAG_COUNT, &[1]), ParseError::TagsTrailing { found: 10 });
    let error = refusal(offset::TAG_COUNT, &[3]);
    assert_eq!(error, ParseError::TagTruncated { index: 2, expected: 2, found: 0 });
}

#[test]
fn a_tag_of_a_wrong_length_is_refused() {
    const FIRST_TAG: usize = 105;
    for found in [0, 4097, u16::MAX] {
        assert_eq!(refusal(FIRST_TAG, &found.to_le_bytes()), ParseError::TagLength { index: 0, found });
    }
    // One byte past the end of the section.
    let error = refusal(FIRST_TAG, &[14]);
    assert_eq!(error, ParseError::TagTruncated { index: 0, expected: 16, found: 15 });
}

#[test]
fn tags_out_of_order_or_twice_are_refused() {
    assert_eq!(refusal(105, b"\x03\0zoo\x08\0blog-new"), ParseError::TagOrder { index: 1 });
    let mut file = common::seal(&Facts::default(), b"blog-home", &["tag-1", "tag-2"], b"");
    file[105 + 7 + 6] = b'1';
    let head_len = file.len();
    make_head_crc_right(&mut file, head_len);
    assert_eq!(parse(&file), Err(ParseError::TagOrder { index: 1 }), "the same tag twice");
}

#[test]
fn a_chunk_size_other_than_one_mebibyte_is_refused() {
    for found in (0..=255).filter(|&found| found != header::CHUNK_LOG2) {
        assert_eq!(refusal(offset::CHUNK_LOG2, &[found]), ParseError::ChunkSize { found });
    }
}

#[test]
fn a_payload_length_that_would_overflow_is_refused() {
    for found in [header::MAX_PAYLOAD_LEN + 1, i64::MAX as u64, u64::MAX - 127, u64::MAX] {
        let error = refusal(offset::PAYLOAD_LEN, &found.to_le_bytes());
        assert_eq!(error, ParseError::PayloadLength { found });
    }
}

#[test]
fn the_longest_payload_length_is_truncated_not_allocated() {
    let longest = header::MAX_PAYLOAD_LEN;
    let error = refusal(offset::PAYLOAD_LEN, &longest.to_le_bytes());
    let expected = 128 + longest + 4 * 1_048_576;
    assert_eq!(error, ParseError::Truncated { expected, found: 145 });
}

#[test]
fn a_value_kept_only_until_before_its_expiry_is_refused() {
    let expires_at = common::blog_home_facts().expires_at;
    for found in [0, expires_at - 1] {
        let error = refusal(offset::KEEP_UNTIL, &found.to_le_bytes());
        assert_eq!(error, ParseError::KeepUntil { expires_at, found });
    }
}

#[test]
fn a_value_kept_exactly_until_its_expiry_is_allowed() {
    let facts = Facts { expires_at: 7, keep_until: 7, ..Facts::default() };
    let file = common::seal::<&str>(&facts, b"k", &[], b"v");
    assert_eq!(parse(&file).map(|record| record.head.facts), Ok(facts));
}

#[test]
fn the_default_facts_never_expire_and_are_trusted_over_a_reboot() {
    let facts = Facts::default();
    assert_eq!((facts.expires_at, facts.keep_until), (header::NEVER, header::NEVER));
    assert_eq!(facts.boot, header::ANY_BOOT);
}
