//! Every flip, cut and extension of a valid record is a typed error: never a panic, and never another value.

mod common;

use common::{BLOG_HOME_HEAD_LEN, FIELDS, blog_home, seal};
use proptest::prelude::*;
use tagcache_record::header::{HEADER_LEN, MIN_RECORD_LEN};
use tagcache_record::{Facts, ParseError, parse, parse_head};

/// Records of different shapes, each small enough to be damaged in every possible place.
fn small_records() -> Vec<Vec<u8>> {
    let zeros = Facts { expires_at: 0, keep_until: 0, ..Facts::default() };
    vec![
        blog_home(),
        seal::<&str>(&Facts::default(), b"k", &[], b""),
        seal(&zeros, &[0; 5], &[vec![0; 1], vec![0; 2], vec![0; 3]], &[0; 40]),
    ]
}

#[test]
fn every_other_value_of_every_byte_is_refused() {
    for valid in small_records() {
        let mut file = valid.clone();
        for at in 0..file.len() {
            for change in 1..=255 {
                file[at] ^= change;
                assert!(parse(&file).is_err(), "byte {at} changed by {change:#04x} was not seen");
                file[at] ^= change;
            }
        }
        assert_eq!(file, valid);
    }
}

#[test]
fn every_cut_is_truncated_and_says_what_was_expected() {
    for valid in small_records() {
        for len in 0..valid.len() {
            let whole = if len < MIN_RECORD_LEN { MIN_RECORD_LEN } else { valid.len() };
            let expected = ParseError::Truncated { expected: whole as u64, found: len as u64 };
            assert_eq!(parse(&valid[..len]), Err(expected), "cut to {len} bytes");
            assert_eq!(parse_head(&valid[..len], len as u64), Err(expected), "the head, cut to {len} bytes");
        }
    }
}

#[test]
fn every_extension_is_trailing_bytes() {
    for valid in small_records() {
        for tail in [vec![0], vec![0; 8], vec![0xff; 4096], valid.clone()] {
            let file = [valid.as_slice(), &tail].concat();
            let (expected, found) = (valid.len() as u64, file.len() as u64);
            assert_eq!(parse(&file), Err(ParseError::TrailingBytes { expected, found }));
        }
    }
}

#[test]
fn every_byte_left_out_or_doubled_is_refused() {
    for valid in small_records() {
        for at in 0..valid.len() {
            let (before, from) = valid.split_at(at);
            assert!(parse(&[before, &from[1..]].concat()).is_err(), "byte {at} left out");
            assert!(parse(&[before, &from[..1], from].concat()).is_err(), "byte {at} doubled");
        }
    }
}

#[test]
fn a_file_whose_blocks_never_reached_the_disk_is_refused() {
    for valid in small_records() {
        for at in 0..valid.len() {
            let (mut tail_lost, mut front_lost) = (valid.clone(), valid.clone());
            tail_lost[at..].fill(0);
            front_lost[..=at].fill(0);
            assert!(tail_lost == valid || parse(&tail_lost).is_err(), "zeros from byte {at}");
            assert!(parse(&front_lost).is_err(), "zeros up to byte {at}");
        }
    }
}

#[test]
fn every_burst_of_up_to_9_bits_is_refused() {
    let mut file = blog_home();
    for at in 0..file.len() - 1 {
        for pattern in 1..=0xffff_u64 {
            if pattern >> pattern.trailing_zeros() <= 0x1ff {
                xor_bits(&mut file, at, pattern);
                assert!(parse(&file).is_err(), "pattern {pattern:#x} at byte {at} was not seen");
                xor_bits(&mut file, at, pattern);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Not one chance in 2^32: the bits of a CRC-32 and the lengths together leave no such damage unseen.
    #[test]
    fn every_burst_of_up_to_32_bits_is_refused(
        record in 0..3_usize,
        at in any::<prop::sample::Index>(),
        pattern in 1..=u32::MAX,
        shift in 0..8_u32,
    ) {
        let mut file = small_records().swap_remove(record);
        let valid = file.clone();
        let at = at.index(file.len());
        xor_bits(&mut file, at, u64::from(pattern) << shift);
        prop_assert!(file == valid || parse(&file).is_err(), "pattern {:#x} << {} at {}", pattern, shift, at);
    }
}

/// Changes the bits of `pattern` in the bytes from `at` on, as far as there are bytes.
fn xor_bits(file: &mut [u8], at: usize, pattern: u64) {
    for (byte, change) in file[at..].iter_mut().zip(pattern.to_le_bytes()) {
        *byte ^= change;
    }
}

/// Whether `error` may come of damage to the field of that name and to nothing else.
fn names_the_damage(field: &str, error: ParseError) -> bool {
    use ParseError as E;
    let wrong_extent =
        matches!(error, E::Truncated { .. } | E::TrailingBytes { .. } | E::HeadChecksum { .. });
    match field {
        "magic" => matches!(error, E::Magic { .. }),
        "version" => matches!(error, E::Version { .. }),
        "payload_len" => wrong_extent || matches!(error, E::PayloadLength { .. }),
        "key_len" => wrong_extent || matches!(error, E::KeyLength { .. }),
        "tags_len" => wrong_extent || matches!(error, E::TagsLength { .. }),
        "tag_count" => {
            matches!(error, E::HeadChecksum { .. } | E::TagCount { .. } | E::TagsLength { .. })
        }
        "chunk_log2" => matches!(error, E::ChunkSize { .. }),
        _ => matches!(error, E::HeadChecksum { .. }),
    }
}

#[test]
fn damage_to_a_field_is_reported_as_damage_to_that_field() {
    for (name, offset, len) in FIELDS {
        for (at, change) in (offset..offset + len).flat_map(|at| (1..=255).map(move |change| (at, change))) {
            let mut file = blog_home();
            file[at] ^= change;
            let error = parse(&file).expect_err("damage is seen");
            assert!(names_the_damage(name, error), "{name}, byte {at} changed by {change:#04x}: {error:?}");
        }
    }
}

#[test]
fn damage_to_key_tags_padding_or_reserved_bytes_is_a_wrong_head_checksum() {
    for at in (91..HEADER_LEN).chain(HEADER_LEN..BLOG_HOME_HEAD_LEN) {
        let mut file = blog_home();
        file[at] ^= 0x20;
        assert!(matches!(parse(&file), Err(ParseError::HeadChecksum { .. })), "byte {at}");
    }
}

#[test]
fn damage_to_the_payload_or_its_table_leaves_the_head_readable() {
    let valid = blog_home();
    for at in BLOG_HOME_HEAD_LEN..valid.len() {
        let mut file = valid.clone();
        file[at] ^= 0x20;
        assert!(matches!(parse(&file), Err(ParseError::ChunkChecksum { chunk: 0, .. })), "byte {at}");
        assert_eq!(parse_head(&file, file.len() as u64), parse_head(&valid, valid.len() as u64));
    }
}
