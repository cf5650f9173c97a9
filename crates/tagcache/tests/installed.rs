//! The cache that is installed for the program. Tests share the program, and there is one place per codec: each test here
//! has a codec of its own, or puts its caches in front.
#![cfg(all(feature = "macros", feature = "postcard", feature = "json", feature = "lz4"))]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tagcache::codec::Codec;
use tagcache::{
    Builder, Cache, Json, Lz4, Postcard, Raw, cached, calls_without_cache, installed, with_installed,
};
use tempfile::TempDir;

fn cache<C: Codec>(codec: C) -> (TempDir, Cache<C>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Builder::new(codec).open(dir.path()).expect("a cache in an empty directory");
    (dir, cache)
}

/// The path tells caches apart.
fn is<C: Codec>(found: Option<Cache<C>>, cache: &Cache<C>) -> bool {
    found.is_some_and(|found| found.root().path() == cache.root().path())
}

#[test]
fn the_first_that_is_installed_stays() {
    let ((_first_dir, first), (_second_dir, second)) = (cache(Json), cache(Json));
    assert!(installed::<Json>().is_none());
    tagcache::install(first.clone()).unwrap();
    let refused = tagcache::install(second).unwrap_err();
    assert!(refused.to_string().contains("json"), "{refused}");
    assert!(is(installed(), &first));
    let elsewhere = thread::spawn(installed::<Json>).join().unwrap();
    assert!(is(elsewhere, &first), "every thread has it");
}

#[test]
fn each_codec_has_a_place_of_its_own() {
    let ((_raw_dir, raw), (_lz4_dir, lz4)) = (cache(Raw), cache(Lz4::new(Raw)));
    tagcache::install(raw.clone()).unwrap();
    tagcache::install(lz4.clone()).unwrap();
    assert!(is(installed(), &raw) && is(installed(), &lz4));
}

#[test]
fn what_is_put_in_front_counts_for_this_thread_and_until_its_end() {
    let ((_outer_dir, outer), (_inner_dir, inner)) = (cache(Postcard), cache(Postcard));
    with_installed(&outer, || {
        with_installed(&inner, || {
            assert!(is(installed(), &inner));
            thread::scope(|scope| scope.spawn(|| assert!(installed::<Postcard>().is_none())).join().unwrap());
        });
        assert!(is(installed(), &outer));
        let panicked = catch_unwind(AssertUnwindSafe(|| with_installed(&inner, || panic!("on purpose"))));
        assert!(panicked.is_err() && is(installed(), &outer));
    });
    assert!(installed::<Postcard>().is_none());
}

#[cached("counted", uncached = on_purpose)]
fn counted() -> u8 {
    1
}

#[test]
fn a_call_without_a_cache_computes_and_is_counted() {
    let before = calls_without_cache();
    assert_eq!((counted(), counted()), (1, 1));
    assert_eq!(calls_without_cache() - before, 2);

    let (_dir, cache) = cache(Postcard);
    with_installed(&cache, counted);
    on_purpose();
    assert_eq!(calls_without_cache() - before, 2, "one had a cache, the other wanted none");
}
