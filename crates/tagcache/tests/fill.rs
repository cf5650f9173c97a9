//! A fill: what may be said about a value while it is computed, and how the right to compute it is given back.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tagcache::fs::Time;
use tagcache::{Begun, Error, Fill, Layout, Policy, Raw, Source, Stale, Stored};
use tagcache_testkit::{At, Call};

use common::{DAY, Fixture, HOUR, HookedCache, HookedSys, LAYOUT, SECOND, fill, hooked, stale, text};

#[test]
fn tags_that_are_known_only_after_the_computation_count() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let mut fill = fill(cache.begin::<String>("page", &Policy::new().tag("blog")).unwrap());
    fill.add_tag("author");
    assert_eq!(fill.commit(&text("by her")).unwrap(), Stored::Yes);

    assert_eq!(fixture.files("data").len(), 3, "the entry and a link for each tag");
    assert_eq!(cache.invalidate_tag("author").unwrap(), 1);
    assert!(cache.get::<String>("page").unwrap().is_none());
}

#[test]
fn an_expiry_that_is_known_only_after_the_computation_counts_from_when_the_value_is_stored() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let mut fill = fill(cache.begin::<String>("page", &Policy::new()).unwrap());
    clock.advance(DAY);
    fill.expire_in(HOUR);
    fill.commit(&text("old soon")).unwrap();

    clock.advance(HOUR - SECOND);
    assert!(cache.get::<String>("page").unwrap().is_some(), "the hour began with the commit");
    clock.advance(SECOND);
    stale(cache.lookup::<String>("page").unwrap());
}

#[test]
fn the_expiry_can_be_set_to_a_point_in_time_and_taken_away() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let hourly = Policy::new().expire_in(HOUR);
    let end = clock.now().after(2 * HOUR);
    cache.get_with("until", &hourly, |fill| {
        fill.expire_at(end.into());
        text("two hours")
    });
    cache.get_with("ever", &hourly, |fill| {
        fill.never_expire();
        text("always")
    });

    clock.set(Time::from_nanos(end.as_nanos() - 1));
    assert!(cache.get::<String>("until").unwrap().is_some());
    clock.set(end);
    assert!(cache.get::<String>("until").unwrap().is_none());
    clock.advance(10_000 * DAY);
    assert!(cache.get::<String>("ever").unwrap().is_some());
}

#[test]
fn the_record_says_how_long_its_value_took_and_what_the_policy_said() {
    let fixture = Fixture::new();
    let start = fixture.world.clock.now();
    fixture.cache.get_with(
        "page",
        &Policy::new().expire_in(DAY).keep_stale(HOUR).tags(["b", "a", "b"]),
        |_| {
            fixture.world.clock.advance(HOUR);
            text("page")
        },
    );
    let bytes = std::fs::read(fixture.entry("page")).unwrap();
    let record = tagcache::record::parse(&bytes).unwrap();
    let facts = record.head.facts;
    assert_eq!(u128::from(facts.compute_time), HOUR.as_nanos());
    assert_eq!(facts.created_at, start.after(HOUR).as_nanos());
    assert_eq!(facts.expires_at, start.after(HOUR + DAY).as_nanos());
    assert_eq!(facts.keep_until, start.after(HOUR + DAY + HOUR).as_nanos());
    assert_eq!((record.head.key, record.payload), (&b"page"[..], &b"page"[..]));
    assert!(record.head.tags.iter().eq([b"a", b"b"]), "each once, in order");
}

#[test]
fn a_fill_that_declines_gives_its_value_to_its_caller_only() {
    let fixture = Fixture::new();
    let page = fixture.cache.get_with("private", &Policy::new().tag("blog"), |fill| {
        assert!(fill.will_store());
        fill.decline();
        assert!(!fill.will_store());
        text("for her eyes")
    });
    assert_eq!(*page, "for her eyes");
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Declined, .. }));
    assert_eq!(
        fixture.files(""),
        ["CACHEDIR.TAG", "log", "tagcache.format"],
        "neither entry nor draft nor lease"
    );
    assert_eq!(fixture.cache.stats().declined, 1);
}

