//! Values that are kept in memory: what a hit costs, and that it is as true as one from disk.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod bounds;
mod changes;
mod descriptors;
mod stage;
#[cfg(feature = "tokio")]
mod tasks;
mod threads;

use std::time::Duration;

use allocation_counter::measure;
use tagcache::{Limits, Lookup, Memory, Policy, Source, Stale};
use tagcache_testkit::Call;

use stage::{Stage, kept};

#[test]
fn a_hit_in_memory_is_one_fstat() {
    let stage = Stage::new();
    stage.keep("page");
    for _ in 0..3 {
        let (hit, calls) = stage.calls(|| stage.cache.get::<String>("page").unwrap().unwrap());
        assert_eq!((hit.as_str(), hit.source()), ("value of page", Source::Memory));
        assert_eq!(calls, [(Call::Stat, 1)]);
    }
}

#[test]
fn compute_through_asks_memory_first() {
    let stage = Stage::new();
    stage.keep("page");
    let policy = Policy::new();
    let (hit, calls) =
        stage.calls(|| stage.cache.get_with("page", &policy, |_| -> String { panic!("there is one") }));
    assert_eq!((hit.as_str(), hit.source()), ("value of page", Source::Memory));
    assert_eq!(calls, [(Call::Stat, 1)]);
}

#[test]
fn a_hit_in_memory_allocates_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cache = tagcache::Builder::new(tagcache::Raw).open(dir.path()).unwrap();
    cache.put("page", &String::from("value"), &Policy::new().tags(["a", "b"])).unwrap();
    kept(&cache, "page");
    let (mut hit, policy) = (None, Policy::new());
    let allocated = measure(|| hit = cache.get::<String>("page").unwrap());
    assert_eq!(hit.map(|hit| hit.source()), Some(Source::Memory));
    assert_eq!(allocated.count_total, 0, "get");
    let allocated = measure(|| assert_eq!(*cache.get_with("page", &policy, |_| String::new()), "value"));
    assert_eq!(allocated.count_total, 0, "get_with");
}

#[test]
fn a_kept_value_is_one_for_all_readers() {
    let stage = Stage::new();
    stage.keep("page");
    let get = || stage.cache.get::<String>("page").unwrap().unwrap();
    let (one, other) = (get().into_shared(), get().into_shared());
    assert!(std::sync::Arc::ptr_eq(&one, &other));
    assert_eq!(get().into_owned(), "value of page", "and can be had for oneself");
}

#[test]
fn it_is_counted_as_a_hit_and_by_itself() {
    let stage = Stage::new();
    stage.keep("page");
    let before = stage.cache.stats();
    stage.cache.get::<String>("page").unwrap();
    let after = stage.cache.stats();
    assert_eq!((after.fresh - before.fresh, after.from_memory - before.from_memory), (1, 1));
}

#[test]
fn a_value_that_is_not_at_rest_is_not_kept() {
    let stage = Stage::new();
    // Its change time lies in the future of this clock, or now.
    stage.world.clock.set(stage.began());
    stage.put("page", &[]);
    for _ in 0..3 {
        assert_eq!(stage.cache.get::<String>("page").unwrap().unwrap().source(), Source::Disk);
    }
    assert_eq!(stage.cache.in_memory(), 0);
}

#[test]
fn a_kept_value_expires_at_its_time() {
    let stage = Stage::new();
    let hour = Policy::new().expire_in(Duration::from_secs(3600)).keep_stale(Duration::from_secs(60));
    stage.cache.put("page", &String::from("value"), &hour).unwrap();
    kept(&stage.cache, "page");
    stage.world.clock.advance(Duration::from_secs(3599));
    assert!(stage.is_from_memory("page"));
    stage.world.clock.advance(Duration::from_secs(1));
    match stage.cache.lookup::<String>("page").unwrap() {
        Lookup::Stale(hit, Stale::Expired) => assert_eq!(*hit, "value"),
        other => panic!("expired: {other:?}"),
    }
    stage.world.clock.advance(Duration::from_secs(60));
    assert!(matches!(stage.cache.lookup::<String>("page").unwrap(), Lookup::Miss(_)), "too old for anybody");
    assert_eq!(stage.cache.in_memory(), 0, "and given back");
}

#[test]
fn a_clock_that_is_set_back_makes_no_value_immortal() {
    let stage = Stage::new();
    stage.keep("page");
    stage.world.clock.set(stage.began());
    // Made an hour later than now: nobody knows how old it is.
    let look = stage.cache.lookup::<String>("page").unwrap();
    assert!(matches!(look, Lookup::Stale(_, Stale::FromTheFuture)), "{look:?}");
}

#[test]
fn types_and_schemas_under_one_key_are_told_apart() {
    let stage = Stage::new();
    stage.keep("page");
    assert!(stage.cache.get::<Vec<u8>>("page").unwrap().is_none(), "text is no list of bytes");
    let named = stage.cache.with_schema("another");
    assert!(named.get::<String>("page").unwrap().is_none(), "another schema");
    assert!(stage.is_from_memory("page"), "and the value is still there");
}

#[test]
fn a_use_in_memory_counts_for_eviction() {
    let stage = Stage::with(Memory::new(), Limits::new().files(1000));
    stage.put("page", &[]);
    // The first read records its use, and that is a change of the file.
    stage.world.clock.advance(Duration::from_secs(1));
    kept(&stage.cache, "page");
    stage.world.clock.advance(Duration::from_secs(301));
    let (hit, calls) = stage.calls(|| stage.cache.get::<String>("page").unwrap().unwrap());
    assert_eq!(hit.source(), Source::Memory);
    assert_eq!(calls.of(Call::SetAtime), 1, "a use after five minutes is recorded:\n{calls}");
}
