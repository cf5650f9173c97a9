//! Every codec behind a feature, through the whole cache and through the same test.

mod common;

use tagcache::codec::Codec;
use tagcache::{Builder, Policy, Source, Stored, Stores, Value};

use common::{DAY, Fixture};

/// One process stores, another reads; what comes back is what was stored.
fn stores_and_gives_back<C, T>(codec: C, value: &T)
where
    C: Codec + Clone + Stores<T>,
    T: Clone + std::fmt::Debug + PartialEq + Value,
{
    let writer = Fixture::with(Builder::new(codec.clone()));
    let reader = writer.another_process(Builder::new(codec));
    let policy = Policy::new().tag("tag").expire_in(DAY);

    assert_eq!(writer.cache.put("put", value, &policy).expect("a put"), Stored::Yes);
    assert_eq!(*reader.cache.get::<T>("put").expect("no fault").expect("it was put"), *value);

    let computed = writer.cache.get_with("computed", &policy, |_| value.clone());
    assert!(matches!(computed.source(), Source::Computed { stored: Stored::Yes, .. }));
    let hit =
        reader.cache.get_with("computed", &policy, |_| -> T { unreachable!("another process stored it") });
    assert_eq!((&*hit, hit.source()), (value, Source::Disk));

    assert_eq!(writer.cache.invalidate_tag("tag").expect("no fault"), 2);
    assert!(reader.cache.get::<T>("put").expect("no fault").is_none());
}

/// A page as a blog may have it: names, numbers, options, lists, an enum, a float that text could spoil.
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod page {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Page {
        title: String,
        subtitle: Option<String>,
        views: u64,
        score: f64,
        state: State,
        tags: Vec<String>,
        words: BTreeMap<String, u32>,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum State {
        Draft,
        Published { at: u64 },
    }

    pub(super) fn page() -> Page {
        Page {
            title: "Über \"uns\"\n".to_owned(),
            subtitle: None,
            views: u64::MAX,
            score: 0.1 + 0.2,
            state: State::Published { at: 1 },
            tags: vec!["blog-new".to_owned(), String::new()],
            words: BTreeMap::from([("cache".to_owned(), 7)]),
        }
    }

    #[test]
    fn the_other_state_survives_as_well() {
        assert_ne!(State::Draft, State::Published { at: 0 });
    }
}

#[test]
fn raw_stores_bytes_and_text() {
    stores_and_gives_back(tagcache::Raw, &vec![0u8, 255, 10]);
    stores_and_gives_back(tagcache::Raw, &"<h1>Über uns</h1>".to_owned());
}

macro_rules! serde_codecs {
    ($($feature:literal $test:ident $codec:ident;)*) => {$(
        #[cfg(feature = $feature)]
        #[test]
        fn $test() {
            stores_and_gives_back(tagcache::$codec, &page::page());
            stores_and_gives_back(tagcache::$codec, &(1u8, "two".to_owned(), [3.5f32, -0.0]));
        }
    )*};
}
serde_codecs! {
    "json" json_stores_what_serde_describes Json;
    "bincode" bincode_stores_what_serde_describes Bincode;
    "cbor" cbor_stores_what_serde_describes Cbor;
    "postcard" postcard_stores_what_serde_describes Postcard;
}

macro_rules! compressing_codecs {
    ($($feature:literal $test:ident $codec:expr;)*) => {$(
        #[cfg(feature = $feature)]
        #[test]
        fn $test() {
            let repetitive = "<p>the same again</p>".repeat(10_000);
            stores_and_gives_back($codec, &repetitive);

            let fixture = Fixture::with(Builder::new($codec));
            fixture.cache.put("page", &repetitive, &Policy::new()).unwrap();
            let size = std::fs::metadata(fixture.entry("page")).unwrap().len();
            assert!(size < repetitive.len() as u64 / 20, "{size} bytes on disk");
        }
    )*};
}
compressing_codecs! {
    "zstd" zstd_stores_less_than_it_is_given tagcache::Zstd::new(tagcache::Raw);
    "lz4" lz4_stores_less_than_it_is_given tagcache::Lz4::new(tagcache::Raw);
}
