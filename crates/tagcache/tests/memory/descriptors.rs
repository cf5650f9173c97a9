//! Open files of dead entries are given back, and so is every one when somebody needs it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tagcache::fs::Errno;
use tagcache::{Policy, Source};
use tagcache_testkit::{Call, Fault};

use crate::stage::{Stage, kept};

const KEYS: usize = 12;

fn with_kept_keys() -> Stage {
    let stage = Stage::new();
    (0..KEYS).for_each(|key| stage.keep(&format!("key {key}")));
    assert_eq!(stage.cache.in_memory(), KEYS);
    stage
}

#[test]
fn dead_entries_are_closed_while_the_process_reads_others() {
    let stage = with_kept_keys();
    stage.put("page", &[]);
    stage.another_process().invalidate_tag("tag").unwrap();
    assert_eq!(stage.cache.in_memory(), KEYS, "nobody has looked yet");
    stage.world.clock.advance(Duration::from_secs(1));
    let (_, calls) = stage.calls(|| stage.cache.get::<String>("page").unwrap());
    assert_eq!(stage.cache.in_memory(), 1, "the page that was read is kept");
    assert_eq!(calls.of(Call::Close), KEYS as u64, "each file of a dead entry is closed:\n{calls}");
}

#[test]
fn a_hit_in_memory_looks_after_others_once_a_second() {
    let stage = with_kept_keys();
    stage.world.clock.advance(Duration::from_secs(1));
    let (_, calls) = stage.calls(|| assert!(stage.is_from_memory("key 0")));
    assert_eq!(calls, [(Call::Stat, 1 + KEYS as u64)]);
    let (_, calls) = stage.calls(|| assert!(stage.is_from_memory("key 0")));
    assert_eq!(calls, [(Call::Stat, 1)], "a moment later it pays for itself alone");
}

#[test]
fn upkeep_looks_after_all() {
    let stage = with_kept_keys();
    stage.another_process().invalidate_tag("tag").unwrap();
    stage.cache.upkeep(Duration::from_millis(1)).unwrap();
    assert_eq!(stage.cache.in_memory(), 0);
}

#[test]
fn clearing_gives_everything_back_at_once() {
    let stage = with_kept_keys();
    let (_, calls) = stage.calls(|| stage.cache.clear().unwrap());
    assert_eq!(stage.cache.in_memory(), 0);
    assert!(calls.of(Call::Close) >= KEYS as u64, "{calls}");
}

#[test]
fn what_was_kept_from_a_root_is_closed_as_soon_as_another_one_takes_its_place() {
    let parent = tempfile::tempdir().unwrap();
    let stage = Stage::at(parent.path().join("cache"));
    for number in 0..5 {
        (0..KEYS).for_each(|key| stage.keep(&format!("key {key}")));
        assert_eq!(stage.cache.in_memory(), KEYS);
        let old = parent.path().join(number.to_string());
        fs::rename(stage.path(), &old).unwrap();
        stage.put("page", &[]);
        // It is looked at the path once a second.
        stage.world.clock.advance(Duration::from_secs(2));
        assert!(!stage.is_from_memory("no key"));
        assert_eq!(stage.cache.in_memory(), 0);
        let mut open = fs::read_dir("/proc/self/fd").unwrap();
        let is_old = |path: PathBuf| path.starts_with(&old);
        assert!(!open.any(|item| fs::read_link(item.unwrap().path()).is_ok_and(is_old)));
    }
}

#[test]
fn dropping_the_last_handle_closes_every_file() {
    let stage = with_kept_keys();
    let Stage { cache, world, .. } = stage;
    let clone = cache.clone();
    let (_, calls) = world.counter.during(|| drop(cache));
    assert_eq!(calls.total(), 0, "a clone has it still");
    let (_, calls) = world.counter.during(|| drop(clone));
    assert!(calls.of(Call::Close) >= KEYS as u64, "{calls}");
}

#[test]
fn a_read_without_descriptors_is_given_some_of_memory() {
    let stage = with_kept_keys();
    stage.put("page", &[]);
    for errno in [Errno::MFILE, Errno::NFILE] {
        stage.world.faults.add(Fault::on(Call::Open, errno));
        let hit = stage.cache.get::<String>("page").unwrap().expect("read after all");
        assert_eq!((hit.as_str(), hit.source()), ("value of page", Source::Disk));
        stage.another_process().put("page", &String::from("value of page"), &Policy::new()).unwrap();
    }
    assert!(stage.cache.in_memory() <= KEYS / 2, "half of it, each time");
}

#[test]
fn a_fault_for_want_of_descriptors_makes_room_for_the_next() {
    let stage = with_kept_keys();
    stage.world.faults.add(Fault::on(Call::Create, Errno::MFILE).below("tmp/"));
    let computed = stage.cache.get_with("new", &Policy::new(), |_| String::from("computed"));
    assert_eq!((computed.as_str(), stage.cache.stats().faults), ("computed", 1));
    assert_eq!(stage.cache.in_memory(), KEYS / 2);
}

#[test]
fn a_file_that_cannot_be_asked_is_asked_by_its_key() {
    let stage = Stage::new();
    stage.keep("page");
    stage.world.faults.add(Fault::on(Call::Stat, Errno::IO));
    let hit = stage.cache.get::<String>("page").unwrap().expect("the key can be opened");
    assert_eq!(hit.source(), Source::Disk);
    kept(&stage.cache, "page");
}
