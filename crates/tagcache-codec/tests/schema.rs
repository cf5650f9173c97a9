//! The shape of a type: what is seen of it, and what two builds must not confuse.
#![cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
#![allow(dead_code, reason = "the types here are looked at, never filled")]

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tagcache_codec::{Fingerprint, shape_of};

fn text<T: DeserializeOwned>() -> String {
    shape_of::<T>(false).expect("the shape can be seen").to_string()
}

#[test]
fn leaves_and_containers_are_written_as_the_format_sees_them() {
    assert_eq!(text::<(bool, char, String, f32, f64, ())>(), "(bool, char, str, f32, f64, unit)");
    assert_eq!(text::<(i8, i16, i32, i64, i128)>(), "(i8, i16, i32, i64, i128)");
    assert_eq!(text::<(u8, u16, u32, u64, u128)>(), "(u8, u16, u32, u64, u128)");
    assert_eq!(text::<Box<Vec<Option<BTreeMap<u8, String>>>>>(), "seq<option<map<u8, str>>>");
    assert_eq!(text::<serde_bytes::ByteBuf>(), "bytes");
    assert_eq!(text::<[u8; 32]>(), "(u8 * 32)");
    assert_eq!(text::<Vec<Vec<Vec<u8>>>>(), "seq<seq<seq<u8>>>");
}

#[test]
fn usize_is_as_wide_on_every_platform() {
    assert_eq!(text::<(usize, isize)>(), text::<(u64, i64)>());
}

#[derive(Deserialize)]
struct Meters(f64);
#[derive(Deserialize)]
struct Pair(u8, u8, String);
#[derive(Deserialize)]
struct Nothing;
#[derive(Deserialize)]
struct Post {
    title: String,
    tags: Vec<String>,
    status: Status,
}
#[derive(Deserialize)]
enum Status {
    Draft,
    Queued(u64),
    Split(u8, u8),
    Live { since: u64, by: Option<String> },
}

#[test]
fn structs_and_every_variant_of_an_enum_are_seen() {
    assert_eq!(text::<Meters>(), "newtype Meters(f64)");
    assert_eq!(text::<Pair>(), "tuple Pair(u8 * 2, str)");
    assert_eq!(text::<Nothing>(), "unit Nothing");
    assert_eq!(
        text::<Post>(),
        "struct Post { title: str, tags: seq<str>, status: enum Status { Draft, Queued<u64>, \
         Split(u8 * 2), Live { since: u64, by: option<str> } } }",
    );
}

#[derive(Deserialize)]
struct Wrapper<T> {
    inner: T,
}

#[test]
fn a_generic_type_inside_itself_is_not_mistaken_for_a_recursion() {
    assert_eq!(text::<Wrapper<Wrapper<u8>>>(), "struct Wrapper { inner: struct Wrapper { inner: u8 } }",);
}

#[derive(Deserialize)]
struct Chain {
    next: Option<Box<Chain>>,
}
#[derive(Deserialize)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    by_name: HashMap<String, Tree>,
}
#[derive(Deserialize)]
enum Expr {
    Add(Box<Expr>, Box<Expr>),
    Neg(Box<Expr>),
    Call { name: String, args: Vec<Expr> },
    Block(Box<Block>),
    Number(f64),
    Unknown,
}
#[derive(Deserialize)]
struct Block {
    kind: BlockKind,
    value: Expr,
}
#[derive(Deserialize)]
enum BlockKind {
    Loop,
    If(Box<Expr>),
}

#[test]
fn recursive_types_come_to_an_end() {
    assert_eq!(text::<Chain>(), "struct Chain { next: option<^2> }");
    assert_eq!(text::<Tree>(), "struct Tree { name: str, children: seq<^2>, by_name: map<str, ^2> }");
    assert_eq!(
        text::<Expr>(),
        "enum Expr { Add(^1 * 2), Neg<^1>, Call { name: str, args: seq<^2> }, \
         Block<struct Block { kind: enum BlockKind { Loop, If<^3> }, value: ^2 }>, Number<f64>, Unknown }",
    );
}

#[derive(Deserialize)]
enum Ping {
    Pong(Box<Pong>),
    Out,
}
#[derive(Deserialize)]
enum Pong {
    Ping(Ping),
    Wrapped(Wrapper<Ping>),
}

