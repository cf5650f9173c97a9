//! Expiry, tags, cache, codec, schema, condition and policy, each as the attribute says it.

mod common;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use tagcache::{Builder, Cache, Lookup, Policy, Postcard, Raw, Source, Stale, Stored, cached};
use tagcache_testkit::TestSys;

use common::{Count, Fixture, Timed};

const HOUR: Duration = Duration::from_secs(3600);

type TimedCache = Cache<Postcard, TestSys>;

#[cached(cache = cache, expire = 90m, ignore(cache))]
fn for_ninety_minutes(cache: &TimedCache) -> u8 {
    let _ = cache;
    1
}

#[cached("by number", cache = cache, expire = if short { 10s } else { HOUR + 30m }, ignore(cache, short))]
fn by_number(cache: &TimedCache, short: bool) -> u8 {
    let _ = (cache, short);
    1
}

#[test]
fn a_value_is_fresh_for_as_long_as_is_written() {
    let timed = Timed::new();
    let (cache, clock) = (&timed.cache, &timed.world.clock);
    let computed_after = |wait: Duration| {
        clock.advance(wait);
        for_ninety_minutes(cache);
        by_number(cache, false);
        cache.stats().computed
    };
    assert_eq!(computed_after(Duration::ZERO), 2);
    assert_eq!(computed_after(90 * Duration::from_secs(60) - Duration::from_millis(1)), 2);
    assert_eq!(computed_after(Duration::from_millis(1)), 4);
    clock.advance(2 * HOUR);
    by_number(cache, true);
    clock.advance(Duration::from_secs(10));
    by_number(cache, true);
    assert_eq!(cache.stats().computed, 6);
}

#[cached(cache = cache, expire_at = until, ignore(cache, until))]
fn until_then(cache: &TimedCache, until: SystemTime) -> u8 {
    let _ = cache;
    1
}

#[test]
fn a_value_is_fresh_until_the_time_that_is_given() {
    let timed = Timed::new();
    until_then(&timed.cache, SystemTime::UNIX_EPOCH);
    until_then(&timed.cache, SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX)));
    until_then(&timed.cache, SystemTime::UNIX_EPOCH);
    assert_eq!(timed.cache.stats().computed, 2);
}

const SECTIONS: [&str; 2] = ["news", "sport"];

#[cached(key = ("article", id), tags = ["article", format!("article/{id}"), SECTIONS[0].as_bytes()])]
fn article(id: u64) -> u64 {
    id
}

#[cached(key = ("front", day), tags = SECTIONS)]
fn front(day: u8) -> u8 {
    day
}

#[test]
fn every_tag_invalidates_whatever_its_type() {
    let fixture = Fixture::new();
    fixture.run(|| {
        for (tag, dead) in [("article", 2), ("article/2", 1), ("news", 3), ("sport", 1), ("article/3", 0)] {
            fixture.cache.clear().unwrap();
            for id in [1, 2] {
                article(id);
            }
            front(1);
            assert_eq!(fixture.cache.invalidate_tag(tag).unwrap(), dead, "{tag}");
        }
    });
}

#[cached(key = ("user", org, id), tag_paths = [format!("org/{org}/user/{id}")])]
fn user(org: u8, id: u8) -> u8 {
    org + id
}

#[test]
fn a_tag_that_is_a_path_invalidates_at_every_level() {
    let fixture = Fixture::new();
    fixture.run(|| {
        for (level, dead) in [("org/", 3), ("org/1/", 2), ("org/1/user/2", 1)] {
            fixture.cache.clear().unwrap();
            for (org, id) in [(1, 1), (1, 2), (2, 1)] {
                user(org, id);
            }
            assert_eq!(fixture.cache.invalidate_under(level).unwrap(), dead, "{level}");
        }
    });
}

#[test]
fn tags_cost_a_hit_nothing() {
    static MADE: Count = Count::new();

    #[cached("tagged", tags = [MADE.up().to_string()])]
    fn tagged() -> u8 {
        1
    }
    let fixture = Fixture::new();
    fixture.run(|| assert_eq!((tagged(), tagged()), (1, 1)));
    assert_eq!(MADE.get(), 1, "made for the computation only");
}

struct Service {
    cache: Cache<Postcard>,
    shared: Arc<Cache<Raw>>,
}

static LAZY: LazyLock<(tempfile::TempDir, Cache<Postcard>)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Cache::open(dir.path()).expect("a cache");
    (dir, cache)
});

impl Service {
    #[cached("field", cache = self.cache)]
    fn of_a_field(&self) -> u8 {
        1
    }

    #[cached("shared", cache = self.shared)]
    fn of_what_derefs_to_one(&self) -> String {
        "raw".into()
    }

    #[cached("moved", cache = &self.cache)]
    fn of_what_the_body_moves(self) -> usize {
        drop(self);
        1
    }

    #[cached("static", cache = &LAZY.1)]
    fn of_a_static() -> u8 {
        1
    }
}

