//! Values of one type, codec or version of a type are never read as another's.

mod common;

use tagcache::{Miss, Policy};

use common::{Fixture, miss, text};

#[test]
fn bytes_and_text_look_alike_on_disk_and_are_not_mistaken_for_each_other() {
    let fixture = Fixture::new();
    fixture.cache.put("key", &vec![b'a'], &Policy::new()).unwrap();
    let Miss::OtherSchema { expected, found } = miss(fixture.cache.lookup::<String>("key").unwrap()) else {
        panic!("bytes are no text")
    };
    assert_ne!(expected, found);
    assert!(fixture.cache.get::<Vec<u8>>("key").unwrap().is_some());
    assert!(fixture.cache.get::<Box<[u8]>>("key").unwrap().is_some(), "a box of the same bytes");
}

#[test]
fn a_schema_name_is_a_view_of_the_same_cache() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let net = cache.with_schema("net");
    net.put("price", &text("100"), &Policy::new().tag("prices")).unwrap();
    assert_eq!(*net.get::<String>("price").unwrap().unwrap(), "100");
    for other in [cache.clone(), cache.with_schema("gross")] {
        assert!(matches!(miss(other.lookup::<String>("price").unwrap()), Miss::OtherSchema { .. }));
    }
    assert_eq!(cache.invalidate_tag("prices").unwrap(), 1, "tags and keys are shared");
    assert!(net.get::<String>("price").unwrap().is_none());
    assert_eq!(cache.stats(), net.stats());
}

#[test]
fn a_payload_that_is_no_value_of_the_type_is_undecodable() {
    let fixture = Fixture::new();
    // One name for two types, against the advice.
    let named = fixture.cache.with_schema("value");
    named.put("key", &vec![0xffu8], &Policy::new()).unwrap();
    assert!(matches!(miss(named.lookup::<String>("key").unwrap()), Miss::Undecodable(_)));
    assert_eq!(named.stats().foreign, 1);
}

#[cfg(feature = "postcard")]
mod serde_types {
    use serde::{Deserialize, Serialize};
    use tagcache::{Builder, Error, Postcard, Raw, Source, Stored};

    use super::*;

    /// The versions of one type, as builds of one program may have them.
    mod v1 {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(super) struct Page {
            pub(super) title: String,
            pub(super) body: String,
            pub(super) views: u32,
        }
    }

    /// Each is decoded from the bytes of the first without an error, and wrongly.
    macro_rules! other_versions {
        ($($module:ident { $($field:ident: $type:ty),* })*) => {$(
            mod $module {
                #[derive(Debug, serde::Serialize, serde::Deserialize)]
                pub(super) struct Page {
                    $(pub(super) $field: $type),*
                }
            }
        )*};
    }
    other_versions! {
        reordered { body: String, title: String, views: u32 }
        renamed { headline: String, body: String, views: u32 }
        retyped { title: String, body: String, views: i32 }
        wider { title: String, body: String, views: u64 }
    }

    #[test]
    fn two_builds_with_another_order_name_or_type_of_fields_do_not_read_each_others_values() {
        let fixture = Fixture::with(Builder::new(Postcard));
        let page = v1::Page { title: text("title"), body: text("body"), views: 7 };
        fixture.cache.put("page", &page, &Policy::new()).unwrap();
        let back = fixture.cache.get::<v1::Page>("page").unwrap().expect("the same build reads it");
        assert_eq!((back.title.as_str(), back.body.as_str(), back.views), ("title", "body", 7));

        let cache = &fixture.cache;
        assert!(matches!(miss(cache.lookup::<reordered::Page>("page").unwrap()), Miss::OtherSchema { .. }));
        assert!(matches!(miss(cache.lookup::<renamed::Page>("page").unwrap()), Miss::OtherSchema { .. }));
        assert!(matches!(miss(cache.lookup::<retyped::Page>("page").unwrap()), Miss::OtherSchema { .. }));
        assert!(matches!(miss(cache.lookup::<wider::Page>("page").unwrap()), Miss::OtherSchema { .. }));
    }

