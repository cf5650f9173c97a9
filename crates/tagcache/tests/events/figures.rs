//! Figures.

use std::time::Duration;

use metrics::Unit;
use tagcache::fs::Errno;
use tagcache::{Cache, Policy, Raw};
use tagcache_testkit::{Call, Fault, TestSys};

use crate::common::{Fixture, HOUR, fill, text};
use crate::recorder::Told;

/// What a recorder hears of the counters while something is done to a new cache.
fn told(act: impl FnOnce(&Fixture)) -> Vec<(String, u64)> {
    let fixture = Fixture::new();
    Told::during(|| act(&fixture)).counters()
}

fn expect<const N: usize>(expected: [(&str, u64); N]) -> Vec<(String, u64)> {
    expected.map(|(key, count)| (text(key), count)).to_vec()
}

fn get(cache: &Cache<Raw, TestSys>, key: &str, policy: &Policy) {
    let _hit = cache.get_with(key, policy, |_| text("value"));
}

#[test]
fn a_look_is_counted_by_what_it_found_and_why() {
    let counters = told(|fixture| {
        let cache = &fixture.cache;
        let policy = Policy::new().tag("t").expire_in(HOUR);
        get(cache, "k", &policy);
        get(cache, "k", &policy);
        assert!(cache.get::<Vec<u8>>("k").unwrap().is_none());
        fixture.world.clock.advance(HOUR);
        assert!(cache.get::<String>("k").unwrap().is_none());
        cache.invalidate_tag("t").unwrap();
        assert!(cache.get::<String>("k").unwrap().is_none());
    });
    let expected = expect([
        ("tagcache_computations_total", 1),
        ("tagcache_invalidated_links_total{by=tags,manner=hard}", 1),
        ("tagcache_invalidations_total{by=tags,manner=hard,outcome=complete}", 1),
        ("tagcache_lookups_total{found=fresh,reason=}", 1),
        ("tagcache_lookups_total{found=miss,reason=absent}", 1),
        ("tagcache_lookups_total{found=miss,reason=invalidated}", 1),
        ("tagcache_lookups_total{found=miss,reason=other schema}", 1),
        ("tagcache_lookups_total{found=stale,reason=expired}", 1),
        ("tagcache_values_total{outcome=stored}", 1),
    ]);
    assert_eq!(counters, expected);
}

#[test]
fn a_value_is_counted_by_what_became_of_it() {
    let counters = told(|fixture| {
        let cache = &fixture.cache;
        let _raced = cache.get_with("k", &Policy::new(), |fill| {
            cache.invalidate_key("k").unwrap();
            fill.add_tag("t");
            text("raced")
        });
        let _declined = cache.get_with("k", &Policy::new(), |fill| {
            fill.decline();
            text("declined")
        });
        let _forced = cache.at("k").forced().compute(|_| text("forced"));
    });
    let expected = expect([
        ("tagcache_computations_total", 3),
        ("tagcache_invalidations_total{by=key,manner=hard,outcome=complete}", 1),
        ("tagcache_lookups_total{found=miss,reason=absent}", 3),
        ("tagcache_refreshes_total{reason=forced}", 1),
        ("tagcache_values_total{outcome=declined}", 1),
        ("tagcache_values_total{outcome=raced}", 1),
        ("tagcache_values_total{outcome=stored}", 1),
    ]);
    assert_eq!(counters, expected);
}

