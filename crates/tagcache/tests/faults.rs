//! I7: a cache never fails its caller. Whatever call goes wrong, compute-through returns the computed value.

mod common;

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tagcache::fs::{Durability, Errno};
use tagcache::{Builder, Hit, Policy, Raw, Source, Stored};
use tagcache_testkit::{Call, Fault};

use common::{DAY, ERRNOS, Fixture, HOUR, calls_that_can_fail, text};

const MINUTE: Duration = Duration::from_secs(60);

/// What lies under the key when the fill begins.
const BEFORE: [&str; 3] = ["nothing", "an expired value", "an invalidated value"];

/// A directory for many cases: making one waits for the disk. So would invalidations, but durability is no matter of a
/// fill.
fn home() -> Fixture {
    Fixture::with(volatile())
}

fn volatile() -> Builder<Raw> {
    Builder::new(Raw).durability(Durability::Volatile)
}

/// A process that has just opened the directory, and finds in it what another one left. Its log is still to be opened,
/// or to be made where nothing was left.
fn prepare(home: &Fixture, before: &str) -> Fixture {
    let put = || home.cache.put("page", &text("old"), &policy()).map(drop);
    home.cache.clear().expect("no fault");
    fs::remove_file(home.path().join("log")).expect("the log of the last case");
    let left = match before {
        "nothing" => Ok(()),
        "an expired value" => put(),
        "an invalidated value" => put().and_then(|()| home.cache.invalidate_tag("blog").map(drop)),
        other => unreachable!("{other}"),
    };
    left.expect("no fault");
    home.world.clock.advance(HOUR);
    home.another_process(volatile())
}

fn policy() -> Policy {
    Policy::new().tags(["blog", "bio"]).expire_in(HOUR)
}

fn compute(fixture: &Fixture) -> Hit<String> {
    fixture.cache.get_with("page", &policy(), |_| text("new"))
}

/// The calls of a fill that can fail, each as its name and how many of that name come before it.
fn calls_of_a_fill(home: &Fixture, before: &str) -> Vec<(Call, u64)> {
    let fixture = prepare(home, before);
    let (_, made) = fixture.world.counter.trace(|| compute(&fixture));
    calls_that_can_fail(&made)
}

#[test]
fn any_call_of_a_fill_may_fail_and_the_caller_gets_the_computed_value() {
    let home = home();
    for before in BEFORE {
        let calls = calls_of_a_fill(&home, before);
        assert!(calls.len() > 20, "a fill of two tags makes more calls than {}", calls.len());
        for (call, earlier) in calls {
            for errno in ERRNOS {
                let what = format!("{errno:?} at {call} {earlier}, {before}");
                let fixture = prepare(&home, before);
                fixture.world.faults.add(Fault::on(call, errno).after(earlier));
                assert_eq!(*compute(&fixture), "new", "{what}");
                fixture.world.faults.mend();
                check_what_stayed(&fixture, &what);
            }
        }
    }
}

#[test]
fn the_filesystem_may_fail_for_good_at_any_call_and_the_caller_gets_the_computed_value() {
    let home = home();
    for before in BEFORE {
        let calls = calls_of_a_fill(&home, before);
        let last = calls.len();
        for stop in 0..last {
            let fixture = prepare(&home, before);
            let (passed, failing) = calls.split_at(stop);
            for call in Call::ALL {
                let pass = passed.iter().filter(|(passed, _)| passed == call).count() as u64;
                fixture.world.faults.add(Fault::on(*call, Errno::IO).after(pass).for_ever());
            }
            let what = format!("everything from {failing:?} on, {before}");
            assert_eq!(*compute(&fixture), "new", "{what}");
            assert_eq!(*compute(&fixture), "new", "{what}: and again");
            fixture.world.faults.mend();
            check_what_stayed(&fixture, &what);
        }
    }
}

/// Once the fault is mended: nothing wrong is served, the next fill is stored, and nothing is left lying about.
fn check_what_stayed(fixture: &Fixture, what: &str) {
    let served = fixture.cache.get::<String>("page").expect("the fault is mended");
    assert!(served.is_none_or(|hit| *hit == "new"), "{what}: the old value is not fresh");
    assert_eq!(*compute(fixture), "new", "{what}");
    assert!(
        fixture.cache.get::<String>("page").expect("no fault").is_some(),
        "{what}: the next fill is stored"
    );
    fixture.cache.sweep().expect("no fault");
    assert_eq!(fixture.files("data").len(), 3, "{what}: the entry and its two links");
    assert!(fixture.files("tmp").is_empty() && fixture.files("locks").is_empty(), "{what}");
}

#[test]
fn a_fault_is_counted_and_given_to_the_hook() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let builder = Builder::new(Raw).on_fault(move |error| sink.lock().unwrap().push(error.to_string()));
    let fixture = Fixture::with(builder);
    fixture.world.faults.add(Fault::on(Call::Create, Errno::NOSPC).below("tmp/").after(1));
    let hit = compute(&fixture);
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Fault, .. }));
    let stats = fixture.cache.stats();
    assert_eq!((stats.faults, stats.computed, stats.stored), (1, 1, 0));
    let seen = seen.lock().unwrap();
    let [message] = &seen[..] else { panic!("one fault, not {seen:?}") };
    assert!(message.contains("No space left on device") && message.contains("free space"), "{message}");
}

#[test]
fn a_fault_of_one_kind_is_counted_each_time_and_told_once_a_minute() {
    let told = Arc::new(Mutex::new(0));
    let sink = Arc::clone(&told);
    let fixture = Fixture::with(Builder::new(Raw).on_fault(move |_| *sink.lock().unwrap() += 1));
    drop(fixture.cache.root().mark().expect("a log"));
    fixture.world.faults.add(Fault::on(Call::Create, Errno::NOSPC).below("tmp/").for_ever());
    let ask = |count: u64| {
        (0..count).for_each(|_| drop(compute(&fixture)));
        (fixture.cache.stats().faults, *told.lock().unwrap())
    };
    assert_eq!(ask(100), (100, 1), "a full disk meets every request, and one is told");
    fixture.world.clock.advance(MINUTE);
    assert_eq!(ask(100), (200, 2), "and one more in the next minute");
    fixture.world.faults.mend();
    fixture.world.faults.add(Fault::on(Call::Create, Errno::MFILE).below("tmp/"));
    assert_eq!(ask(1), (201, 3), "the table of descriptors is another kind");
}

#[test]
fn while_the_lease_cannot_be_asked_for_nobody_is_served_an_old_value() {
    let home = home();
    let fixture = prepare(&home, "an expired value");
    fixture.world.faults.add(Fault::on(Call::OpenOrCreate, Errno::NOSPC).for_ever());
    for _ in 0..2 {
        assert_eq!(*compute(&fixture), "new");
    }
    assert_eq!(fixture.cache.stats().served_stale, 0);
}

#[test]
fn a_key_or_a_tag_that_cannot_be_costs_the_caching_and_not_the_value() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    assert_eq!(*cache.get_with("", &Policy::new(), |_| text("value")), "value");
    assert_eq!(*cache.get_with("key", &Policy::new().tag(""), |_| text("value")), "value");
    let many = Policy::new().tags((0..129).map(|tag| tag.to_string())).expire_in(DAY);
    assert_eq!(*cache.get_with("key", &many, |_| text("value")), "value");
    assert_eq!(cache.stats().faults, 3);
    assert!(fixture.files("data").is_empty());
}