    #[test]
    fn a_value_of_another_codec_is_a_miss_that_names_both() {
        let fixture = Fixture::with(Builder::new(Postcard));
        let raw = fixture.another_process(Builder::new(Raw));
        raw.cache.put("key", &text("raw"), &Policy::new()).unwrap();
        let miss = miss(fixture.cache.lookup::<String>("key").unwrap());
        assert!(matches!(miss, Miss::OtherCodec { .. }));
        assert_eq!(miss.to_string(), "other codec: raw, not postcard");
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u32),
        Text(String),
    }

    #[test]
    fn a_type_whose_shape_is_hidden_is_an_error_that_says_what_to_do() {
        let fixture = Fixture::with(Builder::new(Postcard));
        let cache = &fixture.cache;
        let error = cache.put("key", &Untagged::Number(1), &Policy::new()).unwrap_err();
        assert!(
            matches!(error, Error::HiddenShape(_)),
            "the shape of an untagged enum cannot be seen: {error}"
        );
        let advice = "): give it a name with Cache::with_schema or Policy::schema (`schema = \"…\"` in #[cached]), and \
                      another one whenever the type changes";
        assert!(error.to_string().ends_with(advice), "{error}");
        assert!(matches!(cache.get::<Untagged>("key"), Err(Error::HiddenShape(_))));
        assert!(matches!(cache.begin::<Untagged>("key", &Policy::new()), Err(Error::HiddenShape(_))));
        assert!(fixture.files("data").is_empty());

        let computed = cache.get_with("key", &Policy::new(), |_| Untagged::Number(1));
        assert_eq!(*computed, Untagged::Number(1), "compute-through keeps it from its caller");
        assert_eq!(cache.stats().faults, 1);
    }

    /// What the README says of `json` and of `cbor`.
    #[cfg(any(feature = "json", feature = "cbor"))]
    fn is_stored_once_it_has_a_name<C: tagcache::codec::Codec + tagcache::Stores<Untagged>>(codec: C) {
        let fixture = Fixture::with(Builder::new(codec));
        let (cache, value) = (&fixture.cache, Untagged::Text(text("seven")));
        assert!(matches!(cache.put("key", &value, &Policy::new()), Err(Error::HiddenShape(_))));

        let stored = cache.put("key", &value, &Policy::new().schema("untagged, 1"));
        assert_eq!(stored.expect("a put"), Stored::Yes);
        let get = |name| cache.with_schema(name).get::<Untagged>("key").expect("no fault");
        assert_eq!(*get("untagged, 1").expect("it was put"), value);
        assert!(get("untagged, 2").is_none(), "another version");
    }

    #[cfg(feature = "json")]
    #[test]
    fn an_untagged_type_is_stored_by_json_once_it_has_a_name() {
        is_stored_once_it_has_a_name(tagcache::Json);
    }

    #[cfg(feature = "cbor")]
    #[test]
    fn an_untagged_type_is_stored_by_cbor_once_it_has_a_name() {
        is_stored_once_it_has_a_name(tagcache::Cbor);
    }

    #[test]
    fn a_value_that_the_codec_writes_and_cannot_read_is_reported_when_it_is_put() {
        let fixture = Fixture::with(Builder::new(Postcard));
        let named = fixture.cache.with_schema("untagged, 1");
        let Err(error @ Error::NotDecodable { .. }) = named.put("key", &Untagged::Number(1), &Policy::new())
        else {
            panic!("postcard writes an untagged enum and cannot read it")
        };
        assert!(error.to_string().contains("schema::serde_types::Untagged"), "{error}");
        assert!(
            error.to_string().ends_with("use another codec, or another serde representation of the type")
        );
        assert!(fixture.files("data").is_empty() && fixture.files("tmp").is_empty());

        let computed = named.get_with("key", &Policy::new(), |_| Untagged::Number(1));
        assert!(matches!(computed.source(), Source::Computed { stored: Stored::Fault, .. }));
    }

    /// What serde leaves out, a format without names cannot miss.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sparse {
        #[serde(skip_serializing_if = "Option::is_none")]
        subtitle: Option<String>,
        title: String,
    }

    #[test]
    fn a_value_with_a_field_left_out_is_never_read_back_as_another() {
        let fixture = Fixture::with(Builder::new(Postcard));
        let cache = &fixture.cache;
        let whole = Sparse { subtitle: Some(text("sub")), title: text("title") };
        cache.put("whole", &whole, &Policy::new()).unwrap();
        assert_eq!(*cache.get::<Sparse>("whole").unwrap().unwrap(), whole);

        let sparse = Sparse { subtitle: None, title: text("title") };
        let put = cache.put("sparse", &sparse, &Policy::new());
        if cfg!(debug_assertions) {
            assert!(matches!(put, Err(Error::NotDecodable { .. })), "{put:?}");
        } else {
            // A release build reads back the first value of a type, and that was whole.
            assert_eq!(put.unwrap(), Stored::Yes);
            assert!(matches!(miss(cache.lookup::<Sparse>("sparse").unwrap()), Miss::Undecodable(_)));
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_named_schema_makes_a_hidden_shape_usable_where_the_codec_can_read_it() {
        let fixture = Fixture::with(Builder::new(tagcache::Json));
        let named = fixture.cache.with_schema("untagged, 1");
        named.put("key", &Untagged::Text(text("x")), &Policy::new()).unwrap();
        assert_eq!(*named.get::<Untagged>("key").unwrap().unwrap(), Untagged::Text(text("x")));
    }
}
