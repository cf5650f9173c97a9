//! One checklist over every codec: what the crate page promises, for each of them. A new codec is one line
//! at the end.
#![cfg_attr(not(feature = "zstd"), allow(dead_code, unused_macros, reason = "raw bytes need few checks"))]

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tagcache_codec::*;

/// Everything a codec does with a `T`.
trait Whole<T>: Encode<T> + for<'a> Decode<'a, T> + Schema<T> {}
impl<T, C: Encode<T> + for<'a> Decode<'a, T> + Schema<T>> Whole<T> for C {}

/// Stands before the payload in the buffer, as the header of a record does.
const HEADER: &[u8] = b"header";

fn encode<T>(codec: &impl Encode<T>, value: &T) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    codec.encode(value, &mut out).expect("the value can be encoded");
    assert_eq!(&out[..HEADER.len()], HEADER, "encoding only appends");
    out.split_off(HEADER.len())
}

/// Many values where a case is cheap, few where it is a loop over every byte.
const MANY: u32 = 100;
const FEW: u32 = 12;

fn check<T: Debug>(cases: u32, strategy: impl Strategy<Value = T>, test: impl Fn(T)) {
    // Seeds of failures are not kept in files: what fails once becomes a test with a name.
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    assert_eq!(outcome.err().map(|failure| failure.to_string()), None);
}

fn what_was_encoded_is_decoded<T: Debug + PartialEq>(
    codec: &impl Whole<T>,
    values: impl Strategy<Value = T>,
) {
    check(MANY, values, |value| {
        let bytes = encode(codec, &value);
        assert_eq!(bytes, encode(codec, &value), "the same value gives the same bytes");
        assert_eq!(codec.decode(&bytes).expect("it decodes"), value);
    });
}

fn a_truncated_payload_is_an_error<T: Debug>(codec: &impl Whole<T>, values: impl Strategy<Value = T>) {
    check(FEW, values, |value| {
        let bytes = encode(codec, &value);
        for cut in 0..bytes.len() {
            assert!(codec.decode(&bytes[..cut]).is_err(), "{cut} of {} bytes are not a value", bytes.len());
        }
    });
}

fn a_longer_payload_is_an_error<T: Debug>(codec: &impl Whole<T>, values: impl Strategy<Value = T>) {
    check(MANY, (values, any::<u8>()), |(value, extra)| {
        let mut bytes = encode(codec, &value);
        bytes.push(extra);
        assert!(codec.decode(&bytes).is_err(), "one more byte ({extra:#x}) is not the same value");
        bytes.extend_from_within(..);
        assert!(codec.decode(&bytes).is_err(), "two payloads are not one value");
    });
}

fn junk_is_read_without_a_panic<T>(codec: &impl Whole<T>) {
    check(MANY, vec(any::<u8>(), 0..200), |junk| drop(codec.decode(&junk)));
}

fn a_damaged_payload_is_read_without_a_panic<T: Debug>(
    codec: &impl Whole<T>,
    values: impl Strategy<Value = T>,
) {
    check(MANY, (values, any::<prop::sample::Index>(), 1..=255u8), |(value, at, flip)| {
        let mut bytes = encode(codec, &value);
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        drop(codec.decode(&bytes));
    });
}

