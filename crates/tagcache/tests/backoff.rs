//! When a computation fails: old values that stand in for the error, and a source that is left alone for a while, by all
//! processes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tagcache::fs::Time;
use tagcache::{Builder, Hit, Policy, Raw, Source, Stale};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, HOUR, SECOND, text};

/// An hour fresh, and stands in for errors for two hours after that. Nobody is served an old value otherwise.
fn policy() -> Policy {
    Policy::new().tag("blog").expire_in(HOUR).stale_while_refresh(false).stale_if_error(2 * HOUR)
}

/// The page is stored, and has just expired.
fn with_old_page() -> Fixture {
    let fixture = Fixture::new();
    fixture.cache.put("page", &text("old"), &policy()).expect("a put");
    fixture.world.clock.advance(HOUR);
    fixture
}

/// What a caller gets whose source is down, and whether it asked the source.
fn ask(fixture: &Fixture) -> (Result<Hit<String>, &'static str>, bool) {
    let mut asked = false;
    let got = fixture.cache.try_get_with("page", &policy(), |_| {
        asked = true;
        Err("no database")
    });
    (got, asked)
}

#[track_caller]
fn assert_stands_in(fixture: &Fixture, asks: bool) {
    let (got, asked) = ask(fixture);
    let hit = got.expect("the old value stands in");
    assert_eq!((hit.as_str(), hit.source()), ("old", Source::StandIn(Stale::Expired)));
    assert_eq!(asked, asks, "whether the source was asked");
}

#[test]
fn an_old_value_stands_in_for_an_error_until_its_grace_is_over() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    fixture.world.clock.advance(2 * HOUR - Duration::from_nanos(1));
    assert_stands_in(&fixture, true);
    fixture.world.clock.advance(Duration::from_nanos(1));
    assert_eq!(ask(&fixture).0.unwrap_err(), "no database");
}

#[test]
fn an_error_that_was_kept_from_the_caller_is_counted_and_given_to_the_hook() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let fixture =
        Fixture::with(Builder::new(Raw).on_fault(move |error| sink.lock().unwrap().push(error.to_string())));
    fixture.cache.put("page", &text("old"), &policy()).unwrap();
    fixture.world.clock.advance(HOUR);
    assert_stands_in(&fixture, true);
    let stats = fixture.cache.stats();
    assert_eq!((stats.stood_in, stats.faults, stats.served_stale, stats.computed), (1, 1, 0, 0));
    let said = "the computation of the key whose place is data/79/38/key:70616765 failed, and its old value was served \
                instead";
    assert_eq!(*seen.lock().unwrap(), [said]);
}

#[test]
fn a_hard_invalidated_value_stands_in_for_nothing() {
    let fixture = with_old_page();
    fixture.cache.invalidate_tag("blog").unwrap();
    assert_eq!(ask(&fixture).0.unwrap_err(), "no database");
}

#[test]
fn a_value_that_is_invalidated_while_the_computation_runs_stands_in_for_nothing() {
    let fixture = with_old_page();
    let other = fixture.another_process(Builder::new(Raw));
    let got = fixture.cache.try_get_with("page", &policy(), |_| {
        other.cache.invalidate_tag("blog").expect("no fault");
        Err::<String, _>("no database")
    });
    assert_eq!(got.unwrap_err(), "no database");
    assert!(fixture.files("locks").is_empty(), "nor is there anything to hold off for");
}

#[test]
fn a_value_that_came_while_the_computation_failed_is_used() {
    let fixture = with_old_page();
    let other = fixture.another_process(Builder::new(Raw));
    let got = fixture.cache.try_get_with("page", &policy(), |_| {
        other.cache.put("page", &text("new"), &policy()).expect("no fault");
        Err::<String, _>("no database")
    });
    let hit = got.unwrap();
    assert_eq!((hit.as_str(), hit.source()), ("new", Source::Disk));
}

#[test]
fn a_source_that_failed_is_left_alone_by_every_process_for_twice_as_long_each_time() {
    let fixture = with_old_page();
    let other = fixture.another_process(Builder::new(Raw));
    let pass = |time| {
        fixture.world.clock.advance(time);
        other.world.clock.set(fixture.world.clock.now());
    };
    for delay in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_stands_in(&fixture, true);
        assert_stands_in(&other, false);
        pass(delay * SECOND - Duration::from_nanos(1));
        assert_stands_in(&other, false);
        assert_stands_in(&fixture, false);
        pass(Duration::from_nanos(1));
    }
    let stats = other.cache.stats();
    assert_eq!((stats.held_off, stats.stood_in, stats.faults), (16, 16, 0));
}

#[test]
fn a_success_ends_it() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    assert_eq!(fixture.files("locks").len(), 1, "the word to the next one");
    fixture.world.clock.advance(SECOND);
    let got: Result<_, &str> = fixture.cache.try_get_with("page", &policy(), |_| Ok(text("new")));
    assert_eq!(*got.unwrap(), "new");
    assert!(fixture.files("locks").is_empty());
}

