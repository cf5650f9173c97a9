//! A root that others remove, replace or empty while a program has it open: the program goes on, in the next one.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tagcache::fs::{Errno, Whereabouts};
use tagcache::{Begun, Builder, Cache, Error, Limits, Policy, Raw, Stored, Upkeep};
use tagcache_testkit::{Call, Fault, TestSys, World, files};

use common::{HOUR, SECOND, fill, text};

/// What is done with a cache whose root is gone.
type Verb = fn(&Cache<Raw, TestSys>);

/// A folder with a cache in it, and handles that are processes of their own.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn opened(&self, builder: Builder<Raw>) -> (World, Cache<Raw, TestSys>) {
        let world = World::new();
        let cache = builder.open_on(world.sys(), self.root()).unwrap();
        (world, cache)
    }

    fn open(&self) -> (World, Cache<Raw, TestSys>) {
        self.opened(Builder::new(Raw))
    }
}

fn policy() -> Policy {
    Policy::new().tags(["blog", "bio"]).expire_in(HOUR)
}

fn compute(cache: &Cache<Raw, TestSys>, value: &str) -> String {
    cache.get_with("page", &policy(), |_| text(value)).into_owned()
}

fn fresh(cache: &Cache<Raw, TestSys>) -> Option<String> {
    cache.get::<String>("page").unwrap().map(tagcache::Hit::into_owned)
}

