//! Policies: what each setting does to a value, at the ends of their ranges too.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tagcache::{AfterWait, Lookup, Miss, Policy, Stale};

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

#[test]
fn jitter_shortens_a_relative_expiry_and_no_other() {
    let fixture = Fixture::new();
    let now = fixture.world.clock.now();
    let life = |policy: &Policy| {
        fixture.cache.put("key", &text("value"), policy).expect("a put");
        let bytes = std::fs::read(fixture.entry("key")).expect("an entry");
        let expires_at = tagcache::record::parse(&bytes).expect("a record").head.facts.expires_at;
        Duration::from_nanos(expires_at - now.as_nanos())
    };
    let hourly = Policy::new().expire_in(HOUR);
    let lives: Vec<Duration> = (0..50).map(|_| life(&hourly.clone().jitter(0.5))).collect();
    assert!(lives.iter().all(|life| (HOUR / 2..=HOUR).contains(life)), "{lives:?}");
    assert!(lives.iter().any(|life| *life != lives[0]), "by chance for each");
    assert_eq!(life(&hourly.clone().jitter(0.0)), HOUR);
    assert_eq!(life(&hourly.jitter(f64::NAN)), HOUR);
    let exact = Policy::new().expire_at(now.after(HOUR).into()).jitter(1.0);
    assert_eq!(life(&exact), HOUR);
}

#[test]
fn a_value_that_took_long_is_refreshed_shortly_before_it_expires() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let early = Policy::new().expire_in(DAY).refresh_early(1.0);
    let compute = |value: &str| {
        let hit = cache.get_with("key", &early, |_| {
            clock.advance(HOUR);
            text(value)
        });
        hit.into_owned()
    };
    assert_eq!(compute("first"), "first");
    // No chance is small enough that 37 times the computation would be too late.
    assert_eq!(compute("too early"), "first");
    clock.advance(DAY - Duration::from_nanos(1));
    assert_eq!(compute("second"), "second", "the chance that this fails is one in 2^53");
    assert_eq!((cache.stats().early, cache.stats().stale), (1, 0));

    clock.advance(DAY - Duration::from_nanos(1));
    let lax = Policy::new();
    assert_eq!(
        *cache.get_with("key", &lax, |_| text("third")),
        "second",
        "under a policy that does not say so"
    );
}

// The filesystem holds no time as late as "never". The latest that it holds was taken for the expiry, so a beta that is large
// enough made the value be computed at every look.
#[test]
fn a_value_that_never_expires_is_never_refreshed_early() {
    let fixture = Fixture::new();
    let eager = Policy::new().refresh_early(f64::INFINITY);
    fixture.cache.get_with("page", &eager, |_| {
        fixture.world.clock.advance(HOUR);
        text("first")
    });
    let hit = fixture.cache.get_with("page", &eager, |_| text("second"));
    assert_eq!(*hit, "first");
}

#[test]
fn an_entry_is_kept_for_the_longer_of_its_two_uses() {
    for (keep, grace) in [(HOUR, 2 * HOUR), (2 * HOUR, HOUR)] {
        let policy = Policy::new().expire_in(HOUR).keep_stale(keep).stale_if_error(grace);
        assert_eq!(stale(look_after(&policy, 3 * HOUR - Duration::from_nanos(1))).1, Stale::Expired);
        assert!(matches!(miss(look_after(&policy, 3 * HOUR)), Miss::TooOld));
    }
}

#[test]
fn a_policy_fills_its_gaps_from_another_and_has_the_tags_of_both() {
    let base = Policy::new()
        .expire_in(HOUR)
        .tag("base")
        .jitter(0.1)
        .refresh_early(1.0)
        .stale_while_refresh(false)
        .keep_stale(HOUR)
        .stale_if_error(HOUR)
        .retry_after(HOUR, DAY)
        .wait_limit(HOUR)
        .after_wait(AfterWait::Fail);
    assert_eq!(Policy::new().or(&base), base, "who says nothing has all of it");
    assert_eq!(base.clone().or(&Policy::new()), base);
    let own = Policy::new().never_expire().tag("own").stale_while_refresh(true);
    let both = own.or(&base);
    let [with_own, without] = [Policy::new().tag("own"), Policy::new()];
    assert_eq!(both, with_own.or(&base).never_expire().stale_while_refresh(true), "what is said counts");
    assert_ne!(both, without.or(&base).never_expire().stale_while_refresh(true), "and so do its tags");
}
