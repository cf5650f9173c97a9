//! Every cell of the table in `src/survives.md`, tried out.
#![cfg(all(feature = "json", feature = "cbor", feature = "postcard", feature = "bincode"))]

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tagcache_codec::*;

const TABLE: &str = include_str!("../src/survives.md");

/// What a cell of the table says.
fn outcome<T, C>(codec: &C, value: &T, same: fn(&T, &T) -> bool) -> &'static str
where
    C: Encode<T> + for<'a> Decode<'a, T>,
{
    let mut out = Vec::new();
    match codec.encode(value, &mut out).map(|()| codec.decode(&out)) {
        Err(_) => "not encoded",
        Ok(Err(_)) => "not decoded",
        Ok(Ok(back)) if same(value, &back) => "kept",
        Ok(Ok(_)) => "changed",
    }
}

/// Compares the row of this name with what happens to each of the values.
fn row<T: Serialize + DeserializeOwned>(name: &str, same: fn(&T, &T) -> bool, values: &[T]) {
    for value in values {
        let cells = [
            outcome(&Json, value, same),
            outcome(&Cbor, value, same),
            outcome(&Postcard, value, same),
            outcome(&Bincode, value, same),
        ];
        let row = format!("| {name} | {} |", cells.join(" | "));
        assert!(TABLE.lines().any(|line| line == row), "the table should have this row:\n{row}");
    }
}

fn equal<T: PartialEq>(a: &T, b: &T) -> bool {
    a == b
}

#[test]
fn floats_that_are_not_finite() {
    let same = |a: &f64, b: &f64| a == b || (a.is_nan() && b.is_nan());
    row("NaN and the infinities", same, &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
}

#[test]
fn finite_floats() {
    row(
        "every finite float, to the bit",
        |a, b| a.to_bits() == b.to_bits(),
        &[0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 3.0, 2.638_344_616_030_823e-256, f64::MAX],
    );
}

#[test]
fn options_that_look_like_nothing() {
    row("`Some(None)`", equal::<Option<Option<u8>>>, &[Some(None)]);
    row("`Some(())`", equal::<Option<()>>, &[Some(())]);
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Circle { radius: u8 },
    Empty,
}
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    Number(u8),
    Text(String),
}

#[test]
fn enums_that_are_not_externally_tagged() {
    row("an untagged enum", equal::<Untagged>, &[Untagged::Number(7), Untagged::Text("seven".into())]);
    row("an internally tagged enum", equal::<Internal>, &[Internal::Circle { radius: 7 }, Internal::Empty]);
    row("an adjacently tagged enum", equal::<Adjacent>, &[Adjacent::Number(7), Adjacent::Text("7".into())]);
}

#[test]
fn values_of_any_type() {
    row("`serde_json::Value`", equal::<serde_json::Value>, &[serde_json::json!({ "a": [1, "b", null] })]);
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Outer {
    name: String,
    #[serde(flatten)]
    inner: Inner,
}
#[derive(PartialEq, Serialize, Deserialize)]
struct Inner {
    size: u8,
}

#[test]
fn flattened_fields() {
    let outer = Outer { name: "page".to_owned(), inner: Inner { size: 7 } };
    row("a field with `flatten`", equal, &[outer]);
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Skips<A, B> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<A>,
    rest: B,
}

#[test]
fn fields_that_are_left_out() {
    row("a field left out by `skip_serializing_if`", equal, &[Skips::<u8, u8> { note: None, rest: 7 }]);
    row("the same, before what looks like it", equal, &[Skips::<(), _> { note: None, rest: vec![0u8] }]);
}

#[derive(PartialEq, Serialize, Deserialize)]
enum Gap {
    First,
    #[serde(skip)]
    #[allow(dead_code, reason = "it is only in the way")]
    Skipped,
    Last,
}

#[test]
fn variants_behind_a_skipped_one() {
    row("a variant behind one with `skip`", equal, &[Gap::Last]);
}

#[test]
fn keys_that_are_not_text() {
    row("a map whose keys are numbers", equal, &[BTreeMap::from([(7u32, 'a')])]);
    let name = "a map whose keys are tuples, options or sequences";
    row(name, equal, &[BTreeMap::from([((1u8, 2u8), 'a')])]);
    row(name, equal, &[BTreeMap::from([(None::<u8>, 'a')])]);
    row(name, equal, &[BTreeMap::from([(vec![1u8], 'a')])]);
}

#[test]
fn long_byte_strings() {
    let bytes = |len| serde_bytes::ByteBuf::from(vec![7u8; len]);
    row("a `serde_bytes::ByteBuf` of any length", equal, &[bytes(0), bytes(4097), bytes(100_000)]);
    let array = serde_bytes::ByteArray::new([7u8; 4097]);
    row("a `serde_bytes::ByteArray` of more than 4096 bytes", equal, &[array]);
}

#[test]
fn large_numbers() {
    row("`u128` and `i128`", equal, &[(u128::MAX, i128::MIN), (0, 0)]);
}

#[test]
fn many_elements_without_bytes() {
    row("far more than 65 536 elements of size zero", equal, &[vec![(); 2 * MAX_EMPTY_ELEMENTS]]);
}

#[test]
fn every_row_of_the_table_is_tried_out() {
    let source = include_str!("survives.rs");
    for line in TABLE.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let name = line.split('|').nth(1).unwrap_or_default().trim();
        assert!(source.contains(&format!("\"{name}\"")), "no test speaks of the row {name:?}");
    }
}

#[test]
fn another_types_bytes_are_not_always_noticed() {
    let mut out = Vec::new();
    Postcard.encode(&-2i32, &mut out).expect("it is encoded");
    let wrong: u32 = Postcard.decode(&out).expect("nothing in the bytes says that they are signed");
    assert_eq!(wrong, 3);
    let signed = Schema::<i32>::fingerprint(&Postcard);
    assert_ne!(signed, Schema::<u32>::fingerprint(&Postcard), "which is what the fingerprint is for");
}