/// A codec that keeps nothing but the bytes cannot notice that some are missing.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..300)
}

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod serde_codecs {
    use std::collections::BTreeMap;

    use proptest::collection::btree_map;
    use serde::ser::{Error, SerializeTuple};
    use serde::{Deserialize, Serialize, Serializer};

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Sample {
        id: u64,
        wide: (i128, u128),
        text: String,
        letter: char,
        ratio: f64,
        small: f32,
        tags: Vec<String>,
        parent: Option<Box<Sample>>,
        counts: BTreeMap<String, i32>,
        kind: Kind,
        flags: [bool; 3],
        digest: serde_bytes::ByteBuf,
        /// Not empty in any format, so that no truncation goes unnoticed.
        last: u8,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Unit,
        Newtype(i16),
        Tuple(u32, String),
        Struct { x: i8, y: Option<u16> },
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Unit),
            any::<i16>().prop_map(Kind::Newtype),
            any::<(u32, String)>().prop_map(|(a, b)| Kind::Tuple(a, b)),
            any::<(i8, Option<u16>)>().prop_map(|(x, y)| Kind::Struct { x, y }),
        ]
    }

    /// What every format keeps. What only some of them keep is in `survives.rs`.
    pub(super) fn samples() -> impl Strategy<Value = Sample> {
        let finite = (prop::num::f64::NORMAL | prop::num::f64::ZERO, prop::num::f32::NORMAL);
        let flat = (
            any::<(u64, (i128, u128), String, char, [bool; 3], u8)>(),
            finite,
            vec(any::<String>(), 0..4),
            btree_map(any::<String>(), any::<i32>(), 0..4),
            kind(),
            vec(any::<u8>(), 0..20),
        )
            .prop_map(
                |((id, wide, text, letter, flags, last), (ratio, small), tags, counts, kind, digest)| {
                    let digest = serde_bytes::ByteBuf::from(digest);
                    let parent = None;
                    Sample {
                        id,
                        wide,
                        text,
                        letter,
                        ratio,
                        small,
                        tags,
                        parent,
                        counts,
                        kind,
                        flags,
                        digest,
                        last,
                    }
                },
            );
        flat.prop_recursive(2, 3, 1, |inner| {
            (inner.clone(), inner)
                .prop_map(|(child, parent)| Sample { parent: Some(Box::new(parent)), ..child })
        })
    }

    /// A value that is half written when it fails.
    pub(super) struct Refuses;

    impl Serialize for Refuses {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut tuple = serializer.serialize_tuple(2)?;
            tuple.serialize_element("this was written already")?;
            Err(S::Error::custom("the rest is secret"))
        }
    }

    pub(super) fn a_failed_encoding_leaves_the_buffer_as_it_was(codec: &impl Encode<Refuses>) {
        let mut out = HEADER.to_vec();
        let error = codec.encode(&Refuses, &mut out).expect_err("it refuses to be encoded");
        assert_eq!(out, HEADER, "what was written before the failure is taken back");
        assert!(!error.to_string().contains("secret"), "the message stands in logs: {error}");
        assert!(std::error::Error::source(&error).is_some(), "the cause is kept");
    }
}

/// Keeps the bytes as they are: there is nothing to notice about a shorter or a longer payload.
macro_rules! plain {
    ($name:ident: $codec:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn what_was_encoded_is_decoded() {
                super::what_was_encoded_is_decoded(&$codec, bytes());
                super::what_was_encoded_is_decoded(&$codec, any::<String>());
            }

            #[test]
            fn junk_is_read_without_a_panic() {
                super::junk_is_read_without_a_panic::<Vec<u8>>(&$codec);
                super::junk_is_read_without_a_panic::<String>(&$codec);
            }
        }
    };
}

/// Notices what is missing, added or damaged.
macro_rules! framed {
    ($name:ident: $codec:expr, $values:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn what_was_encoded_is_decoded() {
                super::what_was_encoded_is_decoded(&$codec, $values);
            }

            #[test]
            fn a_truncated_payload_is_an_error() {
                super::a_truncated_payload_is_an_error(&$codec, $values);
            }

            #[test]
            fn a_longer_payload_is_an_error() {
                super::a_longer_payload_is_an_error(&$codec, $values);
            }

            #[test]
            fn a_damaged_payload_is_read_without_a_panic() {
                super::a_damaged_payload_is_read_without_a_panic(&$codec, $values);
            }

            #[test]
            fn junk_is_read_without_a_panic() {
                fn junk<T>(_: impl Strategy<Value = T>, codec: &impl Whole<T>) {
                    super::junk_is_read_without_a_panic(codec);
                }
                junk($values, &$codec);
            }
        }
    };
}

/// The same for what serde brings along.
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
macro_rules! serde {
    ($name:ident: $codec:expr) => {
        mod $name {
            use super::*;

            framed!(samples: $codec, serde_codecs::samples());

            #[test]
            fn a_failed_encoding_leaves_the_buffer_as_it_was() {
                serde_codecs::a_failed_encoding_leaves_the_buffer_as_it_was(&$codec);
            }

            #[test]
            fn junk_is_read_without_a_panic_into_containers() {
                junk_is_read_without_a_panic::<Vec<()>>(&$codec);
                junk_is_read_without_a_panic::<Vec<Vec<String>>>(&$codec);
                junk_is_read_without_a_panic::<std::collections::HashMap<u64, Option<char>>>(&$codec);
                junk_is_read_without_a_panic::<serde_bytes::ByteBuf>(&$codec);
            }
        }
    };
}

plain!(raw: Raw);
#[cfg(feature = "json")]
serde!(json: Json);
#[cfg(feature = "bincode")]
serde!(bincode: Bincode);
#[cfg(feature = "cbor")]
serde!(cbor: Cbor);
#[cfg(feature = "postcard")]
serde!(postcard: Postcard);
#[cfg(feature = "zstd")]
framed!(zstd: Zstd::new(Raw), bytes());
#[cfg(feature = "lz4")]
framed!(lz4: Lz4::new(Raw), bytes());
#[cfg(all(feature = "zstd", feature = "postcard"))]
serde!(zstd_postcard: Zstd::new(Postcard));
#[cfg(all(feature = "lz4", feature = "json"))]
serde!(lz4_json: Lz4::new(Json));
