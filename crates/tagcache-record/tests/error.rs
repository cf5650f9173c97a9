//! The messages of errors read alone, in a log, without the line that caused them.

use tagcache_record::{ParseError, SealError};

#[test]
fn every_parse_error_says_what_was_expected_and_what_was_found() {
    let cases = [
        (
            ParseError::NeedBytes { needed: 128, found: 96 },
            "the head of the record needs 128 bytes, 96 were given",
        ),
        (
            ParseError::Magic { found: *b"%PDF-1.7" },
            "not a record: expected it to begin with [f9, 54, 41, 47, 43, 0d, 0a, 0a], \
             found [25, 50, 44, 46, 2d, 31, 2e, 37]",
        ),
        (ParseError::Version { found: 2 }, "the record has version 2, only version 1 can be read"),
        (ParseError::KeyLength { found: 0 }, "the key has 0 bytes, allowed are 1 to 4096"),
        (ParseError::TagCount { found: 1001 }, "the record has 1001 tags, allowed are at most 1000"),
        (
            ParseError::TagsLength { tag_count: 2, found: 5 },
            "a tag section of 5 bytes cannot hold the number of tags that is given: 2",
        ),
        (ParseError::ChunkSize { found: 12 }, "the chunk size is 2^12 bytes, expected 2^20"),
        (
            ParseError::PayloadLength { found: u64::MAX },
            "the payload has 18446744073709551615 bytes, allowed are at most 1099511627776",
        ),
        (
            ParseError::Truncated { expected: 145, found: 144 },
            "the record is cut off: expected 145 bytes, found 144",
        ),
        (
            ParseError::TrailingBytes { expected: 145, found: 146 },
            "bytes follow the record: expected 145 bytes, found 146",
        ),
        (
            ParseError::HeadChecksum { expected: 0x1e, found: 0xffff_ffff },
            "the head is damaged: expected checksum 0000001e, found ffffffff",
        ),
        (ParseError::Flags { found: 0x8000 }, "unknown flags are set: 0x8000"),
        (
            ParseError::Reserved { offset: 91, found: 1 },
            "the reserved byte at offset 91 is 0x01, expected zero",
        ),
        (
            ParseError::KeepUntil { expires_at: 7, found: 6 },
            "the value is kept until 6, expected no time before its expiry 7",
        ),
        (
            ParseError::Padding { offset: 120, found: 1 },
            "the padding byte at offset 120 is 0x01, expected zero",
        ),
        (ParseError::TagLength { index: 3, found: 0 }, "tag 3 has 0 bytes, allowed are 1 to 4096"),
        (
            ParseError::TagTruncated { index: 3, expected: 12, found: 11 },
            "tag 3 is cut off: it needs 12 bytes, 11 are left",
        ),
        (ParseError::TagOrder { index: 3 }, "tag 3 is not greater than the tag before it"),
        (ParseError::TagsTrailing { found: 9 }, "bytes follow the last tag in the tag section: 9"),
        (
            ParseError::ChunkChecksum { chunk: 5, expected: 1, found: 2 },
            "chunk 5 of the payload is damaged: expected checksum 00000001, found 00000002",
        ),
    ];
    for (error, message) in cases {
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn every_seal_error_says_what_is_allowed() {
    let cases = [
        (SealError::KeyLength { found: 4097 }, "the key has 4097 bytes, allowed are 1 to 4096"),
        (SealError::TagCount { found: 1001 }, "the record has 1001 tags, allowed are at most 1000"),
        (SealError::TagLength { index: 0, found: 0 }, "tag 0 has 0 bytes, allowed are 1 to 4096"),
        (
            SealError::TagOrder { index: 1 },
            "tag 1 is not greater than the tag before it: sort the tags and remove duplicates",
        ),
        (
            SealError::KeepUntil { expires_at: 7, found: 6 },
            "the value is kept until 6, expected no time before its expiry 7",
        ),
        (
            SealError::PayloadLength { found: 1 << 41 },
            "the payload has 2199023255552 bytes, allowed are at most 1099511627776",
        ),
        (
            SealError::HeadDisturbed,
            "the encoder disturbed the head of the record: it may only append to the buffer",
        ),
    ];
    for (error, message) in cases {
        assert_eq!(error.to_string(), message);
    }
}