#[test]
fn an_invalidation_is_counted_by_what_it_named_and_how_it_ended() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    for key in ["1", "2"] {
        cache.put(key, &text("v"), &Policy::new().tags(["a", "b"])).unwrap();
    }
    let counters = Told::during(|| {
        cache.expire_tags(["a", "b"]).unwrap();
        cache.expire_key("1").unwrap();
        fixture.world.faults.add(Fault::on(Call::SetMtime, Errno::IO).below("data/").for_ever());
        cache.invalidate_all_of(["a", "b"]).unwrap_err();
        fixture.world.faults.mend();
        cache.invalidate_all_of(["a", "b"]).unwrap();
        cache.clear().unwrap();
    });
    let expected = expect([
        ("tagcache_invalidated_links_total{by=all of tags,manner=hard}", 2),
        ("tagcache_invalidated_links_total{by=everything,manner=hard}", 2),
        ("tagcache_invalidated_links_total{by=key,manner=soft}", 1),
        ("tagcache_invalidated_links_total{by=tags,manner=soft}", 4),
        ("tagcache_invalidations_total{by=all of tags,manner=hard,outcome=complete}", 1),
        ("tagcache_invalidations_total{by=all of tags,manner=hard,outcome=incomplete}", 1),
        ("tagcache_invalidations_total{by=everything,manner=hard,outcome=complete}", 1),
        ("tagcache_invalidations_total{by=key,manner=soft,outcome=complete}", 1),
        ("tagcache_invalidations_total{by=tags,manner=soft,outcome=complete}", 1),
    ]);
    assert_eq!(counters.counters(), expected);
}

#[test]
fn old_values_waits_and_faults_are_counted_by_their_reasons() {
    let fixture = Fixture::new();
    let (cache, policy) = (&fixture.cache, Policy::new().tag("t").wait_limit(Duration::from_millis(20)));
    cache.put("old", &text("old"), &policy).unwrap();
    cache.expire_tag("t").unwrap();
    let other = fixture.another_process(tagcache::Builder::new(Raw));
    let _leases = ["old", "none"].map(|key| fill(other.cache.begin::<String>(key, &policy).unwrap()));
    let counters = Told::during(|| {
        get(cache, "old", &policy);
        get(cache, "none", &policy);
        get(cache, "", &policy);
        let _outer = cache.get_with("nested", &policy, |_| {
            get(cache, "nested", &policy);
            text("v")
        });
    });
    let expected = expect([
        ("tagcache_computations_total", 4),
        ("tagcache_faults_total{kind=lease held here}", 1),
        ("tagcache_faults_total{kind=name}", 1),
        ("tagcache_lookups_total{found=miss,reason=absent}", 3),
        ("tagcache_lookups_total{found=stale,reason=softly expired}", 1),
        ("tagcache_old_values_total{for=refresh}", 1),
        ("tagcache_reentrant_total", 1),
        ("tagcache_values_total{outcome=stored}", 1),
        ("tagcache_wait_timeouts_total", 1),
        ("tagcache_waits_total", 1),
    ]);
    assert_eq!(counters.counters(), expected);
}

#[test]
fn how_long_a_computation_took_is_a_sample_in_seconds() {
    let fixture = Fixture::new();
    let told = Told::during(|| {
        let _hit = fixture.cache.get_with("k", &Policy::new(), |_| {
            fixture.world.clock.advance(Duration::from_millis(1500));
            text("v")
        });
        get(&fixture.cache, "k", &Policy::new());
    });
    assert_eq!(told.samples(), [1.5], "a hit is no computation");
}

#[test]
fn the_figures_are_those_of_the_stats() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let told = Told::during(|| {
        for key in ["1", "2", "1", ""] {
            get(cache, key, &Policy::new().tag("t"));
        }
        cache.invalidate_tag("t").unwrap();
        get(cache, "1", &Policy::new());
    });
    let stats = cache.stats();
    let looks = stats.fresh + stats.stale + stats.absent + stats.invalidated;
    assert_eq!(told.sum("tagcache_lookups_total"), looks);
    assert_eq!(told.sum("tagcache_computations_total"), stats.computed);
    assert_eq!(told.sum("tagcache_values_total"), stats.stored);
    assert_eq!(told.sum("tagcache_invalidations_total"), stats.invalidations);
    assert_eq!(told.sum("tagcache_faults_total"), stats.faults);
}

#[test]
fn every_metric_is_described_with_its_unit_when_a_cache_is_opened() {
    let units = Told::during(|| drop(Fixture::new())).units();
    assert_eq!(units.get("tagcache_compute_seconds"), Some(&Some(Unit::Seconds)));
    let counters = units.iter().filter(|(name, _)| name.ends_with("_total"));
    assert!(counters.clone().all(|(_, unit)| *unit == Some(Unit::Count)));
    assert_eq!(counters.count() + 1, units.len());
}
