//! Golden bytes: a dependency that changes what it writes is noticed here, and not by a cache full of
//! misses, or worse, of wrong values.

use tagcache_codec::*;

fn is_written_as<T>(codec: &(impl Encode<T> + for<'a> Decode<'a, T>), value: &T, hex: &str)
where
    T: PartialEq + std::fmt::Debug,
{
    let mut out = Vec::new();
    codec.encode(value, &mut out).expect("it is encoded");
    assert_eq!(hex::encode(&out), hex.replace(' ', ""));
    assert_eq!(&codec.decode(&out).expect("it decodes"), value);
}

#[test]
fn raw_is_written_as_it_is() {
    is_written_as(&Raw, &vec![0u8, 0xFF, 0x7F], "00ff7f");
    is_written_as(&Raw, &"né".to_owned(), "6ec3a9");
}

#[test]
fn ids_are_what_the_format_says() {
    assert_eq!(Raw::ID.get(), 0x01);
    #[cfg(feature = "json")]
    assert_eq!(Json::ID.get(), 0x02);
    #[cfg(feature = "bincode")]
    assert_eq!(Bincode::ID.get(), 0x03);
    #[cfg(feature = "cbor")]
    assert_eq!(Cbor::ID.get(), 0x04);
    #[cfg(feature = "postcard")]
    assert_eq!(Postcard::ID.get(), 0x05);
    #[cfg(feature = "zstd")]
    assert_eq!(Zstd::<Raw>::ID.get(), 0x1_0001);
    #[cfg(feature = "lz4")]
    assert_eq!(Lz4::<Raw>::ID.get(), 0x2_0001);
}

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod serde_codecs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Page {
        title: String,
        views: u32,
        delta: i32,
        ratio: f64,
        parent: Option<u64>,
        tags: Vec<String>,
        counts: BTreeMap<String, u16>,
        state: State,
        other: State,
        letter: char,
        done: bool,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum State {
        Draft,
        Live { since: u64 },
    }

    pub(super) fn page() -> Page {
        Page {
            title: "né".to_owned(),
            views: 300,
            delta: -300,
            ratio: 0.1,
            parent: Some(u64::MAX),
            tags: vec!["bio".to_owned(), String::new()],
            counts: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 256)]),
            state: State::Draft,
            other: State::Live { since: 70_000 },
            letter: 'ß',
            done: true,
        }
    }
}

#[cfg(feature = "json")]
#[test]
fn json_is_compact_and_in_the_order_of_the_fields() {
    let text = r#"{"title":"né","views":300,"delta":-300,"ratio":0.1,"parent":18446744073709551615,"tags":["bio",""],"counts":{"a":1,"b":256},"state":"Draft","other":{"Live":{"since":70000}},"letter":"ß","done":true}"#;
    is_written_as(&Json, &serde_codecs::page(), &hex::encode(text));
}

#[cfg(feature = "cbor")]
#[test]
fn cbor_names_every_field() {
    is_written_as(
        &Cbor,
        &serde_codecs::page(),
        "ab657469746c65636ec3a965766965777319012c6564656c746139012b65726174696ffb3fb999999999999a66706172656e741bffffffffffffffff6474616773826362696f6066636f756e7473a26161016162190100657374617465654472616674656f74686572a1644c697665a16573696e63651a00011170666c657474657262c39f64646f6e65f5",
    );
}

#[cfg(feature = "postcard")]
#[test]
fn postcard_writes_values_alone() {
    is_written_as(
        &Postcard,
        &serde_codecs::page(),
        "036ec3a9ac02d7049a9999999999b93f01ffffffffffffffffff01020362696f0002016101016280020001f0a20402c39f01",
    );
}

#[cfg(feature = "bincode")]
#[test]
fn bincode_writes_values_alone() {
    is_written_as(
        &Bincode,
        &serde_codecs::page(),
        "036ec3a9fb2c01fb57029a9999999999b93f01fdffffffffffffffff020362696f00020161010162fb00010001fc70110100c39f01",
    );
}

#[cfg(feature = "zstd")]
#[test]
fn zstd_writes_one_frame() {
    is_written_as(&Zstd::new(Raw), &b"a".repeat(64), "28b52ffd20404500001061610100930016");
}

#[cfg(feature = "lz4")]
#[test]
fn lz4_writes_the_length_and_one_block() {
    is_written_as(&Lz4::new(Raw), &b"a".repeat(64), "400000001f6101002660616161616161");
}