#[test]
fn a_fill_knows_why_it_runs() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let hourly = Policy::new().expire_in(HOUR).tag("t");
    let why = || {
        let mut said = None;
        cache.get_with("page", &hourly, |fill| {
            said = Some(fill.why().to_string());
            text("page")
        });
        said.expect("it computes")
    };
    assert_eq!(why(), "missing: absent");
    clock.advance(HOUR);
    assert_eq!(why(), "stale: expired");
    cache.expire_tag("t").unwrap();
    assert_eq!(why(), "stale: softly expired");
    cache.invalidate_tag("t").unwrap();
    assert_eq!(why(), "missing: invalidated");
}

#[test]
fn a_fill_sees_the_value_that_there_is_unless_it_was_invalidated() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let hourly = Policy::new().expire_in(HOUR).tag("t");
    let previous = || {
        let mut seen = None;
        cache.get_with("page", &hourly, |fill| {
            seen = fill.previous::<String>().map(|hit| (hit.to_string(), hit.source()));
            text("page")
        });
        seen
    };
    assert_eq!(previous(), None);
    clock.advance(HOUR);
    assert_eq!(previous(), Some((text("page"), Source::Stale(Stale::Expired))));
    cache.expire_tag("t").unwrap();
    assert_eq!(previous(), Some((text("page"), Source::Stale(Stale::SoftlyExpired))));
    cache.invalidate_tag("t").unwrap();
    assert_eq!(previous(), None);
}

#[test]
fn a_value_that_is_invalidated_before_a_fill_asks_for_it_is_not_given() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().tag("t");
    cache.put("page", &text("old"), &policy).unwrap();
    cache.expire_tag("t").unwrap();
    let fill = fill(cache.begin::<String>("page", &policy).unwrap());
    assert_eq!(*fill.previous::<String>().expect("not yet"), "old");
    assert!(fill.previous::<Vec<u8>>().is_none(), "it is of another type");
    cache.invalidate_tag("t").unwrap();
    assert!(fill.previous::<String>().is_none());
    assert_eq!(fill.commit(&text("made of the old")).unwrap(), Stored::Raced);
}

#[test]
fn a_fill_that_is_dropped_stores_nothing_and_leaves_the_turn_to_the_next() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let abandoned = fill(cache.begin::<String>("page", &Policy::new()).unwrap());
    assert_eq!(fixture.files("locks").len(), 1, "the lease is a file while it is held");
    drop(abandoned);
    assert_eq!(fixture.files("locks").len(), 0);

    let next = fill(cache.begin::<String>("page", &Policy::new()).unwrap());
    assert!(next.will_store());
    next.commit(&text("page")).unwrap();
    assert_eq!(cache.stats().computed, 1, "what was abandoned was not computed");
}

#[test]
fn a_panic_in_the_computation_leaves_the_turn_to_the_next() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        cache.get_with::<String>("page", &policy, |_| panic!("no page today"));
    }));
    assert!(outcome.is_err(), "the panic is the caller's");
    assert_eq!(fixture.files("locks").len(), 0);
    let page = cache.get_with("page", &policy, |_| text("page"));
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Yes, .. }));
}

#[test]
fn asking_for_the_key_that_one_is_filling_is_an_error_that_says_so() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let outer = fill(cache.begin::<String>("page", &Policy::new()).unwrap());
    let error = cache.begin::<String>("page", &Policy::new()).unwrap_err();
    assert!(matches!(error, Error::LeaseHeldHere { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "this thread is already filling the key whose place is {}; commit or drop that fill before asking again",
            match LAYOUT {
                Layout::Compact => "data/79/key:70616765",
                _ => "data/79/38/key:70616765",
            }
        )
    );
    assert_eq!(cache.stats().reentrant, 1);
    outer.commit(&text("page")).unwrap();
}

