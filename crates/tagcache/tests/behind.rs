//! Computing behind the caller, who has an old value at once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tagcache::fs::Errno;
use tagcache::{Builder, Cache, Policy, Raw, Source, Stale, Stats, Stored};
use tagcache_testkit::{Call, Fault};
use tempfile::TempDir;

use common::{Fixture, HOUR, text};

fn policy() -> Policy {
    Policy::new().expire_in(HOUR)
}

/// A cache in which these keys have old values.
fn with_old(keys: &[String]) -> Fixture {
    let fixture = Fixture::new();
    for key in keys {
        fixture.cache.put(key, &text("old"), &policy()).expect("a put");
    }
    fixture.world.clock.advance(HOUR);
    fixture
}

fn until<S: tagcache::fs::Sys>(cache: &Cache<Raw, S>, is_so: impl Fn(&Stats) -> bool) {
    while !is_so(&cache.stats()) {
        thread::yield_now();
    }
}

fn page() -> Vec<String> {
    vec![text("page")]
}

#[test]
fn the_caller_has_the_old_value_at_once_and_the_next_one_the_new() {
    let fixture = with_old(&page());
    let (go, wait) = mpsc::channel::<()>();
    let hit = fixture.cache.at("page").policy(&policy()).compute_behind(move |_| {
        wait.recv().expect("the caller is on its way");
        text("new")
    });
    assert_eq!((hit.as_str(), hit.source()), ("old", Source::Stale(Stale::Expired)));
    go.send(()).unwrap();
    until(&fixture.cache, |stats| stats.stored == 2);
    assert_eq!(*fixture.cache.get::<String>("page").unwrap().unwrap(), "new");
    assert_eq!(fixture.cache.stats().behind, 1);
}

#[test]
fn while_one_computes_behind_its_caller_the_others_get_the_old_value() {
    let fixture = with_old(&page());
    let (go, wait) = mpsc::channel::<()>();
    let policy = policy();
    fixture.cache.at("page").policy(&policy).compute_behind(move |_| {
        wait.recv().expect("the caller is on its way");
        text("new")
    });
    let other = fixture.another_process(Builder::new(Raw));
    for cache in [&fixture.cache, &other.cache] {
        let hit = cache.at("page").policy(&policy).compute_behind(|_| -> String { unreachable!() });
        assert_eq!(hit.source(), Source::Stale(Stale::Expired));
    }
    go.send(()).unwrap();
    until(&fixture.cache, |stats| stats.stored == 2);
}

#[test]
fn where_there_is_nothing_to_serve_it_is_computed_before_the_caller() {
    let fixture = Fixture::new();
    let hit = fixture.cache.at("page").policy(&policy()).compute_behind(|_| text("page"));
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }));
    let strict = policy().stale_while_refresh(false);
    fixture.world.clock.advance(HOUR);
    let hit = fixture.cache.at("page").policy(&strict).compute_behind(|_| text("new"));
    assert_eq!(*hit, "new", "nor where the policy serves no old value");
    assert_eq!(fixture.cache.stats().behind, 0);
}

#[test]
fn a_panic_there_is_counted_and_leaves_the_turn_to_the_next() {
    let fixture = with_old(&page());
    let hit =
        fixture.cache.at("page").policy(&policy()).compute_behind(|_| -> String { panic!("no page today") });
    assert_eq!(*hit, "old");
    until(&fixture.cache, |stats| stats.behind_panics == 1);
    assert!(fixture.files("locks").is_empty());
    fixture.cache.at("page").policy(&policy()).compute_behind(|_| text("new"));
    until(&fixture.cache, |stats| stats.stored == 2);
}