type Plant = (&'static str, fn(&Path));

#[test]
fn a_root_that_was_removed_is_made_anew_by_the_next_fill_and_caches_again() {
    for warm in [false, true] {
        let place = Place::new();
        let (_world, cache) = place.open();
        if warm {
            compute(&cache, "old");
        }
        fs::remove_dir_all(place.root()).unwrap();
        assert_eq!(fresh(&cache), None);
        assert_eq!(compute(&cache, "new"), "new");
        assert_eq!(compute(&cache, "newer"), "new", "it was cached");
        assert_eq!(cache.stats().faults, 0, "nothing went wrong for anybody");
        assert_eq!(place.open().1.get::<String>("page").unwrap().as_deref().map(String::as_str), Some("new"));
    }
}

#[test]
fn a_put_an_invalidation_and_a_sweep_make_a_removed_root_anew() {
    let verbs: [(&str, Verb); 4] = [
        ("put", |cache| assert_eq!(cache.put("page", &text("new"), &policy()).unwrap(), Stored::Yes)),
        ("invalidate", |cache| assert_eq!(cache.invalidate_tag("blog").unwrap(), 0)),
        ("clear", |cache| assert_eq!(cache.clear().unwrap(), 0)),
        ("sweep", |cache| assert_eq!(cache.sweep().unwrap().entries, 0)),
    ];
    for (name, verb) in verbs {
        let place = Place::new();
        let (world, cache) = place.open();
        compute(&cache, "old");
        fs::remove_dir_all(place.root()).unwrap();
        world.clock.advance(SECOND * 2);
        verb(&cache);
        assert_eq!(cache.root().whereabouts().unwrap(), Whereabouts::AtItsPath, "{name}");
        assert!(place.root().join("tagcache.format").exists(), "{name}");
    }
}

#[test]
fn an_invalidation_reaches_the_root_that_another_process_made_meanwhile() {
    let place = Place::new();
    let (_world, cache) = place.open();
    compute(&cache, "old");
    fs::remove_dir_all(place.root()).unwrap();
    let (_world, other) = place.open();
    other.put("page", &text("theirs"), &policy()).unwrap();
    assert_eq!(cache.invalidate_tag("blog").unwrap(), 1, "without a look by the clock");
    assert_eq!(fresh(&other), None);
}

#[test]
fn a_fill_that_began_in_the_old_root_is_raced_in_the_new_one() {
    let place = Place::new();
    let (_world, cache) = place.open();
    let begun: Begun<String, _, _> = cache.begin("page", &policy()).unwrap();
    let filling = fill(begun);
    fs::remove_dir_all(place.root()).unwrap();
    let (_other_world, other) = place.open();
    other.invalidate_tag("blog").unwrap();
    assert_eq!(filling.commit(&text("of before")).unwrap(), Stored::Raced);
    assert_eq!((fresh(&cache), fresh(&other)), (None, None));
    assert_eq!(compute(&cache, "of after"), "of after");
    assert_eq!(fresh(&other).as_deref(), Some("of after"));
}

#[test]
fn a_root_that_was_replaced_is_noticed_within_a_second_also_by_one_who_only_reads() {
    let place = Place::new();
    let (world, cache) = place.open();
    compute(&cache, "old");
    fs::rename(place.root(), place.dir.path().join("aside")).unwrap();
    let (_other_world, other) = place.open();
    other.put("page", &text("theirs"), &policy()).unwrap();
    world.clock.advance(Duration::from_millis(1001));
    let _ = cache.get::<String>("page").unwrap();
    assert_eq!(fresh(&cache).as_deref(), Some("theirs"));
    assert_eq!(cache.invalidate_tag("blog").unwrap(), 1);
    assert_eq!(fresh(&other), None);
}

#[test]
fn a_root_that_was_moved_away_goes_on_as_long_as_nothing_takes_its_place() {
    let place = Place::new();
    let (world, cache) = place.open();
    compute(&cache, "old");
    fs::rename(place.root(), place.dir.path().join("aside")).unwrap();
    world.clock.advance(SECOND * 2);
    assert_eq!(fresh(&cache).as_deref(), Some("old"));
    assert!(!place.root().exists(), "nobody made another one");
}

#[test]
fn a_root_that_lost_its_markers_gets_them_again_and_keeps_its_entries() {
    let place = Place::new();
    let (world, cache) = place.open();
    compute(&cache, "old");
    fs::remove_file(place.root().join("tagcache.format")).unwrap();
    fs::remove_file(place.root().join("CACHEDIR.TAG")).unwrap();
    world.clock.advance(SECOND * 2);
    assert_eq!(fresh(&cache).as_deref(), Some("old"));
    let (_other_world, other) = place.open();
    assert_eq!(fresh(&other).as_deref(), Some("old"), "newcomers know it again");
    assert_eq!(cache.invalidate_tag("blog").unwrap(), 1);
    assert_eq!(fresh(&other), None);
}

#[test]
fn a_marker_that_somebody_tidied_away_is_put_back() {
    for marker in ["CACHEDIR.TAG", "tagcache.format"] {
        let place = Place::new();
        let (_world, cache) = place.open();
        compute(&cache, "old");
        fs::remove_file(place.root().join(marker)).unwrap();
        assert_eq!(cache.sweep().unwrap().kept, 1, "{marker}");
        assert!(place.root().join(marker).exists());
        assert_eq!(fresh(&cache).as_deref(), Some("old"), "{marker}");
    }
}

#[test]
fn a_clear_and_a_sweep_refuse_a_directory_that_is_no_longer_a_cache_and_touch_nothing() {
    let plants: [Plant; 3] = [
        ("none", |_| ()),
        ("a wrong one", |path| fs::write(path, "name = value\n").unwrap()),
        ("a link", |path| std::os::unix::fs::symlink("/etc/hostname", path).unwrap()),
    ];
    for (what, plant) in plants {
        let place = Place::new();
        let (_world, cache) = place.open();
        compute(&cache, "old");
        for marker in ["CACHEDIR.TAG", "tagcache.format"] {
            fs::remove_file(place.root().join(marker)).unwrap();
            plant(&place.root().join(marker));
        }
        fs::write(place.root().join("thesis.txt"), "years").unwrap();
        let before = files(place.root()).unwrap();
        for refused in [cache.clear().map(drop), cache.sweep().map(drop)] {
            let error = refused.unwrap_err();
            assert!(matches!(error, Error::Open(_)), "{what}: {error}");
            assert!(error.to_string().contains("is not a cache"), "{what}: {error}");
        }
        assert_eq!(files(place.root()).unwrap(), before, "{what}");
    }
}

#[test]
fn a_directory_that_somebody_uses_for_something_else_by_now_gets_no_markers() {
    let place = Place::new();
    let (world, cache) = place.open();
    fs::remove_dir_all(place.root()).unwrap();
    fs::create_dir(place.root()).unwrap();
    fs::write(place.root().join("thesis.txt"), "years").unwrap();
    world.clock.advance(SECOND * 2);
    assert_eq!(compute(&cache, "new"), "new", "the caller has its value");
    let names: Vec<_> = fs::read_dir(place.root()).unwrap().map(|item| item.unwrap().file_name()).collect();
    assert_eq!(names, ["thesis.txt"], "and nothing was put beside what is there");
    assert!(cache.stats().faults > 0, "which is told");
}

#[test]
fn what_was_removed_with_the_folder_above_it_is_not_made_anew() {
    let place = Place::new();
    let (world, cache) = place.open();
    fs::remove_dir_all(place.dir.path()).unwrap();
    world.clock.advance(SECOND * 2);
    assert_eq!(compute(&cache, "new"), "new");
    assert!(!place.dir.path().exists());
    fs::create_dir(place.dir.path()).unwrap(); // for the one who removes it in the end
}

#[test]
fn a_root_is_made_anew_so_often_and_then_only_costs_the_caching() {
    let place = Place::new();
    let (_world, cache) = place.open();
    for _ in 0..70 {
        compute(&cache, "value");
        fs::remove_dir_all(place.root()).unwrap();
        if !place.root().exists() {
            assert_eq!(compute(&cache, "value"), "value");
        }
        if !place.root().exists() {
            break;
        }
        fs::remove_dir_all(place.root()).unwrap();
    }
    assert_eq!(compute(&cache, "value"), "value");
    assert!(cache.stats().faults > 0, "it is told that this handle no longer caches");
}

#[test]
fn a_full_disk_evicts_within_limits_and_then_goes_on_uncached() {
    for errno in [Errno::NOSPC, Errno::DQUOT] {
        let place = Place::new();
        let (world, cache) = place.opened(Builder::new(Raw).limits(Limits::new().bytes(1 << 30)));
        for number in 0..200 {
            cache.put(format!("page {number}"), &vec![7u8; 20_000], &Policy::new().tag("blog")).unwrap();
        }
        world.faults.add(Fault::on(Call::Allocate, errno));
        assert_eq!(
            cache.put("page", &text("new"), &policy()).unwrap(),
            Stored::Yes,
            "{errno:?}: once it was"
        );
        let evicted = cache.stats().evicted;
        assert!((1..200).contains(&evicted), "{errno:?}: {evicted} made room, and not all of them");

        world.faults.add(Fault::on(Call::Allocate, errno).for_ever());
        cache.invalidate_key("page").unwrap();
        let hit = cache.get_with("page", &policy(), |_| text("newer"));
        assert_eq!(*hit, "newer", "{errno:?}: and goes on where nothing helps");
        assert_eq!((fresh(&cache), cache.stats().faults), (None, 1), "{errno:?}");
    }
}

#[test]
fn a_full_disk_evicts_nothing_where_no_limit_says_that_anything_may_go() {
    let place = Place::new();
    let (world, cache) = place.open();
    cache.put("other", &text("other"), &policy()).unwrap();
    world.faults.add(Fault::on(Call::Allocate, Errno::NOSPC));
    assert_eq!(compute(&cache, "new"), "new");
    assert_eq!((cache.stats().evicted, cache.stats().faults), (0, 1));
}

#[test]
fn a_full_disk_makes_room_for_a_lease_too() {
    let place = Place::new();
    let (world, cache) = place.opened(Builder::new(Raw).limits(Limits::new().files(1000)));
    cache.put("other", &text("other"), &policy()).unwrap();
    world.faults.add(Fault::on(Call::OpenOrCreate, Errno::NOSPC).below("locks/"));
    assert_eq!(compute(&cache, "new"), "new");
    assert_eq!(fresh(&cache).as_deref(), Some("new"), "it was stored");
    assert_eq!(cache.stats().evicted, 1);
}

#[test]
fn upkeep_by_a_thread_survives_the_removal_of_the_root() {
    let place = Place::new();
    let cache = Builder::new(Raw).upkeep(Upkeep::Thread).open(place.root()).unwrap();
    cache.put("page", &text("old"), &policy()).unwrap();
    assert!(Command::new("rm").arg("-rf").arg(place.root()).status().unwrap().success());
    cache.put("page", &text("new"), &policy()).unwrap();
    assert!(cache.upkeep(Duration::from_millis(50)).is_ok());
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "new");
}