#[test]
fn enums_that_contain_each_other_come_to_an_end() {
    assert_eq!(
        text::<Ping>(),
        "enum Ping { Pong<enum Pong { Ping<^2>, Wrapped<struct Wrapper { inner: ^3 }> }>, Out }",
    );
    assert_eq!(
        text::<Pong>(),
        "enum Pong { Ping<enum Ping { Pong<^2>, Out }>, Wrapped<struct Wrapper { inner: \
         enum Ping { Pong<^3>, Out } }> }",
    );
}

mod builds {
    //! What one type may look like in another build of the same program.
    use serde::Deserialize;

    macro_rules! build {
        ($($name:ident $body:tt)*) => {$(
            pub(super) mod $name {
                use super::*;
                #[derive(Deserialize)]
                pub(in super::super) struct Page $body
            }
        )*};
    }
    build! {
        first { title: String, views: u32 }
        reordered { views: u32, title: String }
        renamed { name: String, views: u32 }
        retyped { title: String, views: u64 }
        optional { title: String, views: Option<u32> }
        longer { title: String, views: u32, likes: u32 }
        same { title: Box<str>, views: u32 }
    }
}

#[test]
fn two_builds_share_a_fingerprint_only_if_the_shape_is_the_same() {
    let print = |shape: Result<tagcache_codec::Shape, _>| shape.expect("the shape can be seen").fingerprint();
    let first = print(shape_of::<builds::first::Page>(false));
    for (change, other) in [
        ("reordered", print(shape_of::<builds::reordered::Page>(false))),
        ("renamed", print(shape_of::<builds::renamed::Page>(false))),
        ("retyped", print(shape_of::<builds::retyped::Page>(false))),
        ("optional", print(shape_of::<builds::optional::Page>(false))),
        ("longer", print(shape_of::<builds::longer::Page>(false))),
    ] {
        assert_ne!(first, other, "a {change} field is another shape");
    }
    assert_eq!(first, print(shape_of::<builds::same::Page>(false)), "a boxed string is a string");
}

#[test]
fn values_that_are_checked_are_found_among_the_candidates() {
    assert_eq!(text::<NonZeroU8>(), "u8");
    assert_eq!(
        text::<IpAddr>(),
        "enum IpAddr { V4<(u8 * 4)>, V6<(u8 * 16)> }",
        "a binary format sees the octets"
    );
    let readable = shape_of::<(IpAddr, SocketAddr)>(true).expect("an address is found for both");
    assert_eq!(readable.to_string(), "(str * 2)", "JSON sees text");
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Email(String);
impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self(text)) } else { Err("no @ in it") }
    }
}
#[derive(Deserialize)]
#[serde(try_from = "(u8, u8)")]
struct Range(u8, u8);
impl TryFrom<(u8, u8)> for Range {
    type Error = &'static str;
    fn try_from((low, high): (u8, u8)) -> Result<Self, Self::Error> {
        if low < high { Ok(Self(low, high)) } else { Err("the range is empty") }
    }
}
#[derive(Deserialize)]
struct Account {
    name: String,
    email: Email,
    limits: Range,
    backup: Option<Email>,
}

#[test]
fn a_check_behind_a_conversion_is_passed_by_trying_on() {
    assert_eq!(
        text::<Account>(),
        "struct Account { name: str, email: str, limits: (u8 * 2), backup: option<str> }",
    );
}

/// Takes what cannot be read for nothing.
fn or_nothing<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(T::deserialize(deserializer).ok())
}
#[derive(Deserialize)]
struct Lenient {
    #[serde(deserialize_with = "or_nothing")]
    pair: Option<(NonZeroU8, Wrapper<NonZeroU8>)>,
    rest: Wrapper<String>,
}

#[test]
fn a_refusal_that_the_type_catches_hides_nothing() {
    assert_eq!(
        text::<Lenient>(),
        "struct Lenient { pair: (u8, struct Wrapper { inner: u8 }), rest: struct Wrapper { inner: str } }",
    );
}

#[derive(Deserialize)]
struct Aliased {
    #[serde(alias = "headline")]
    title: String,
    #[serde(default)]
    views: u32,
}

