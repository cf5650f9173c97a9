//! A cache with limits: it stays within them, forgets what was used longest ago, and costs no more than it says.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use tagcache::fs::{Errno, Time};
use tagcache::{Builder, Error, Limits, Policy, Raw, Source, Stored, SweepOptions};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, HOUR, keys_of_one_shard, text};

const MIB: u64 = 1 << 20;
/// The calls of a look whether the root is still at its path, once a second.
const LOOK: u64 = 9;

/// What `du` says: the disk space of a directory and of all below it, each file once.
fn du(dir: &Path) -> u64 {
    let mut space = fs::symlink_metadata(dir).unwrap().blocks() * 512;
    let mut counted = std::collections::BTreeSet::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if counted.insert(meta.ino()) {
                space += meta.blocks() * 512;
            }
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    space
}

/// A cache with these limits, by the machine's own time, since the filesystem stamps new files with that.
fn with(limits: Limits) -> Fixture {
    let fixture = Fixture::with(Builder::new(Raw).limits(limits));
    fixture.world.clock.set(Time::from(SystemTime::now()));
    fixture
}

fn present(fixture: &Fixture, keys: impl IntoIterator<Item = String>) -> usize {
    keys.into_iter().filter(|key| fixture.entry(key).exists()).count()
}

#[test]
fn puts_and_overwrites_stay_within_the_limit_and_a_slice_whatever_the_size() {
    // Also where small folders take no space.
    for (size, keys, limit) in [(100, 700, 2 * MIB), (20_000, 300, 4 * MIB)] {
        let fixture = with(Limits::new().bytes(limit));
        for round in 0..1500_u64 {
            let key = format!("page {}", round * 7919 % keys);
            let policy = Policy::new().tag(format!("tag {}", round % 5));
            assert_eq!(fixture.cache.put(key, &vec![7u8; size], &policy).unwrap(), Stored::Yes);
            if round % 100 == 99 {
                let taken = du(fixture.path());
                assert!(taken <= limit + limit / 64 + 64 * 1024, "{size} bytes, round {round}: {taken}");
            }
        }
        let stats = fixture.cache.stats();
        assert!(stats.evicted > 0 && stats.faults == 0, "{stats:?}");
        let swept = fixture.cache.sweep().unwrap();
        // But what it evicts itself, each with its one link.
        let left = (swept.links - swept.evicted, swept.drafts, swept.entries);
        assert_eq!(left, (0, 0, 0), "evictions leave nothing behind");
        assert!(swept.kept > 0);
        let usage = fixture.cache.usage().unwrap();
        assert_eq!(usage.files, swept.kept - swept.evicted);
        assert!(
            usage.bytes.abs_diff(du(fixture.path())) <= 64 * 1024,
            "what is reachable is what is counted"
        );
    }
}

#[test]
fn the_limit_on_entries_is_kept_to_the_entry() {
    let fixture = with(Limits::new().files(10));
    for page in 0..50 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new().tags(["a", "b"])).unwrap();
        let kept = present(&fixture, (0..50).map(|page| page.to_string()));
        assert!(kept <= 10, "{kept}");
    }
    assert_eq!(fixture.cache.usage().unwrap().files, 10);
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let fixture = with(Limits::new().files(20));
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    for page in 0..20 {
        cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
        // Longer ago than one unit of time of any filesystem before the later ones.
        let file = fs::File::open(fixture.entry(format!("{page}"))).unwrap();
        file.set_times(fs::FileTimes::new().set_accessed(SystemTime::now() - HOUR)).unwrap();
    }
    clock.advance(HOUR);
    for page in 0..10 {
        assert!(cache.get::<String>(format!("{page}")).unwrap().is_some());
    }
    for page in 20..30 {
        cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert_eq!(present(&fixture, (0..10).map(|page| page.to_string())), 10, "they were used");
    assert_eq!(present(&fixture, (10..20).map(|page| page.to_string())), 0, "they were not");
}

