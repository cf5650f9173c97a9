//! Compute-through: one computation at a time, who waits, who is served the old value, and what overtakes a fill.

mod common;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tagcache::{Begun, Builder, Cache, Hit, Policy, Raw, Source, Stale, Stored, Why};
use tagcache_testkit::{At, Call, TestSys};

use common::{DAY, Fixture, HOUR, fill, hooked, stale, text};

#[test]
fn a_fresh_value_is_not_computed_again() {
    let fixture = Fixture::new();
    let policy = Policy::new().expire_in(DAY);
    let computed = fixture.cache.get_with("page", &policy, |_| text("page"));
    assert!(matches!(computed.source(), Source::Computed { stored: Stored::Yes, .. }));
    let hit = fixture.cache.get_with("page", &policy, |_| -> String { unreachable!("it is fresh") });
    assert_eq!((hit.as_str(), hit.source()), ("page", Source::Disk));
}

#[test]
fn how_long_a_computation_took_is_told() {
    let fixture = Fixture::new();
    let hit = fixture.cache.get_with("page", &Policy::new(), |_| {
        fixture.world.clock.advance(HOUR);
        text("page")
    });
    assert_eq!(hit.source(), Source::Computed { stored: Stored::Yes, took: HOUR });
}

#[test]
fn an_error_of_the_computation_comes_back_unchanged_and_nothing_is_stored() {
    let fixture = Fixture::new();
    let policy = Policy::new().tag("blog");
    let failed: Result<_, &str> =
        fixture.cache.try_get_with::<String, _>("page", &policy, |_| Err("no database"));
    assert_eq!(failed.unwrap_err(), "no database");
    assert!(fixture.files("data").is_empty() && fixture.files("locks").is_empty());
    assert_eq!(fixture.cache.stats().computed, 0);

    let next: Result<_, &str> = fixture.cache.try_get_with("page", &policy, |_| Ok(text("page")));
    assert_eq!(*next.unwrap(), "page", "the next caller computes");
}

#[test]
fn an_error_while_a_value_is_refreshed_leaves_the_old_one_to_the_others() {
    let fixture = Fixture::new();
    let policy = Policy::new().expire_in(HOUR);
    fixture.cache.put("page", &text("old"), &policy).unwrap();
    fixture.world.clock.advance(HOUR);
    let failed: Result<_, &str> =
        fixture.cache.try_get_with::<String, _>("page", &policy, |_| Err("no database"));
    assert!(failed.is_err());
    let (old, _) = stale(fixture.cache.lookup::<String>("page").unwrap());
    assert_eq!(old, "old");
}

#[test]
fn eight_threads_at_one_cold_key_compute_once() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    let policy = Policy::new().wait_limit(Duration::from_secs(60));
    let (start, computations) = (Barrier::new(8), AtomicUsize::new(0));
    let ask = || {
        start.wait();
        cache.get_with("page", &policy, |_| {
            computations.fetch_add(1, Ordering::Relaxed);
            // Until all the others wait for this.
            while cache.stats().waits < 7 {
                thread::yield_now();
            }
            text("page")
        })
    };
    let hits = thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(computations.load(Ordering::Relaxed), 1);
    assert!(hits.iter().all(|hit| **hit == "page"));
    assert_eq!(hits.iter().filter(|hit| hit.source() == Source::Disk).count(), 7);
    assert_eq!((cache.stats().stored, cache.stats().wait_timeouts), (1, 0));
}

/// What another thread is given, while this one does what it likes.
fn elsewhere(cache: &Cache<Raw, TestSys>, policy: &Policy, value: &str) -> Hit<String> {
    thread::scope(|scope| {
        let asking = scope.spawn(|| cache.get_with("page", policy, |_| text(value)));
        asking.join().expect("the other thread")
    })
}

#[test]
fn while_one_caller_refreshes_the_others_get_the_old_value_at_once() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().expire_in(HOUR).tag("blog");
    for reason in [Stale::Expired, Stale::SoftlyExpired] {
        cache.replace("page", &text("old"), &policy).unwrap();
        match reason {
            Stale::Expired => fixture.world.clock.advance(HOUR),
            _ => assert_eq!(cache.expire_tag("blog").unwrap(), 1),
        }
        let refreshing = fill(cache.begin::<String>("page", &policy).unwrap());
        assert!(matches!(refreshing.why(), Why::Stale(why) if *why == reason));

        let served = elsewhere(cache, &policy, "computed in vain");
        assert_eq!((served.as_str(), served.source()), ("old", Source::Stale(reason)));
        refreshing.commit(&text("new")).unwrap();
        assert_eq!(*elsewhere(cache, &policy, "computed in vain"), "new");
    }
    assert_eq!((cache.stats().served_stale, cache.stats().waits), (2, 0));
}

#[test]
fn who_does_not_want_the_old_value_waits_and_then_computes_side_by_side() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().expire_in(HOUR).stale_while_refresh(false);
    cache.put("page", &text("old"), &policy).unwrap();
    fixture.world.clock.advance(HOUR);
    let refreshing = fill(cache.begin::<String>("page", &policy).unwrap());

    let own = elsewhere(cache, &policy, "own");
    assert_eq!(*own, "own");
    assert!(matches!(own.source(), Source::Computed { stored: Stored::Unleased, .. }));
    assert_eq!((cache.stats().waits, cache.stats().wait_timeouts), (1, 1));
    assert_eq!(refreshing.commit(&text("new")).unwrap(), Stored::Yes, "the one with the lease stores");
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "new");
}

