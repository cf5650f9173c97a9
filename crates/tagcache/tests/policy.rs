//! Policies: what each setting does to a value, at the ends of their ranges too.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tagcache::{Lookup, Miss, Policy, Stale};

use common::{DAY, Fixture, HOUR, miss, stale, text};

/// What becomes of a value with this policy, at once and after some time.
fn look_after(policy: &Policy, time: Duration) -> Lookup<String> {
    let fixture = Fixture::new();
    fixture.cache.put("key", &text("value"), policy).expect("a put");
    fixture.world.clock.advance(time);
    fixture.cache.lookup::<String>("key").expect("no fault")
}

#[test]
fn a_value_never_expires_unless_it_is_told_to() {
    assert_eq!(Policy::default(), Policy::new());
    assert!(matches!(look_after(&Policy::new(), 100_000 * DAY), Lookup::Fresh(_)));
    let taken_back = Policy::new().expire_in(HOUR).never_expire();
    assert!(matches!(look_after(&taken_back, DAY), Lookup::Fresh(_)));
}

#[test]
fn the_last_word_about_the_expiry_counts() {
    let policy = Policy::new().expire_at(UNIX_EPOCH).expire_in(HOUR);
    assert!(matches!(look_after(&policy, Duration::ZERO), Lookup::Fresh(_)));
}

#[test]
fn an_expired_value_is_kept_for_a_day_unless_told_otherwise() {
    let hourly = Policy::new().expire_in(HOUR);
    assert_eq!(stale(look_after(&hourly, HOUR + DAY - Duration::from_nanos(1))).1, Stale::Expired);
    assert!(matches!(miss(look_after(&hourly, HOUR + DAY)), Miss::TooOld));
    let not_kept = hourly.keep_stale(Duration::ZERO);
    assert!(matches!(miss(look_after(&not_kept, HOUR)), Miss::TooOld));
}

#[test]
fn an_expiry_that_lies_in_the_past_is_past() {
    let now = Fixture::new().world.clock.now();
    assert_eq!(stale(look_after(&Policy::new().expire_at(now.into()), Duration::ZERO)).1, Stale::Expired);
    assert_eq!(stale(look_after(&Policy::new().expire_in(Duration::ZERO), Duration::ZERO)).1, Stale::Expired);
    for long_ago in [UNIX_EPOCH, UNIX_EPOCH - DAY] {
        let policy = Policy::new().expire_at(long_ago);
        assert!(matches!(miss(look_after(&policy, Duration::ZERO)), Miss::TooOld));
    }
}

#[test]
fn durations_beyond_the_end_of_time_are_never() {
    let policy = Policy::new().expire_in(Duration::MAX).keep_stale(Duration::MAX).wait_limit(Duration::MAX);
    assert!(matches!(look_after(&policy, 100_000 * DAY), Lookup::Fresh(_)));
    let far: SystemTime = UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert!(matches!(look_after(&Policy::new().expire_at(far), 100_000 * DAY), Lookup::Fresh(_)));
    let kept = Policy::new().expire_in(HOUR).keep_stale(Duration::MAX);
    assert_eq!(stale(look_after(&kept, 100_000 * DAY)).1, Stale::Expired);
}

#[test]
fn tags_are_added_one_by_one_or_together() {
    let together = Policy::new().tags(["a", "b"]);
    assert_eq!(Policy::new().tag("a").tag(b"b"), together);
    assert_eq!(together.clone().tags(Vec::<String>::new()), together);
}
