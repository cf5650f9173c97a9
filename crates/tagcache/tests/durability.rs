//! What is on disk when a call returns, as far as the calls tell. Power cuts themselves are played elsewhere.

mod common;

use tagcache::fs::{Durability, Errno, OpenError};
use tagcache::{Builder, Error, Policy, Raw};
use tagcache_testkit::{Call, Counts, Fault};

use common::{Fixture, text};

fn barriers(calls: &Counts) -> u64 {
    calls.of(Call::Sync) + calls.of(Call::SyncFs)
}

/// The barriers of one call of each kind, in a cache that holds what they take.
fn of_each_call(durability: Durability) -> Vec<(&'static str, u64)> {
    let fixture = Fixture::with(Builder::new(Raw).durability(durability));
    let cache = &fixture.cache;
    let policy = Policy::new().tag("tag");
    let put = |key: &str| cache.put(key, &text("value"), &policy).map(drop);
    put("warm").expect("no fault");
    let measure = |what, act: &dyn Fn() -> Result<(), Error>| {
        put("key").expect("no fault");
        let (outcome, calls) = fixture.world.counter.during(act);
        outcome.expect("no fault");
        (what, barriers(&calls))
    };
    vec![
        measure("put", &|| put("key")),
        measure("put of a new key", &|| put("new")),
        measure("get", &|| cache.get::<String>("key").map(drop)),
        measure("invalidate tag", &|| cache.invalidate_tag("tag").map(drop)),
        measure("invalidate unknown tag", &|| cache.invalidate_tag("unknown").map(drop)),
        measure("invalidate two tags", &|| cache.invalidate_tags(["tag", "other"]).map(drop)),
        measure("expire tag", &|| cache.expire_tag("tag").map(drop)),
        measure("invalidate key", &|| cache.invalidate_key("key").map(drop)),
        measure("invalidate unknown key", &|| cache.invalidate_key("unknown").map(drop)),
        measure("expire key", &|| cache.expire_key("key").map(drop)),
        measure("clear", &|| cache.clear().map(drop)),
        measure("sweep", &|| cache.sweep().map(drop)),
    ]
}

/// Those of the calls that end with a barrier; each with one.
fn with_barrier(durability: Durability) -> Vec<&'static str> {
    let counted = of_each_call(durability);
    assert!(counted.iter().all(|(_, barriers)| *barriers <= 1), "one is enough: {counted:?}");
    counted.into_iter().filter(|(_, barriers)| *barriers == 1).map(|(what, _)| what).collect()
}

const INVALIDATIONS: [&str; 8] = [
    "invalidate tag",
    "invalidate unknown tag",
    "invalidate two tags",
    "expire tag",
    "invalidate key",
    "invalidate unknown key",
    "expire key",
    "clear",
];

#[test]
fn a_volatile_cache_waits_for_no_disk() {
    assert!(with_barrier(Durability::Volatile).is_empty());
}

#[test]
fn every_invalidation_ends_with_one_barrier_also_when_it_found_nothing() {
    assert_eq!(with_barrier(Durability::Invalidations), INVALIDATIONS);
}

#[test]
fn a_cache_with_full_durability_waits_for_its_puts_too() {
    assert_eq!(with_barrier(Durability::Full), [&["put", "put of a new key"][..], &INVALIDATIONS].concat());
}

#[test]
fn a_put_that_is_stored_and_not_surely_on_disk_is_an_error_under_full_durability() {
    let fixture = Fixture::with(Builder::new(Raw).durability(Durability::Full));
    for call in [Call::Sync, Call::SyncFs] {
        fixture.world.faults.add(Fault::on(call, Errno::IO));
    }
    let error = fixture.cache.put("key", &text("value"), &Policy::new()).unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.doing() == "sync"), "{error}");
    assert!(fixture.cache.get::<String>("key").unwrap().is_some(), "whoever reads it now has it");
}

#[test]
fn durability_is_fixed_when_the_directory_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let open = |builder: Builder<Raw>| builder.open(dir.path());
    let made = open(Builder::new(Raw).durability(Durability::Volatile)).unwrap();
    assert_eq!(made.root().durability(), Durability::Volatile);
    let reopened = open(Builder::new(Raw)).unwrap();
    assert_eq!(reopened.root().durability(), Durability::Volatile, "who asks for none takes what there is");

    let error = open(Builder::new(Raw).durability(Durability::Full)).unwrap_err();
    assert!(matches!(error, Error::Open(OpenError::DurabilityDiffers { .. })), "{error}");
}