#[test]
fn what_was_invalidated_is_not_served_while_it_is_computed_anew() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().tag("blog");
    cache.put("page", &text("wrong"), &policy).unwrap();
    cache.invalidate_tag("blog").unwrap();
    let _refreshing = fill(cache.begin::<String>("page", &policy).unwrap());
    assert_eq!(*elsewhere(cache, &policy, "own"), "own");
    assert_eq!(cache.stats().served_stale, 0);
}

#[test]
fn nobody_waits_longer_than_the_limit() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let _holding = fill(cache.begin::<String>("page", &Policy::new()).unwrap());
    for limit in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(10)] {
        let before = fixture.world.clock.now();
        let own = elsewhere(cache, &Policy::new().wait_limit(limit), "own");
        assert!(matches!(own.source(), Source::Computed { stored: Stored::Unleased, .. }));
        assert_eq!(fixture.world.clock.now().since(before), limit);
    }
    assert!(cache.get::<String>("page").unwrap().is_none(), "without the lease nothing is stored");
}

#[test]
fn a_waiter_whose_leader_gives_up_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    let patient = Policy::new().wait_limit(Duration::from_secs(60));
    let Begun::Fill(leading) = cache.begin::<String>("page", &patient).unwrap() else {
        panic!("nothing is stored")
    };
    let hit = thread::scope(|scope| {
        let waiting = scope.spawn(|| cache.get_with("page", &patient, |_| text("mine")));
        while cache.stats().waits == 0 {
            thread::yield_now();
        }
        drop(leading);
        waiting.join().unwrap()
    });
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }));
}

#[test]
fn a_waiter_is_served_an_old_value_as_soon_as_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    let patient = Policy::new().wait_limit(Duration::from_secs(60));
    let leading = cache.begin::<String>("page", &patient).unwrap();
    let hit = thread::scope(|scope| {
        let waiting = scope.spawn(|| cache.get_with("page", &patient, |_| text("mine")));
        while cache.stats().waits == 0 {
            thread::yield_now();
        }
        cache.put("page", &text("put"), &Policy::new().expire_in(Duration::ZERO)).unwrap();
        waiting.join().unwrap()
    });
    assert_eq!((hit.as_str(), hit.source()), ("put", Source::Stale(Stale::Expired)));
    drop(leading);
}

/// Everything that may come between the beginning of a computation and its end, done by another process.
const OVERTAKES: [(&str, bool); 11] = [
    ("invalidate its tag", true),
    ("invalidate a tag that it gained", true),
    ("expire its tag", true),
    ("invalidate its key", true),
    ("expire its key", true),
    ("replace it", true),
    ("clear", true),
    ("invalidate another tag", false),
    ("invalidate another key", false),
    ("put it", false),
    ("sweep", false),
];

fn overtake(what: &str, cache: &Cache<Raw, TestSys>) {
    let done = match what {
        "invalidate its tag" => cache.invalidate_tag("blog").map(drop),
        "invalidate a tag that it gained" => cache.invalidate_tag("gained").map(drop),
        "expire its tag" => cache.expire_tag("blog").map(drop),
        "invalidate its key" => cache.invalidate_key("page").map(drop),
        "expire its key" => cache.expire_key("page").map(drop),
        "replace it" => cache.replace("page", &text("theirs"), &Policy::new()).map(drop),
        "clear" => cache.clear().map(drop),
        "invalidate another tag" => cache.invalidate_tag("other").map(drop),
        "invalidate another key" => cache.invalidate_key("blog").map(drop),
        "put it" => cache.put("page", &text("theirs"), &Policy::new()).map(drop),
        "sweep" => cache.sweep().map(drop),
        other => unreachable!("{other}"),
    };
    done.expect("an environment without faults");
}

#[test]
fn a_fill_is_overtaken_by_what_concerns_it_and_by_nothing_else() {
    for (what, overtakes) in OVERTAKES {
        for was_there in [false, true] {
            let fixture = Fixture::new();
            let other = fixture.another_process(Builder::new(Raw));
            let policy = Policy::new().tag("blog").expire_in(HOUR);
            if was_there {
                fixture.cache.put("page", &text("old"), &policy).unwrap();
                fixture.world.clock.advance(HOUR);
            }
            let hit = fixture.cache.get_with("page", &policy, |fill| {
                overtake(what, &other.cache);
                fill.add_tag("gained");
                text("ours")
            });
            assert_eq!(*hit, "ours", "{what}: the value is its caller's in any case");
            let Source::Computed { stored, .. } = hit.source() else { panic!("{what}: it was computed") };
            assert_eq!(stored, if overtakes { Stored::Raced } else { Stored::Yes }, "{what}");
            let is_served = fixture.cache.get::<String>("page").unwrap().is_some_and(|hit| *hit == "ours");
            assert_eq!(is_served, !overtakes, "{what}");
            assert!(fixture.files("tmp").is_empty() && fixture.files("locks").is_empty(), "{what}");
        }
    }
}

#[test]
fn an_invalidation_in_the_last_instant_overtakes_a_fill() {
    for what in ["invalidate its tag", "expire its tag", "invalidate its key", "expire its key", "clear"] {
        let fixture = Fixture::new();
        let other = fixture.another_process(Builder::new(Raw));
        let late = hooked(&fixture, is_about_to_publish, move || overtake(what, &other.cache));
        let hit = late.get_with("page", &Policy::new().tag("blog"), |_| text("ours"));
        assert_eq!(*hit, "ours", "{what}");
        assert!(fixture.cache.get::<String>("page").unwrap().is_none(), "{what}");
    }
}

/// When a fill has looked into the log, and has only the rename to do.
fn is_about_to_publish(at: &At<'_>) -> bool {
    at.call == Call::Rename && at.is_below("data/")
}
