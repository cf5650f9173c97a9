//! What compression adds: identity, limits, and distrust of a declared length.
#![cfg(any(feature = "zstd", feature = "lz4"))]

use std::time::{Duration, Instant};

use tagcache_codec::*;

fn encode<T: ?Sized>(codec: &impl Encode<T>, value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    codec.encode(value, &mut out).expect("it is encoded");
    out
}

fn decode(codec: &impl for<'a> Decode<'a, Vec<u8>>, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let start = Instant::now();
    let outcome = codec.decode(bytes);
    assert!(start.elapsed() < Duration::from_secs(5), "it ends soon, whatever it is given");
    outcome
}

/// A large value of few bytes.
fn bomb() -> Vec<u8> {
    vec![0; 1 << 20]
}

#[cfg(feature = "zstd")]
mod zstd {
    use super::*;

    #[test]
    fn the_wrapper_has_an_id_of_its_own_and_the_shape_of_what_is_inside() {
        assert_eq!(Zstd::<Raw>::ID.get(), 0x1_0001);
        let inside = Schema::<String>::fingerprint(&Raw).expect("text is text");
        assert_eq!(Schema::<String>::fingerprint(&Zstd::new(Raw)), Ok(inside));
    }

    #[test]
    fn every_level_reads_what_any_other_wrote() {
        let text = "the same words again, ".repeat(100);
        for level in [i32::MIN, 1, 3, 19, i32::MAX] {
            let bytes = encode(&Zstd::new(Raw).level(level), &text);
            assert!(bytes.len() < text.len() / 10, "level {level} makes it smaller");
            assert_eq!(decode(&Zstd::new(Raw), &bytes).expect("it decodes"), text.as_bytes());
        }
    }

    #[test]
    fn the_limit_holds_on_both_sides() {
        let small = Zstd::new(Raw).max_len((1 << 20) - 1);
        let error = small.encode(&bomb(), &mut Vec::new()).expect_err("it would not be read back");
        assert_eq!(error.codec(), "zstd");
        let bytes = encode(&Zstd::new(Raw), &bomb());
        let error = decode(&small, &bytes).expect_err("it is one byte too long");
        assert!(error.to_string().contains("limit"), "{error}");
        assert!(decode(&small.max_len(1 << 20), &bytes).is_ok(), "exactly the limit is within it");
    }

    #[test]
    fn a_frame_that_claims_more_than_it_holds_is_an_error() {
        // Magic, "one segment and eight bytes of length", 2^60, and an empty last block.
        let claim = b"\x28\xB5\x2F\xFD\xE0\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00";
        assert!(decode(&Zstd::new(Raw), claim).is_err());
        // The same with a window of 2^30 and no length.
        let window = b"\x28\xB5\x2F\xFD\x00\xA0\x01\x00\x00";
        assert!(decode(&Zstd::new(Raw), window).is_err());
    }

    #[test]
    fn no_bytes_are_not_an_empty_value() {
        assert!(decode(&Zstd::new(Raw), b"").is_err());
        assert_eq!(decode(&Zstd::new(Raw), &encode(&Zstd::new(Raw), "")).expect("it decodes"), b"");
    }

    #[test]
    fn two_frames_are_not_one_value() {
        let frame = encode(&Zstd::new(Raw), "twice");
        let error = decode(&Zstd::new(Raw), &frame.repeat(2)).expect_err("there is a second frame");
        assert!(error.to_string().contains("left over"), "{error}");
    }
}

#[cfg(feature = "lz4")]
mod lz4 {
    use super::*;

    #[test]
    fn the_wrapper_has_an_id_of_its_own_and_the_shape_of_what_is_inside() {
        assert_eq!(Lz4::<Raw>::ID.get(), 0x2_0001);
        let inside = Schema::<String>::fingerprint(&Raw).expect("text is text");
        assert_eq!(Schema::<String>::fingerprint(&Lz4::new(Raw)), Ok(inside));
    }

    #[test]
    fn the_limit_holds_on_both_sides() {
        let small = Lz4::new(Raw).max_len((1 << 20) - 1);
        let error = small.encode(&bomb(), &mut Vec::new()).expect_err("it would not be read back");
        assert_eq!(error.codec(), "lz4");
        let bytes = encode(&Lz4::new(Raw), &bomb());
        let error = decode(&small, &bytes).expect_err("it is one byte too long");
        assert!(error.to_string().contains("limit"), "{error}");
        assert!(decode(&small.max_len(1 << 20), &bytes).is_ok(), "exactly the limit is within it");
    }

    #[test]
    fn a_length_that_no_block_could_reach_is_an_error() {
        let mut bytes = encode(&Lz4::new(Raw), "short");
        bytes[..4].copy_from_slice(&(1u32 << 30).to_le_bytes());
        assert!(decode(&Lz4::new(Raw), &bytes).is_err());
    }

    #[test]
    fn a_length_that_is_off_by_one_is_an_error() {
        let bytes = encode(&Lz4::new(Raw), &bomb());
        for wrong in [(1u32 << 20) - 1, (1 << 20) + 1] {
            let mut bytes = bytes.clone();
            bytes[..4].copy_from_slice(&wrong.to_le_bytes());
            assert!(decode(&Lz4::new(Raw), &bytes).is_err(), "{wrong} is not the length");
        }
    }
}