#[test]
fn what_is_expired_goes_before_what_is_fresh() {
    let fixture = with(Limits::new().files(20));
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    for page in 0..10 {
        cache.put(format!("fresh {page}"), &text("page"), &Policy::new()).unwrap();
    }
    for page in 0..10 {
        cache.put(format!("short {page}"), &text("page"), &Policy::new().expire_in(HOUR)).unwrap();
    }
    clock.advance(2 * HOUR);
    for page in 0..10 {
        // Used lately, and of less use all the same.
        let _ = cache.lookup::<String>(format!("short {page}")).unwrap();
        cache.put(format!("new {page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert_eq!(present(&fixture, (0..10).map(|page| format!("fresh {page}"))), 10);
    assert_eq!(present(&fixture, (0..10).map(|page| format!("short {page}"))), 0);
}

#[test]
fn a_value_larger_than_the_limit_is_refused_and_computed_all_the_same() {
    let fixture = with(Limits::new().bytes(MIB));
    fixture.cache.put("small", &text("small"), &Policy::new()).unwrap();
    let large = vec![0u8; 2 << 20];
    let refused = fixture.cache.put("large", &large, &Policy::new());
    assert!(matches!(refused, Err(Error::TooLarge { limit: MIB, bytes }) if bytes > 2 * MIB), "{refused:?}");
    let hit = fixture.cache.get_with("large", &Policy::new(), |_| large.clone());
    assert!(matches!(hit.source(), Source::Computed { stored: Stored::Fault, .. }));
    assert_eq!(hit.len(), large.len());
    assert!(fixture.cache.get::<String>("small").unwrap().is_some(), "nothing went for it");
}

#[test]
fn two_processes_keep_one_limit() {
    let limits = Limits::new().files(64);
    let fixture = with(limits);
    let other = fixture.another_process(Builder::new(Raw).limits(limits));
    for round in 0..200 {
        fixture.cache.put(format!("ours {round}"), &text("page"), &Policy::new()).unwrap();
        other.cache.put(format!("theirs {round}"), &text("page"), &Policy::new()).unwrap();
        let files = fixture.files("data").len();
        assert!(files <= 64 + 2, "{files}");
    }
    assert!(fixture.cache.stats().evicted + other.cache.stats().evicted >= 336);
}

#[test]
fn entries_of_the_time_before_the_limit_are_counted_by_the_first_puts() {
    let fixture = Fixture::new();
    for page in 0..100 {
        fixture.cache.put(format!("old {page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert!(!fixture.path().join("usage").exists(), "without limits nobody keeps tallies");
    let limited = fixture.another_process(Builder::new(Raw).limits(Limits::new().files(10)));
    for page in 0..20 {
        limited.cache.put(format!("new {page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert_eq!(fixture.files("data").len(), 10);
    assert!(limited.cache.usage().unwrap().counted);
}

#[test]
fn an_entry_that_is_taken_away_makes_room() {
    let fixture = with(Limits::new().files(10));
    for page in 0..10 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
    }
    fixture.cache.invalidate_key("3").unwrap();
    assert_eq!(fixture.cache.usage().unwrap().files, 9);
    fixture.cache.clear().unwrap();
    assert_eq!(fixture.cache.usage().unwrap().files, 0);
    for page in 0..10 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert_eq!(fixture.cache.stats().evicted, 0);
}

/// A cache that has counted what there is, and has its log and its tallies open.
fn warm(limits: Limits) -> Fixture {
    let fixture = with(limits);
    fixture.cache.put("page", &text("page"), &Policy::new()).unwrap();
    fixture.cache.put("warm", &text("page"), &Policy::new()).unwrap();
    fixture.cache.usage().unwrap();
    fixture
}

#[test]
fn a_limit_costs_a_put_one_write_and_none_of_it_without() {
    for (limits, tallies) in [(Limits::new(), 0), (Limits::new().bytes(1 << 30), 1)] {
        let fixture = warm(limits);
        fixture.make_folders_of("another");
        let put = || fixture.cache.put("another", &text("page"), &Policy::new()).unwrap();
        let (_, made) = fixture.world.counter.during(put);
        assert_eq!((made.total(), made.of(Call::Write)), (11 + tallies, 1 + tallies), "{made}");
    }
}

#[test]
fn a_limit_costs_a_hit_nothing_but_one_call_in_a_while() {
    let fixture = warm(Limits::new().bytes(1 << 30).touch_every(HOUR));
    let calls = || fixture.world.counter.during(|| fixture.cache.get::<String>("page").unwrap().unwrap()).1;
    assert_eq!(calls().total(), 4);
    fixture.world.clock.advance(2 * HOUR);
    let touching = calls();
    assert_eq!((touching.total(), touching.of(Call::SetAtime)), (4 + LOOK + 1, 1));
    assert_eq!(calls().total(), 4);
    let unlimited = warm(Limits::new());
    unlimited.world.clock.advance(2 * HOUR);
    let (_, made) = unlimited.world.counter.during(|| unlimited.cache.get::<String>("page").unwrap());
    assert_eq!(made.total(), 4 + LOOK);
}

#[test]
fn a_tally_that_cannot_be_written_is_a_fault_and_the_value_is_stored() {
    let fixture = warm(Limits::new().bytes(1 << 30));
    fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("usage"));
    assert_eq!(fixture.cache.put("k", &text("page"), &Policy::new()).unwrap(), Stored::Yes);
    assert_eq!(fixture.cache.stats().faults, 1);
    assert!(fixture.cache.get::<String>("k").unwrap().is_some());
    fixture.cache.sweep().unwrap();
    assert_eq!(fixture.cache.usage().unwrap().files, 3, "the sweep has found it");
}

#[test]
fn a_sweep_evicts_to_its_own_limits_in_a_cache_without() {
    let fixture = Fixture::new();
    for page in 0..40 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new().tag("t")).unwrap();
    }
    let to_ten = SweepOptions::new().limits(Limits::new().files(10));
    let before = fixture.files("data");
    let dry = fixture.cache.sweep_with(&to_ten.dry_run(true)).unwrap();
    assert_eq!((dry.evicted, dry.links), (30, 30));
    assert_eq!(fixture.files("data"), before);
    let real = fixture.cache.sweep_with(&to_ten).unwrap();
    assert_eq!((real.evicted, real.links, real.kept), (30, 30, 40));
    assert_eq!(fixture.cache.sweep().unwrap().kept, 10);
}

#[test]
fn a_sweep_evicts_no_more_than_it_must_where_folders_take_most_of_the_space() {
    let fixture = Fixture::new();
    for page in 0..120 {
        // Each has a tag of its own, with folders of its own: five for a page of one block.
        let policy = Policy::new().tag(format!("t{page}"));
        fixture.cache.put(format!("{page}"), &text("page"), &policy).unwrap();
    }
    let full = du(fixture.path());
    for percent in [90, 50, 20] {
        let limit = full * percent / 100;
        let options = SweepOptions::new().limits(Limits::new().bytes(limit));
        let before = fixture.files("data").len();
        let dry = fixture.cache.sweep_with(&options.dry_run(true)).unwrap();
        assert_eq!(fixture.files("data").len(), before);
        let real = fixture.cache.sweep_with(&options).unwrap();
        let left = du(fixture.path());
        // What lies at the top is not counted: it is there in any case.
        assert!(left <= limit + 32 * 1024, "{percent} %: {left} of {full}");
        // But for a slice of the limit, and what a few entries take.
        assert!(left + limit / 64 + full / 30 >= limit, "{percent} %: {left} of {full}, {real:?}");
        // A dry run does not foresee the tallies, nor which folders go.
        let missed = dry.evicted.abs_diff(real.evicted) * (full / 120);
        assert!(missed <= full / 10 + 128 * 1024, "{percent} %: {dry:?}, {real:?}");
    }
}

#[test]
fn an_entry_that_is_being_born_is_not_evicted() {
    let fixture = with(Limits::new().files(2));
    let filling = common::fill(fixture.cache.begin::<String>("slow", &Policy::new().tag("t")).unwrap());
    for page in 0..20 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new().tag("t")).unwrap();
    }
    assert_eq!(filling.commit(&text("slow")).unwrap(), Stored::Yes);
    assert!(fixture.cache.get::<String>("slow").unwrap().is_some());
}

/// It looked at all entries of a shard, which is a 256th of those of a compact root.
#[test]
fn a_put_over_a_limit_looks_at_no_more_entries_than_it_wants_to() {
    let most = 600;
    let fixture = with(Limits::new().files(most));
    let mut keys = keys_of_one_shard();
    for key in keys.by_ref().take(600) {
        fixture.cache.put(key, &text("page"), &Policy::new()).unwrap();
    }
    let put = || fixture.cache.put(keys.next().unwrap(), &text("page"), &Policy::new()).unwrap();
    let (_, made) = fixture.world.counter.during(put);
    assert!(fixture.cache.stats().evicted > 0 && fixture.cache.usage().unwrap().files <= most);
    assert!((32..300).contains(&made.of(Call::StatAt)), "{made}");
}