#[test]
fn no_more_than_four_are_computed_at_once() {
    let keys: Vec<String> = (0..5).map(|key| key.to_string()).collect();
    let fixture = with_old(&keys);
    let policy = policy();
    let waiting: Vec<_> = keys
        .iter()
        .map(|key| {
            let (go, wait) = mpsc::channel::<()>();
            let hit = fixture.cache.at(key).policy(&policy).compute_behind(move |_| {
                // Until the test has seen the fifth: a channel without a sender ends the wait, too.
                let _ = wait.recv();
                text("new")
            });
            assert_eq!(*hit, "old");
            go
        })
        .collect();
    assert_eq!(fixture.cache.stats().behind_skipped, 1);
    drop(waiting);
    until(&fixture.cache, |stats| stats.stored == 5 + 4);
    // The thread leaves its place when it ends, an instant after it has stored.
    while fixture.cache.stats().behind < 5 {
        fixture.cache.at("4").policy(&policy).compute_behind(|_| text("new"));
    }
    until(&fixture.cache, |stats| stats.stored == 5 + 5);
}

/// In real time, where who waits waits for others.
fn with_old_page() -> (TempDir, Cache<Raw>, Policy) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    // A machine under load must not change what a test sees.
    let patient = Policy::new().wait_limit(Duration::from_secs(60));
    cache.put("page", &text("old"), &patient).unwrap();
    cache.expire_key("page").unwrap();
    (dir, cache, patient)
}

// The thread that computes was taken for the one that had asked for it. So it waited for itself up to the wait limit; its
// caller was told that it was computing; and nobody saw a cycle.
#[test]
fn a_computation_behind_that_asks_for_its_own_key_is_told_so_at_once() {
    let (_dir, cache, patient) = with_old_page();
    let (inner, policy) = (cache.clone(), patient.clone());
    cache.at("page").policy(&patient).compute_behind(move |_| {
        inner.invalidate_key("page").unwrap();
        inner.get_with("page", &policy, |_| text("inner")).into_owned()
    });
    until(&cache, |stats| stats.raced == 1);
    assert_eq!((cache.stats().reentrant, cache.stats().waits), (1, 0));
}

#[test]
fn the_caller_of_a_computation_behind_may_wait_for_it() {
    let (_dir, cache, patient) = with_old_page();
    let (go, wait) = mpsc::channel::<()>();
    cache.at("page").policy(&patient).compute_behind(move |_| {
        wait.recv().expect("the caller is on its way");
        text("behind")
    });
    let hit = thread::scope(|scope| {
        scope.spawn(|| {
            until(&cache, |stats| stats.waits + stats.faults == 1);
            go.send(()).unwrap();
        });
        cache.at("page").policy(&patient).forced().compute(|_| text("forced"))
    });
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }), "{:?}", hit.source());
}

#[test]
fn a_cycle_through_a_computation_behind_is_seen() {
    let (_dir, cache, patient) = with_old_page();
    let (has_part, part_is_had) = mpsc::channel();
    let (has_page, page_is_had) = mpsc::channel();
    let (behind, policy) = (cache.clone(), patient.clone());
    thread::scope(|scope| {
        let (cache, strict) = (&cache, patient.clone().stale_while_refresh(false));
        scope.spawn(move || {
            cache.get_with("part", &strict, |_| {
                has_part.send(()).unwrap();
                page_is_had.recv().unwrap();
                cache.get_with("page", &strict, |_| text("a page for the part")).into_owned()
            })
        });
        part_is_had.recv().unwrap();
        cache.at("page").policy(&patient).compute_behind(move |_| {
            has_page.send(()).unwrap();
            behind.get_with("part", &policy, |_| text("a part for the page")).into_owned()
        });
    });
    until(&cache, |stats| stats.stored == 1 + 2);
    assert_eq!((cache.stats().cycles, cache.stats().wait_timeouts), (1, 0));
}

#[test]
fn without_a_thread_the_old_value_is_served_and_the_lease_given_back() {
    let fixture = with_old(&page());
    fixture.world.faults.add(Fault::on(Call::Spawn, Errno::AGAIN));
    let hit = fixture.cache.at("page").policy(&policy()).compute_behind(|_| -> String { unreachable!() });
    assert_eq!(*hit, "old");
    assert!(fixture.files("locks").is_empty());
    assert_eq!(fixture.cache.stats().behind_skipped, 1);
}
