//! Types whose shape stays hidden: they are told so, soon, and what to do about it.
#![cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
#![allow(dead_code, reason = "the types here are looked at, never filled")]

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tagcache_codec::{HiddenShape, shape_of};

fn hidden<T: DeserializeOwned>() -> HiddenShape {
    shape_of::<T>(true).expect_err("the shape cannot be seen")
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Password(String);
impl TryFrom<String> for Password {
    type Error = &'static str;
    fn try_from(_: String) -> Result<Self, Self::Error> {
        Err("it is too easy to guess")
    }
}
#[derive(Deserialize)]
struct Login {
    first: String,
    second: String,
    third: String,
    password: Password,
}

#[test]
fn a_check_that_nothing_passes_says_where_and_what_to_do() {
    let hidden = hidden::<Login>();
    assert!(hidden.type_name().ends_with("Login"), "{hidden}");
    assert!(hidden.to_string().contains("schema name"), "{hidden}");
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(Option<u8>),
    Text(String),
}
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Internal {
    A { x: u8 },
    B,
}
#[derive(Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(u8),
    B(String),
}
#[derive(Deserialize)]
struct Inner {
    size: u8,
}
#[derive(Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: Inner,
}

#[test]
fn what_serde_buffers_is_hidden() {
    for hidden in [hidden::<Untagged>(), hidden::<Internal>(), hidden::<Adjacent>(), hidden::<Flat>()] {
        assert!(hidden.why().contains("tagged or flattened"), "{hidden}");
        assert!(hidden.to_string().contains("explicit schema name"), "{hidden}");
    }
}

#[derive(Deserialize)]
enum Bottomless {
    Only(Box<Bottomless>),
}
#[derive(Deserialize)]
enum Never {}

#[test]
fn types_without_a_value_are_hidden_and_do_not_hang() {
    assert!(hidden::<Bottomless>().why().contains("without an end"));
    assert!(hidden::<Never>().why().contains("variant"));
}

#[test]
fn the_work_is_bounded_whatever_the_type() {
    macro_rules! operations {
        ($($name:ident)*) => {
            #[derive(Deserialize)]
            enum Wide { $($name(Box<Wide>, Vec<Wide>, Option<Box<Wide>>),)* End }
        };
    }
    operations!(A B C D E F G H I J K L M N O P Q R S T U V W X Y Z Aa Bb Cc Dd Ee Ff Gg Hh Ii Jj Kk Ll);

    type Twice<T> = (T, T);
    type Times16<T> = Twice<Twice<Twice<Twice<T>>>>;

    let start = std::time::Instant::now();
    assert!(
        shape_of::<Wide>(true)
            .expect("it is seen")
            .to_string()
            .ends_with("Ll(^1, seq<^2>, option<^2>), End }")
    );
    assert!(shape_of::<serde_bytes::ByteArray<16>>(false).is_ok(), "an array of bytes finds its length");
    assert!(hidden::<Times16<Times16<Times16<Times16<Times16<()>>>>>>().why().contains("too large"));
    assert!(hidden::<Login>().why().contains("accepted") || hidden::<Login>().why().contains("too many"));
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "it took {:?}", start.elapsed());
}
