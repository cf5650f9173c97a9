//! Keys that are made of values.
#![cfg(feature = "macros")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::net::IpAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tagcache::{KeyPart, KeyPlace, Written, key_of};

/// As a person sees it.
fn text(part: &(impl KeyPart + ?Sized)) -> String {
    String::from_utf8(key_of(part)).expect("text")
}

/// These bytes are the names of entries on disk: what is written here must stay as it is, or every value with such a key
/// is computed again.
#[test]
fn every_type_is_written_as_it_always_was() {
    assert_eq!(
        (text(&7u8), text(&-7i128), text(&u128::MAX)),
        ("7".into(), "-7".into(), u128::MAX.to_string())
    );
    assert_eq!((text(&true), text(&NonZero::<u16>::MIN)), ("true".into(), "1".into()));
    assert_eq!((text(&1.5f32), text(&-0.0f64)), ("0x3fc00000".into(), "0x8000000000000000".into()));
    assert_eq!((text(&'ß'), text("say \"a\\b\"")), ("\"ß\"".into(), r#""say \"a\\b\"""#.into()));
    assert_eq!((text(Path::new("a/b")), text(OsStr::new("c"))), ("\"a/b\"".into(), "\"c\"".into()));
    assert_eq!(text(&"::1".parse::<IpAddr>().unwrap()), "\"::1\"");
    assert_eq!(text(&Duration::from_millis(1500)), "(1,500000000)");
    assert_eq!((text(&Some(1)), text(&None::<u8>)), ("[1]".into(), "[]".into()));
    assert_eq!(
        (text(&[1, 2]), text(&[""; 0][..]), text(&vec!["a"])),
        ("[1,2]".into(), "[]".into(), "[\"a\"]".into())
    );
    assert_eq!(text(&BTreeSet::from([2, 1])), "[1,2]");
    assert_eq!(text(&BTreeMap::from([("b", 2), ("a", 1)])), "[\"a\",1,\"b\",2]");
    assert_eq!(
        (text(&()), text(&(1,)), text(&("post", (7, 'x')))),
        ("()".into(), "(1)".into(), "(\"post\",(7,\"x\"))".into())
    );
}

#[test]
fn what_points_to_a_value_is_written_like_it() {
    let owned = String::from("x");
    let forms: [&dyn KeyPart; 7] = [
        &"x",
        &owned,
        &Box::new("x"),
        &Arc::<str>::from("x"),
        &Cow::Borrowed("x"),
        &&&"x",
        &PathBuf::from("x"),
    ];
    for form in forms {
        assert_eq!(text(form), "\"x\"");
    }
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    assert_eq!(key_of(OsStr::from_bytes(b"\xff\"")), b"\"\xff\\\"\"");
}

/// Anything that a key is made of, nested.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    Number(i16),
    Text(String),
    Bytes(Vec<u8>),
    Maybe(Option<Box<Part>>),
    List(Vec<Part>),
    Pair(Box<(Part, Part)>),
}

impl KeyPart for Part {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        match self {
            Self::Number(number) => (0, number).write(place),
            Self::Text(text) => (1, text).write(place),
            Self::Bytes(bytes) => (2, bytes).write(place),
            Self::Maybe(maybe) => (3, maybe).write(place),
            Self::List(list) => (4, list).write(place),
            Self::Pair(pair) => (5, &pair.0, &pair.1).write(place),
        }
    }
}

/// Made of few letters, most of which mean something in a key, so that a confusion would be met soon.
fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        (-2i16..12).prop_map(Part::Number),
        "[\"\\\\,()\\[\\]1a]{0,4}".prop_map(Part::Text),
        prop::collection::vec(0u8..3, 0..3).prop_map(Part::Bytes),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::option::of(inner.clone().prop_map(Box::new)).prop_map(Part::Maybe),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Part::List),
            (inner.clone(), inner).prop_map(|pair| Part::Pair(Box::new(pair))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn different_values_make_different_keys(a in part(), b in part()) {
        prop_assert_eq!(key_of(&a) == key_of(&b), a == b);
    }

    #[test]
    fn texts_that_meet_are_kept_apart(
        a in "[\"\\\\,a]{0,5}", b in "[\"\\\\,a]{0,5}", c in "[\"\\\\,a]{0,5}", d in "[\"\\\\,a]{0,5}"
    ) {
        prop_assert_eq!(key_of(&(&a, &b)) == key_of(&(&c, &d)), (&a, &b) == (&c, &d));
        let lists = (vec![&a, &b], vec![&c]);
        let others = (vec![&a], vec![&b, &c]);
        prop_assert_ne!(key_of(&lists), key_of(&others));
    }
}
