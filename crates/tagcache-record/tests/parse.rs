//! Reading a head with as few bytes as possible.

mod common;

use common::{BLOG_HOME_HEAD_LEN, blog_home, seal};
use tagcache_record::header::{HEADER_LEN, MAX_HEAD_LEN, MAX_PAYLOAD_LEN, offset};
use tagcache_record::{Facts, ParseError, parse, parse_head, peek_head_len};

#[test]
fn a_prefix_that_is_too_short_says_how_many_bytes_are_needed() {
    let file = blog_home();
    for found in 0..BLOG_HOME_HEAD_LEN {
        let needed = if found < HEADER_LEN { HEADER_LEN } else { BLOG_HOME_HEAD_LEN };
        let expected = Err(ParseError::NeedBytes { needed, found });
        assert_eq!(parse_head(&file[..found], 145), expected, "{found} bytes");
    }
}

#[test]
fn every_prefix_that_holds_the_head_gives_the_same_head() {
    let file = blog_home();
    let head = parse(&file).unwrap().head;
    for len in BLOG_HOME_HEAD_LEN..=file.len() {
        assert_eq!(parse_head(&file[..len], 145), Ok(head), "{len} bytes");
    }
}

#[test]
fn a_head_needs_two_reads_at_most() {
    let tags: Vec<String> = (100..200).map(|n| format!("a tag of some length {n}")).collect();
    let file = seal(&Facts::default(), &[b'k'; 3000], &tags, &[b'x'; 10_000]);
    let file_len = file.len() as u64;

    let needed = peek_head_len(&file[..HEADER_LEN]).unwrap();
    let head = parse_head(&file[..needed], file_len).unwrap();
    assert_eq!((head.key.len(), head.tags.len(), head.payload_len), (3000, 100, 10_000));
}

#[test]
fn the_length_of_the_file_is_judged_before_more_of_it_is_asked_for() {
    let file = blog_home();
    let prefix = &file[..HEADER_LEN];
    let truncated = ParseError::Truncated { expected: 145, found: 144 };
    assert_eq!(parse_head(prefix, 144), Err(truncated));
    let trailing = ParseError::TrailingBytes { expected: 145, found: 146 };
    assert_eq!(parse_head(prefix, 146), Err(trailing));
}

#[test]
fn a_file_shorter_than_any_record_is_truncated_without_a_look_at_it() {
    let truncated = ParseError::Truncated { expected: 104, found: 0 };
    assert_eq!(parse(b""), Err(truncated));
    assert_eq!(parse_head(b"", 0), Err(truncated));
    assert_eq!(parse(b"hello"), Err(ParseError::Truncated { expected: 104, found: 5 }));
}

#[test]
fn a_foreign_file_is_told_by_its_first_bytes() {
    let found = *b"%PDF-1.7";
    let file = [found.as_slice(), &[b' '; 500]].concat();
    assert_eq!(parse(&file), Err(ParseError::Magic { found }));
    assert_eq!(peek_head_len(&file), Err(ParseError::Magic { found }));
    assert_eq!(parse(&[0; 4096]), Err(ParseError::Magic { found: [0; 8] }));
}

#[test]
fn a_record_that_went_through_a_text_mode_is_told_by_its_first_bytes() {
    let file = blog_home();
    let stripped = file.iter().map(|byte| byte & 0x7f).collect();
    for damaged in [replaced(&file, b"\r\n", b"\n"), replaced(&file, b"\n", b"\r\n"), stripped] {
        assert!(matches!(parse(&damaged), Err(ParseError::Magic { .. })), "{:02x?}", &damaged[..10]);
    }
}

/// `bytes` with each `from` in them replaced by `to`, as a text mode does it.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let [first, behind @ ..] = rest {
        if let Some(behind) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = behind;
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

#[test]
fn the_head_of_a_value_larger_than_memory_can_be_read() {
    let mut file = blog_home();
    file[offset::PAYLOAD_LEN..][..8].copy_from_slice(&MAX_PAYLOAD_LEN.to_le_bytes());
    common::make_head_crc_right(&mut file, BLOG_HOME_HEAD_LEN);
    let file_len = BLOG_HOME_HEAD_LEN as u64 + MAX_PAYLOAD_LEN + MAX_PAYLOAD_LEN / 1_048_576 * 4;
    let head = parse_head(&file[..BLOG_HOME_HEAD_LEN], file_len).unwrap();
    assert_eq!(head.payload_len, MAX_PAYLOAD_LEN);
}

#[test]
fn no_header_asks_for_more_than_the_longest_head() {
    let mut header = blog_home();
    header[offset::KEY_LEN..][..4].copy_from_slice(&4096_u32.to_le_bytes());
    header[offset::TAGS_LEN..][..4].copy_from_slice(&4_098_000_u32.to_le_bytes());
    header[offset::TAG_COUNT..][..2].copy_from_slice(&1000_u16.to_le_bytes());
    assert_eq!(peek_head_len(&header), Ok(MAX_HEAD_LEN));
    header[offset::TAGS_LEN] += 1;
    assert_eq!(peek_head_len(&header), Err(ParseError::TagsLength { tag_count: 1000, found: 4_098_001 }));
}