#[test]
fn compute_through_inside_of_itself_computes_at_once_and_stores_the_outer_value() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new();
    let page = cache.get_with("page", &policy, |_| {
        let inner = cache.get_with("page", &policy, |_| text("inner"));
        assert!(matches!(inner.source(), Source::Computed { stored: Stored::Fault, .. }));
        format!("outer of {}", *inner)
    });
    assert_eq!(*page, "outer of inner");
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "outer of inner");
    assert_eq!((cache.stats().reentrant, cache.stats().waits), (1, 0), "nobody waits for himself");
}

#[test]
fn a_fill_may_fill_other_keys() {
    let fixture = Fixture::new();
    let (cache, policy) = (&fixture.cache, Policy::new());
    let page = cache.get_with("page", &policy, |_| {
        let part = cache.get_with("part", &policy, |_| text("part"));
        format!("page with {}", *part)
    });
    assert_eq!(*page, "page with part");
    assert_eq!(cache.stats().stored, 2);
}

#[test]
fn a_fill_can_be_committed_by_another_thread() {
    let fixture = Fixture::new();
    let fill = fill(fixture.cache.begin::<String>("page", &Policy::new()).unwrap());
    let stored = thread::spawn(move || fill.commit(&text("page")).unwrap()).join().unwrap();
    assert_eq!(stored, Stored::Yes);
    let again = fixture.cache.begin::<String>("page", &Policy::new()).unwrap();
    assert!(matches!(again, Begun::Hit(_)), "the thread that began is free to ask again");
}

#[test]
fn an_invalidation_inside_of_the_computation_overtakes_it() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let page = cache.get_with("page", &Policy::new().tag("blog"), |_| {
        cache.invalidate_tag("blog").unwrap();
        text("page")
    });
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Raced, .. }));
    assert!(cache.get::<String>("page").unwrap().is_none());
}

/// The register of leases in a process was once written after the kernel had given the lease. A thread that had looked
/// at the register before and asked the kernel after could then get the lease, and have its name crossed out by the
/// holder before it: nested asking was not recognised any more.
#[test]
fn while_one_thread_asks_for_a_lease_no_other_thread_of_the_process_gets_it() {
    let fixture = Fixture::new();
    let cache: Arc<OnceLock<HookedCache>> = Arc::default();
    let (other, asked) = (Arc::clone(&cache), AtomicBool::new(false));
    let opened = hooked(&fixture, is_asking_for_a_lease, move || {
        if !asked.swap(true, Ordering::Relaxed) {
            let fill = ask_elsewhere(other.get().expect("it is open"));
            assert!(!fill.will_store(), "the one who asked first is still asking");
        }
    });
    let cache = cache.get_or_init(|| opened);

    let Begun::Fill(fill) = cache.begin::<String>("page", &Policy::new()).unwrap() else {
        panic!("nothing is stored")
    };
    assert!(fill.will_store());
    let nested = cache.begin::<String>("page", &Policy::new()).unwrap_err();
    assert!(matches!(nested, Error::LeaseHeldHere { .. }), "{nested}");
}

fn is_asking_for_a_lease(at: &At<'_>) -> bool {
    at.call == Call::OpenOrCreate && at.is_below("locks/")
}

/// What another thread of the process is given, without waiting.
fn ask_elsewhere(cache: &HookedCache) -> Fill<Raw, HookedSys> {
    let at_once = Policy::new().wait_limit(Duration::ZERO);
    let begun = thread::scope(|scope| {
        scope.spawn(|| cache.begin::<String>("page", &at_once)).join().expect("the other thread")
    });
    match begun.expect("an environment without faults") {
        Begun::Fill(fill) => fill,
        Begun::Hit(hit) => unreachable!("nothing is stored: {hit:?}"),
    }
}
