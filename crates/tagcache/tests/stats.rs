//! The counters: each counts what it says, and nothing else.

mod common;

use std::fs;
use std::time::Duration;

use tagcache::{Policy, Stats};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, HOUR, fill, text};

/// The counters that are not zero.
macro_rules! stats {
    ($($name:ident: $count:expr),* $(,)?) => {{
        let mut stats = Stats::default();
        $(stats.$name = $count;)*
        stats
    }};
}

#[test]
fn a_cache_that_did_nothing_counted_nothing() {
    assert_eq!(Fixture::new().cache.stats(), Stats::default());
}

#[test]
fn every_look_is_counted_once_by_what_it_found() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let look = |key: &str| cache.lookup::<String>(key).map(drop).expect("no fault");
    let policy = Policy::new().tag("tag").expire_in(HOUR).keep_stale(HOUR);
    for key in ["fresh", "invalidated", "damaged", "linked"] {
        cache.put(key, &text(key), &policy).unwrap();
    }
    cache.put("bytes", &vec![1u8], &policy).unwrap();
    cache.invalidate_key("invalidated").unwrap();
    cache.put("invalidated", &text("again"), &Policy::new().tag("taken")).unwrap();
    cache.invalidate_tag("taken").unwrap();
    fs::write(fixture.entry("damaged"), "").unwrap();
    fs::create_dir(fixture.make_folders_of("directory")).unwrap();
    fs::hard_link(fixture.entry("linked"), fixture.path().join("backup")).unwrap();
    for key in ["fresh", "invalidated", "damaged", "directory", "bytes", "linked", "absent"] {
        look(key);
    }
    fixture.world.clock.advance(HOUR);
    look("fresh");
    fixture.world.clock.advance(HOUR);
    look("fresh");

    let expected = stats! {
        fresh: 1, stale: 1, absent: 1, invalidated: 1, damaged: 2, foreign: 1, unusable: 2, stored: 6, invalidations: 2,
    };
    assert_eq!(cache.stats(), expected);
}

#[test]
fn compute_through_counts_one_look_and_what_followed_from_it() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.get_with("key", &Policy::new(), |_| text("value"));
    assert_eq!(cache.stats(), stats! { absent: 1, computed: 1, stored: 1 });
    cache.get_with("key", &Policy::new(), |_| text("value"));
    assert_eq!(cache.stats(), stats! { absent: 1, computed: 1, stored: 1, fresh: 1 });
}

#[test]
fn what_became_of_a_computed_value_is_counted_once() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().tag("tag");
    cache.get_with("declined", &policy, |fill| {
        fill.decline();
        text("mine")
    });
    assert_eq!(cache.stats(), stats! { absent: 1, computed: 1, declined: 1 });
    cache.get_with("raced", &policy, |_| {
        cache.invalidate_tag("tag").expect("no fault");
        text("late")
    });
    assert_eq!(cache.stats(), stats! { absent: 2, computed: 2, declined: 1, raced: 1, invalidations: 1 });
    fixture.world.faults.add(Fault::on(Call::Create, tagcache::fs::Errno::NOSPC));
    cache.get_with("fault", &policy, |_| text("unlucky"));
    let expected = stats! { absent: 3, computed: 3, declined: 1, raced: 1, invalidations: 1, faults: 1 };
    assert_eq!(cache.stats(), expected);
}

#[test]
fn waiting_is_counted_once_for_each_who_waited() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let holding = fill(cache.begin::<String>("key", &Policy::new()).unwrap());
    let other = fixture.another_process(tagcache::Builder::new(tagcache::Raw));
    other.cache.get_with("key", &Policy::new().wait_limit(Duration::from_secs(1)), |_| text("own"));
    assert_eq!(other.cache.stats(), stats! { absent: 1, computed: 1, waits: 1, wait_timeouts: 1 });
    drop(holding);
    assert_eq!(cache.stats(), stats! { absent: 1 }, "each process counts for itself");
}

#[test]
fn a_value_served_stale_is_counted_as_found_stale_and_as_served() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let hourly = Policy::new().expire_in(HOUR);
    cache.put("key", &text("old"), &hourly).unwrap();
    fixture.world.clock.advance(HOUR);
    let refreshing = fill(cache.begin::<String>("key", &hourly).unwrap());
    let other = fixture.another_process(tagcache::Builder::new(tagcache::Raw));
    other.cache.get_with("key", &hourly, |_| text("new"));
    assert_eq!(other.cache.stats(), stats! { stale: 1, served_stale: 1 });
    drop(refreshing);
}