#[test]
fn aliases_are_part_of_the_shape() {
    assert_eq!(text::<Aliased>(), "struct Aliased { headline: str, title: u32, views: _ }");
}

mod by_hand {
    //! Types whose `Deserialize` is written by hand.
    use std::fmt;

    use serde::Deserialize;
    use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

    /// Wants its fields by name.
    pub(super) struct Point;
    impl<'de> Deserialize<'de> for Point {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Fields;
            impl<'de> Visitor<'de> for Fields {
                type Value = Point;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a point")
                }
                fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Point, A::Error> {
                    while let Some(name) = fields.next_key::<String>()? {
                        match name.as_str() {
                            "x" => fields.next_value::<u16>().map(drop)?,
                            _ => fields.next_value::<i16>().map(drop)?,
                        }
                    }
                    Ok(Point)
                }
            }
            deserializer.deserialize_struct("Point", &["x", "y"], Fields)
        }
    }

    /// A sequence that must have three elements.
    pub(super) struct Three;
    impl<'de> Deserialize<'de> for Three {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Elements;
            impl<'de> Visitor<'de> for Elements {
                type Value = Three;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("three numbers")
                }
                fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Three, A::Error> {
                    for read in 0..3 {
                        let short = || A::Error::invalid_length(read, &self);
                        elements.next_element::<f32>()?.ok_or_else(short)?;
                    }
                    Ok(Three)
                }
            }
            deserializer.deserialize_seq(Elements)
        }
    }

    /// Text or a number, as a configuration has it.
    pub(super) struct Size;
    impl<'de> Deserialize<'de> for Size {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Either;
            impl Visitor<'_> for Either {
                type Value = Size;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a size")
                }
                fn visit_u64<E: Error>(self, _: u64) -> Result<Size, E> {
                    Ok(Size)
                }
                fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
                    text.parse::<u32>().map(|_| Size).map_err(E::custom)
                }
            }
            deserializer.deserialize_any(Either)
        }
    }
}

#[test]
fn types_read_by_hand_are_seen_if_they_do_not_look_at_the_content() {
    assert_eq!(text::<by_hand::Point>(), "struct Point { x: u16, y: i16 }");
    assert_eq!(text::<Vec<by_hand::Three>>(), "seq<seq<f32>>");
    assert_eq!(text::<Option<by_hand::Size>>(), "option<any<u64, str>>");
}

#[test]
fn std_types_are_seen() {
    assert_eq!(text::<std::time::Duration>(), "struct Duration { secs: u64, nanos: u32 }");
    assert_eq!(text::<Result<u8, String>>(), "enum Result { Ok<u8>, Err<str> }");
    assert_eq!(text::<(std::path::PathBuf, std::num::Wrapping<i8>)>(), "(str, i8)");
    assert_eq!(text::<std::ops::Range<u8>>(), "struct Range { start: u8, end: u8 }");
}

#[cfg(feature = "json")]
#[test]
fn a_json_value_is_anything() {
    let any = "any<unit, bool, u64, i64, f64, str, seq(^1), map(str, ^1)>";
    assert_eq!(text::<serde_json::Value>(), any);
    assert_eq!(text::<Vec<serde_json::Value>>(), format!("seq<{any}>"));
}

#[test]
fn a_variant_that_this_platform_refuses_is_marked() {
    let shape = text::<std::ffi::OsString>();
    assert!(shape.contains("refused"), "one of Unix and Windows cannot be read here: {shape}");
}

#[test]
fn names_cannot_pretend_to_be_structure() {
    #[derive(Deserialize)]
    struct Odd {
        #[serde(rename = "a: u8, b")]
        a: u8,
    }
    assert_eq!(text::<Odd>(), r#"struct Odd { "a: u8, b": u8 }"#);
}

/// These stand in records on disk. If one changes, every cache misses every entry of that type.
#[test]
fn fingerprints_are_the_same_in_every_build() {
    let post = shape_of::<Post>(false).map(|shape| shape.fingerprint().to_string());
    assert_eq!(post, Ok("5be18f8313d95589".to_owned()));
    assert_eq!(Fingerprint::of_shape("u8").to_string(), "991866a01faa66f1");
    assert_eq!(Fingerprint::named("u8").to_string(), "17df86c0670fbf31");
}
