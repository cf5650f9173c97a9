//! Several threads of one process at one key: one asks the kernel and computes, the others follow it. Real threads and
//! real time, and no test rests on how much of it passes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use tagcache::fs::{Errno, Os};
use tagcache::{Begun, Builder, Cache, Fill, Hit, Policy, Raw, Source, Stored};
use tagcache_testkit::{At, Call, Hook, Hooked};
use tempfile::TempDir;

use common::{BeforeCall, text};

/// How many follow.
const MANY: usize = 6;

fn cache() -> (TempDir, Cache<Raw>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    (dir, cache)
}

/// A machine under load must not change what a test sees.
fn patient() -> Policy {
    Policy::new().wait_limit(Duration::from_secs(60))
}

/// The turn to compute.
fn lead(cache: &Cache<Raw>) -> Fill<Raw> {
    match cache.begin::<String>("page", &patient()).unwrap() {
        Begun::Fill(fill) => fill,
        Begun::Hit(hit) => panic!("nothing is stored: {hit:?}"),
    }
}

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

/// What many callers get who come while `leader` computes, and wait until it `leaves`.
fn follow(
    cache: &Cache<Raw>,
    compute: impl Fn() -> String + Sync,
    leaves: impl FnOnce(),
) -> Vec<Hit<String>> {
    let before = cache.stats().waits;
    thread::scope(|scope| {
        let ask = || cache.get_with("page", &patient(), |_| compute());
        let asking: Vec<ScopedJoinHandle<'_, _>> = (0..MANY).map(|_| scope.spawn(ask)).collect();
        until(|| cache.stats().waits == before + MANY as u64);
        leaves();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn computed(hits: &[Hit<String>]) -> usize {
    hits.iter().filter(|hit| matches!(hit.source(), Source::Computed { .. })).count()
}

#[test]
fn those_who_follow_read_what_was_stored() {
    let (_dir, cache) = cache();
    let leader = lead(&cache);
    let hits = follow(
        &cache,
        || unreachable!("it is stored"),
        || {
            leader.commit(&text("page")).unwrap();
        },
    );
    assert!(hits.iter().all(|hit| **hit == "page" && hit.source() == Source::Disk));
}

/// The ways in which a leader leaves its followers without a value. Exactly one of them is the next leader.
#[test]
fn a_leader_that_fails_fails_nobody_but_itself() {
    for way in ["gives up", "panics", "is overtaken", "fails"] {
        let (_dir, cache) = cache();
        let (leading, hits) = (Mutex::new(Some(lead(&cache))), AtomicUsize::new(0));
        let leave = || {
            let fill = leading.lock().unwrap().take().expect("it leaves once");
            match way {
                "is overtaken" => {
                    cache.invalidate_key("page").unwrap();
                    assert_eq!(fill.commit(&text("old")).unwrap(), Stored::Raced);
                }
                "panics" => {
                    let panicked = catch_unwind(AssertUnwindSafe(move || {
                        let _dropped_on_the_way = fill;
                        panic!("no page today");
                    }));
                    assert!(panicked.is_err());
                }
                _ => drop(fill),
            }
        };
        let compute = || {
            hits.fetch_add(1, Ordering::Relaxed);
            text("new")
        };
        let hits_of_followers = follow(&cache, compute, leave);
        assert_eq!((hits.into_inner(), computed(&hits_of_followers)), (1, 1), "{way}");
        assert!(hits_of_followers.iter().all(|hit| **hit == "new"), "{way}");
    }
}

#[test]
fn those_who_wait_for_a_leader_that_declines_compute_side_by_side() {
    let (_dir, cache) = cache();
    let mut leader = lead(&cache);
    // Would one wait for the other, none of them would get past this.
    let all = Barrier::new(MANY);
    let compute = || {
        all.wait();
        text("mine")
    };
    let hits = follow(&cache, compute, || {
        leader.decline();
        leader.commit(&text("for her eyes")).unwrap();
    });
    assert!(hits.iter().all(|hit| **hit == "mine"), "nobody gets the value that was declined");
    let unleased =
        |hit: &Hit<String>| matches!(hit.source(), Source::Computed { stored: Stored::Unleased, .. });
    assert!(hits.iter().all(unleased));
    assert_eq!(cache.stats().wait_timeouts, 0);
}

#[test]
fn those_who_wait_for_a_leader_that_cannot_store_compute_side_by_side() {
    let (_dir, cache) = cache();
    let mut leader = lead(&cache);
    leader.add_tag(""); // no tag is empty
    let all = Barrier::new(MANY);
    let compute = || {
        all.wait();
        text("mine")
    };
    let hits = follow(&cache, compute, || assert!(leader.commit(&text("page")).is_err()));
    assert_eq!(computed(&hits), MANY);
}

#[test]
fn who_comes_after_an_invalidation_never_gets_a_value_from_before() {
    let (_dir, cache) = cache();
    let leader = lead(&cache);
    cache.invalidate_key("page").unwrap();
    let hits = follow(
        &cache,
        || text("new"),
        || {
            leader.commit(&text("old")).unwrap();
        },
    );
    assert!(hits.iter().all(|hit| **hit == "new"), "{hits:?}");
    assert_eq!(computed(&hits), 1);
}

#[test]
fn two_computations_that_ask_for_each_other_are_both_stored_at_once() {
    let (_dir, cache) = cache();
    let both = Barrier::new(2);
    let page = |own: &str, other: &str| {
        cache.get_with(own, &patient(), |_| {
            both.wait();
            let part = cache.get_with(other, &patient(), |_| format!("{other} in {own}"));
            format!("{own} with {}", *part)
        })
    };
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| page("one", "two"));
        (page("two", "one"), one.join().unwrap())
    });
    for hit in [one, two] {
        assert!(matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }));
    }
    let stats = cache.stats();
    assert_eq!((stats.cycles, stats.wait_timeouts, stats.computed), (1, 0, 3));
}

/// Another process has the lease, and eight threads of this one wait for it.
#[test]
fn one_thread_of_a_process_asks_the_kernel_again_and_again_and_the_others_do_not() {
    let (dir, other) = cache();
    let leader = lead(&other);
    let asked: Arc<Mutex<Vec<thread::ThreadId>>> = Arc::default();
    let sink = Arc::clone(&asked);
    let before: BeforeCall = Box::new(move |at: &At<'_>| {
        if at.call == Call::TryLock && at.is_below("locks/") {
            sink.lock().unwrap().push(thread::current().id());
        }
        Ok::<(), Errno>(())
    });
    let sys = Hooked::over(Os, &Arc::new(Hook::new(before)));
    let cache = Builder::new(Raw).open_on(sys, dir.path()).unwrap();
    let unlimited = Policy::new().wait_limit(Duration::MAX);
    thread::scope(|scope| {
        let ask =
            || assert_eq!(*cache.get_with("page", &unlimited, |_| -> String { unreachable!() }), "page");
        let _asking: Vec<_> = (0..MANY).map(|_| scope.spawn(ask)).collect();
        until(|| cache.stats().waits == MANY as u64 && asked.lock().unwrap().len() > 20);
        leader.commit(&text("page")).unwrap();
    });
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|thread| *thread == asked[0]), "{asked:?}");
}