#[test]
fn the_cache_is_any_expression() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = Fixture::new();
    let shared = Arc::new(Builder::new(Raw).open(dir.path()).unwrap());
    let service = Service { cache: fixture.cache.clone(), shared: Arc::clone(&shared) };
    service.of_a_field();
    service.of_what_derefs_to_one();
    service.of_what_the_body_moves();
    Service::of_a_static();
    assert!(fixture.cache.get::<u8>("field").unwrap().is_some());
    assert!(fixture.cache.get::<usize>("moved").unwrap().is_some());
    assert_eq!(*shared.get::<String>("shared").unwrap().unwrap(), "raw");
    assert!(LAZY.1.get::<u8>("static").unwrap().is_some());
}

#[test]
fn a_codec_chooses_among_the_installed_caches() {
    #[cached("text", codec = Raw)]
    fn text() -> String {
        "raw".into()
    }
    let dir = tempfile::tempdir().unwrap();
    let raw = Builder::new(Raw).open(dir.path()).unwrap();
    let fixture = Fixture::new();
    tagcache::with_installed(&raw, || fixture.run(text));
    assert_eq!((raw.stats().stored, fixture.cache.stats().stored), (1, 0));
}

#[test]
fn a_schema_tells_apart_what_has_one_shape() {
    #[cached("price", schema = "net")]
    fn net() -> u32 {
        100
    }
    #[cached("price", schema = "gross")]
    fn gross() -> u32 {
        119
    }
    let fixture = Fixture::new();
    fixture.run(|| assert_eq!((net(), gross()), (100, 119)));
}

#[test]
fn where_the_condition_does_not_hold_the_cache_is_left_alone() {
    static COMPUTED: Count = Count::new();

    #[cached("page", when = !preview, ignore(preview))]
    fn page(preview: bool) -> u64 {
        let _ = preview;
        COMPUTED.up()
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((page(false), page(false)), (1, 1));
        assert_eq!((page(true), page(true)), (2, 3));
        assert_eq!((page(false), fixture.cache.stats().computed), (1, 1));
    });
}

static HOURLY: LazyLock<Policy> = LazyLock::new(|| Policy::new().expire_in(HOUR).tag("base"));

#[cached("based", cache = cache, policy = HOURLY, tags = ["own"], keep_stale = 10m, ignore(cache))]
fn based(cache: &TimedCache) -> u8 {
    let _ = cache;
    1
}

#[test]
fn a_policy_is_the_base_and_what_is_said_beside_it_is_added() {
    let timed = Timed::new();
    based(&timed.cache);
    timed.world.clock.advance(HOUR);
    assert!(matches!(timed.cache.lookup::<u8>("based").unwrap(), Lookup::Stale(_, Stale::Expired)));
    timed.world.clock.advance(Duration::from_secs(600));
    assert!(matches!(timed.cache.lookup::<u8>("based").unwrap(), Lookup::Miss(_)), "kept for ten minutes");
    for tag in ["base", "own"] {
        based(&timed.cache);
        assert_eq!(timed.cache.invalidate_tag(tag).unwrap(), 1, "{tag}");
    }
}

#[cached(
    "source",
    cache = cache,
    expire = 1h,
    jitter = 0.5,
    refresh_early = 1.0,
    stale_if_error = 1d,
    retry_after = (10s, 1m),
    after_wait = tagcache::AfterWait::ServeStale,
    ignore(cache, up)
)]
fn source(cache: &TimedCache, up: bool) -> Result<u64, &'static str> {
    if up { Ok(cache.stats().computed) } else { Err("down") }
}

#[test]
fn an_old_value_stands_in_for_an_error_where_the_policy_says_so() {
    let timed = Timed::new();
    let (cache, clock) = (&timed.cache, &timed.world.clock);
    assert_eq!(source(cache, true), Ok(0));
    clock.advance(HOUR);
    assert_eq!(source(cache, false), Ok(0), "the source is down, and nobody notices");
    assert_eq!(source(cache, true), Ok(0), "and it is left alone for a while");
    clock.advance(Duration::from_secs(10));
    assert_eq!(source(cache, true), Ok(1));
    assert_eq!((cache.stats().stood_in, cache.stats().computed), (1, 2));
}

#[cached("waiting", cache = cache, wait_limit = 0s, stale_while_refresh = false, ignore(cache))]
fn impatient(cache: &TimedCache) -> u8 {
    let _ = cache;
    2
}

#[test]
fn who_may_be_served_an_old_value_and_how_long_one_waits_is_said_as_in_a_policy() {
    let timed = Timed::new();
    let cache = &timed.cache;
    cache.put("waiting", &1u8, &Policy::new().expire_in(Duration::ZERO)).unwrap();
    let hit = cache.get_with("waiting", &Policy::new(), |_| {
        let own = std::thread::scope(|scope| scope.spawn(|| impatient(cache)).join().unwrap());
        assert_eq!(own, 2, "it neither takes the old value nor waits for the new one");
        3u8
    });
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }));
    assert_eq!(cache.stats().wait_timeouts, 1);
}