#[test]
fn how_long_it_is_left_alone_is_the_policy_s() {
    let fixture = with_old_page();
    let policy = policy().retry_after(10 * SECOND, 15 * SECOND);
    let fails = || {
        let mut asked = false;
        let got = fixture.cache.try_get_with("page", &policy, |_| {
            asked = true;
            Err::<String, _>("no database")
        });
        assert!(got.is_ok());
        asked
    };
    for delay in [10, 15, 15] {
        assert!(fails() && !fails());
        fixture.world.clock.advance(delay * SECOND);
    }
}

#[test]
fn who_has_nothing_to_serve_asks_the_source_all_the_same() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    fixture.cache.invalidate_key("page").unwrap();
    let (got, asked) = ask(&fixture);
    assert!(got.is_err() && asked);
    let got: Result<_, &str> = fixture.cache.try_get_with("page", &policy(), |_| Ok(text("new")));
    assert!(matches!(got.unwrap().source(), Source::Computed { stored: tagcache::Stored::Yes, .. }));
}

// Whoever failed without an old value to stand in took away what the one before had left behind, and the source was asked
// by everybody again.
#[test]
fn a_failure_that_is_raised_does_not_end_it() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    let policy = policy();
    let forced = fixture.cache.at("page").policy(&policy).forced();
    assert!(forced.try_compute(|_| Err::<String, _>("no database")).is_err());
    assert_stands_in(&fixture, false);
}

#[test]
fn where_old_values_are_served_anyway_they_are_served_while_the_source_is_left_alone() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    let lenient = Policy::new().expire_in(HOUR);
    let hit = fixture.cache.get_with("page", &lenient, |_| -> String { unreachable!("it is left alone") });
    assert_eq!(hit.source(), Source::Stale(Stale::Expired));
}

#[test]
fn a_clock_that_was_set_back_does_not_prolong_it() {
    let fixture = with_old_page();
    let now = fixture.world.clock.now();
    assert_stands_in(&fixture, true);
    fixture.world.clock.set(Time::from_nanos(now.as_nanos() - 1));
    fixture.cache.expire_key("page").unwrap();
    assert!(ask(&fixture).1, "the failure lies in the future, so nothing is known about it");
}

#[test]
fn without_the_policy_an_error_leaves_no_trace() {
    let fixture = with_old_page();
    let strict = Policy::new().expire_in(HOUR);
    let got = fixture.cache.try_get_with("page", &strict, |_| Err::<String, _>("no database"));
    assert_eq!(got.unwrap_err(), "no database");
    assert!(fixture.files("locks").is_empty());
    assert_eq!(fixture.cache.stats().faults, 0);
}

#[test]
fn a_back_off_that_cannot_be_written_costs_only_itself() {
    for call in [Call::SetAtime, Call::SetMtime] {
        let fixture = with_old_page();
        fixture.world.faults.add(Fault::on(call, tagcache::fs::Errno::ROFS).below("locks/"));
        assert_stands_in(&fixture, true);
        assert_eq!(fixture.cache.stats().faults, 2, "the error of the computation, and this one");
        assert_stands_in(&fixture, true);
    }
}

#[test]
fn a_look_at_the_back_off_costs_no_call() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    let made = fixture.world.counter.during(|| assert_stands_in(&fixture, false)).1;
    // A hit, and a lease that is asked for and given back: open, lock, fstat, look at the path, close.
    assert_eq!(made.total(), 4 + 5, "{made}");
}

#[test]
fn an_early_refresh_that_fails_gives_the_value_that_is_still_fresh() {
    let fixture = Fixture::new();
    let early = Policy::new().expire_in(HOUR).refresh_early(1.0);
    fixture.cache.get_with("page", &early, |_| {
        fixture.world.clock.advance(HOUR);
        text("fresh")
    });
    fixture.world.clock.advance(HOUR - Duration::from_nanos(1));
    let mut asked = 0;
    for _ in 0..2 {
        let got = fixture.cache.try_get_with("page", &early, |_| {
            asked += 1;
            Err::<String, _>("no database")
        });
        let hit = got.unwrap();
        assert_eq!((hit.as_str(), hit.source()), ("fresh", Source::Disk));
    }
    assert_eq!(asked, 1, "and the source is left alone for a while");
}

#[test]
fn what_was_left_behind_is_swept_when_its_time_is_over() {
    let fixture = with_old_page();
    assert_stands_in(&fixture, true);
    fixture.cache.sweep().unwrap();
    assert_stands_in(&fixture, false);
    fixture.world.clock.advance(SECOND);
    fixture.cache.sweep().unwrap();
    assert!(fixture.files("locks").is_empty());
}
