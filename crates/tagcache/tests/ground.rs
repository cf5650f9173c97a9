//! A root that others remove, replace or empty while a program has it open: the program goes on, in the next one.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tagcache::fs::{Errno, Whereabouts};
use tagcache::{
    Begun, Builder, Cache, Error, Limits, Memory, Policy, Raw, Stored, SweepOptions, Upkeep, VerifyOptions,
};
use tagcache_testkit::{Call, Fault, TestSys, World, files};

use common::{HOUR, SECOND, fill, text};

/// What is done with a cache whose root is gone.
type Verb = fn(&Cache<Raw, TestSys>);

/// How a reader comes to find something at the key of a page.
type Find = fn(&Place, &Cache<Raw, TestSys>);

/// What is planted at a path.
type Plant = fn(&Path);

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

    /// Where the value that is computed lies.
    fn entry(&self) -> PathBuf {
        let key = tagcache::fs::Key::new("page").unwrap();
        self.root().join(key.path().to_str().unwrap())
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
fn whatever_a_reader_finds_he_notices_that_the_markers_are_gone() {
    // One who met only what was invalidated never looked, and newcomers were refused as long as he ran.
    let found: [(&str, Find); 5] = [
        ("a value", |_, _| ()),
        ("nothing", |place, _| fs::remove_file(place.entry()).unwrap()),
        ("an invalidated entry", |_, cache| assert_eq!(cache.invalidate_tag("blog").unwrap(), 1)),
        ("a damaged entry", |place, _| fs::write(place.entry(), "no entry").unwrap()),
        ("a folder", |place, _| {
            fs::remove_file(place.entry()).unwrap();
            fs::create_dir(place.entry()).unwrap();
        }),
    ];
    for (name, make) in found {
        let place = Place::new();
        let (world, cache) = place.open();
        compute(&cache, "old");
        make(&place, &cache);
        for marker in ["tagcache.format", "CACHEDIR.TAG"] {
            fs::remove_file(place.root().join(marker)).unwrap();
        }
        world.clock.advance(SECOND * 2);
        let _ = fresh(&cache);
        assert!(place.root().join("tagcache.format").exists(), "{name}");
        drop(place.open());
    }
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
fn a_folder_that_somebody_tidied_away_is_made_again() {
    // `rm -rf` removed `tmp/` of a root whose markers had just been put back, and nothing was stored in it ever again.
    for folder in ["tmp", "locks", "data"] {
        let place = Place::new();
        let (_world, cache) = place.open();
        fs::remove_dir_all(place.root().join(folder)).unwrap();
        assert_eq!(cache.put("page", &text("new"), &policy()).unwrap(), Stored::Yes, "{folder}");
        assert_eq!(compute(&cache, "newer"), "new", "{folder}");
        // `locks/` is not there again before somebody wants a lease.
        let _ = fs::remove_dir_all(place.root().join(folder));
        let (_other_world, other) = place.open();
        compute(&other, "newest");
        assert_eq!(compute(&other, "no other"), fresh(&cache).unwrap(), "{folder}: newcomers, too");
    }
}

#[test]
fn a_sweep_goes_on_where_somebody_took_a_folder_and_cleans_the_others() {
    // Its lock is on `data/`: an `rm -rf` that ended right after that left drafts which no sweep ever took.
    for folder in ["tmp", "locks", "data"] {
        let place = Place::new();
        let (_world, cache) = place.open();
        compute(&cache, "old");
        fs::remove_dir_all(place.root().join(folder)).unwrap();
        let orphan = place.root().join("tmp/d5ead6fdd3d16630aad4f07f5e494863.71bb54d8d101b5b9");
        // Not where its folder is gone.
        let drafts = u64::from(fs::write(&orphan, b"").is_ok());
        let swept = cache.sweep().unwrap();
        assert_eq!((swept.finished, swept.drafts, orphan.exists()), (true, drafts, false), "{folder}");
    }
}

#[test]
fn a_clear_and_a_sweep_refuse_a_directory_that_is_no_longer_a_cache_and_touch_nothing() {
    let plants: [(&str, Plant); 3] = [
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

/// The files that this process has open below a folder; of those that were removed it is said behind their names.
fn open_files_below(folder: &Path) -> Vec<PathBuf> {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    let paths = descriptors.filter_map(|item| fs::read_link(item.unwrap().path()).ok());
    paths.filter(|path| path.starts_with(folder)).collect()
}

/// Those of them that have no name any more.
fn deleted(place: &Place) -> Vec<PathBuf> {
    let mut open = open_files_below(place.dir.path());
    open.retain(|path| path.to_string_lossy().ends_with(" (deleted)"));
    open
}

#[test]
fn a_root_is_made_anew_as_often_as_it_is_lost_and_each_old_one_is_closed() {
    let place = Place::new();
    // With limits, so that tallies are open, too.
    let (_world, cache) = place.opened(Builder::new(Raw).limits(Limits::new().bytes(1 << 30)));
    let mut at_first = 0;
    for night in 0..300 {
        let value = format!("of night {night}");
        assert_eq!(compute(&cache, &value), value);
        assert_eq!(fresh(&cache).as_ref(), Some(&value), "it was stored");
        if night % 10 == 0 {
            assert_eq!(fresh(&place.open().1), Some(value), "where others look, too");
        }
        let open = open_files_below(place.dir.path());
        if night == 1 {
            at_first = open.len();
        }
        assert!(night < 2 || open.len() <= at_first, "night {night}, {at_first} at first: {open:?}");
        fs::remove_dir_all(place.root()).unwrap();
    }
    assert_eq!(cache.stats().faults, 0);
}

#[test]
fn threads_that_lose_their_root_together_go_on_in_one_and_close_the_old_ones() {
    let place = Place::new();
    let cache = Builder::new(Raw).memory(Memory::off()).open(place.root()).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..4 {
            let (cache, is_over) = (&cache, &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let key = format!("page {number}");
                    assert_eq!(*cache.get_with(&key, &policy(), |_| text("value")), "value");
                    let _ = cache.get::<String>("page").unwrap();
                }
            });
        }
        for _ in 0..30 {
            // Beside threads that make folders it takes more than one try.
            while fs::remove_dir_all(place.root()).is_err() {}
            thread::sleep(Duration::from_millis(5));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    cache.put("page", &text("new"), &policy()).unwrap();
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "new");
    assert_eq!(deleted(&place), [] as [PathBuf; 0]);
}

#[test]
fn what_is_under_way_on_an_old_root_ends_there_and_the_last_one_closes_it() {
    let place = Place::new();
    let (world, cache) = place.open();
    cache.put("page", &b"old".to_vec(), &policy()).unwrap();
    let (root, listing) = (cache.root(), cache.entries());
    let mut reader = cache.reader("page").unwrap().unwrap();
    let mut writer = cache.writer("written", &policy()).unwrap();

    let aside = place.dir.path().join("aside");
    fs::rename(place.root(), &aside).unwrap();
    let (_other_world, other) = place.open();
    world.clock.advance(SECOND * 2);
    cache.put("page", &text("new"), &policy()).unwrap();
    assert_eq!(fresh(&other).as_deref(), Some("new"), "the cache has moved on");

    let mut read = String::new();
    reader.read_to_string(&mut read).unwrap();
    assert_eq!(read, "old");
    writer.append(b"old, too").unwrap();
    assert_eq!(writer.commit().unwrap(), Stored::Yes);
    assert!(cache.reader("written").unwrap().is_none(), "not in the new one");
    let mut keys: Vec<_> = listing.map(|entry| entry.unwrap().key).collect();
    keys.sort_unstable();
    assert_eq!(keys, [&b"page"[..], b"written"], "the listing goes on where it began");

    drop(reader);
    assert!(!open_files_below(&aside).is_empty(), "somebody asked for this root and keeps it");
    assert_eq!(root.whereabouts().unwrap(), Whereabouts::Replaced);
    drop(root);
    assert_eq!(open_files_below(&aside), [] as [PathBuf; 0]);
}

#[test]
fn a_sweep_and_an_examination_end_in_the_root_that_they_began_in() {
    let works: [(&str, Verb); 2] = [
        ("sweep", |cache| {
            let report = cache.sweep_with(&SweepOptions::new().remove_foreign(true)).unwrap();
            assert_eq!(report.foreign_removed, 1);
        }),
        ("verify", |cache| {
            let report = cache.verify(&VerifyOptions::new().repair(true).remove_foreign(true)).unwrap();
            assert_eq!(report.repaired, 1);
        }),
    ];
    for (name, work) in works {
        let place = Arc::new(Place::new());
        let world = World::new();
        let cache: Arc<OnceLock<Cache<Raw, TestSys>>> = Arc::default();
        let (aside, foreign) = (place.dir.path().join("aside"), place.root().join("tmp/thesis.txt"));
        let hook = {
            let (place, clock) = (Arc::clone(&place), Arc::clone(&world.clock));
            let (cache, aside, foreign) = (Arc::clone(&cache), aside.clone(), foreign.clone());
            move |_| {
                if aside.exists() {
                    return;
                }
                fs::rename(place.root(), &aside).unwrap();
                place.open().1.put("page", &text("theirs"), &policy()).unwrap();
                fs::write(&foreign, "years").unwrap();
                clock.advance(SECOND * 2);
                let _ = fresh(cache.get().unwrap());
                assert_eq!(fresh(cache.get().unwrap()).as_deref(), Some("theirs"), "it has moved on");
            }
        };
        let opened = Builder::new(Raw).on_progress(hook).open_on(world.sys(), place.root()).unwrap();
        let cache = cache.get_or_init(|| opened);
        compute(cache, "old");
        fs::write(&foreign, "years").unwrap();
        work(cache);
        assert!(!aside.join("tmp/thesis.txt").exists(), "{name}: the work was done where it began");
        assert!(foreign.exists(), "{name}: and not where its lock says nothing");
    }
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
fn a_relative_path_is_that_of_the_moment_in_which_the_cache_was_opened() {
    // A file is no folder, so nothing is made; and the error names the path.
    let error = Builder::new(Raw).open("Cargo.toml/cache").map(drop).unwrap_err().to_string();
    let whole = std::env::current_dir().unwrap().join("Cargo.toml/cache");
    assert!(error.contains(&*whole.to_string_lossy()), "{error}");
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
    // It may be at work when it is looked.
    let began = Instant::now();
    while open_files_below(place.dir.path()).iter().any(|path| path.to_string_lossy().ends_with("(deleted)"))
    {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it rests by now, and keeps nothing of the old root"
        );
        thread::sleep(Duration::from_millis(10));
    }
}
