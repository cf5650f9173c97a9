//! The sweep: what it removes, what it keeps, and what is none of its business.

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tagcache::fs::{Durability, Errno, Key};
use tagcache::{Builder, Lookup, Policy, Raw, Sweep};
use tagcache_testkit::{Call, Fault, folders};

use common::{DAY, Fixture, HOUR, PLANTS, SHARDS, fill, plant, text};

#[test]
fn what_can_still_be_served_is_kept() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let hourly = Policy::new().expire_in(HOUR).keep_stale(DAY);
    cache.put("expired", &text("1"), &hourly.clone().tag("t")).unwrap();
    clock.advance(HOUR);
    cache.put("fresh", &text("22"), &hourly.clone().tag("t")).unwrap();
    cache.put("soft", &text("333"), &Policy::new().tag("soft")).unwrap();
    cache.expire_tag("soft").unwrap();
    let before = fixture.files("data");

    let report = cache.sweep().unwrap();
    let bytes: u64 = ["expired", "fresh", "soft"]
        .map(|key| fs::metadata(fixture.entry(key)).unwrap().blocks() * 512)
        .iter()
        .sum();
    assert_eq!((report.kept, report.kept_bytes), (3, bytes));
    assert_eq!((report.entries, report.links, report.folders), (0, 0, 0));
    assert_eq!(fixture.files("data"), before);
    assert!(matches!(cache.lookup::<String>("expired").unwrap(), Lookup::Stale(..)));
}

#[test]
fn what_is_too_old_goes_with_its_links_and_folders() {
    let fixture = Fixture::new();
    fixture
        .cache
        .put("old", &text("old"), &Policy::new().tags(["a", "b"]).expire_in(HOUR).keep_stale(DAY))
        .unwrap();
    fixture.world.clock.advance(HOUR + DAY);
    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.entries, report.kept), (1, 0));
    assert!(fixture.files("data").is_empty());
    assert!(folders(fixture.path().join("data")).unwrap().is_empty());
    assert!(report.folders > 0);
    fixture.cache.put("new", &text("new"), &Policy::new().tag("a")).unwrap();
    assert!(fixture.cache.get::<String>("new").unwrap().is_some(), "folders come back as they are needed");
}

/// Ways for an entry to be dead, each done to the page.
const DEATHS: [&str; 6] = ["poisoned", "detached", "cut", "overwritten", "hard-linked", "renamed"];

fn kill(fixture: &Fixture, death: &str) {
    let entry = fixture.entry("page");
    let outcome = match death {
        "poisoned" => fixture.cache.invalidate_tag("a").map(drop).map_err(std::io::Error::other),
        "detached" => fs::remove_dir_all(fixture.tag_folder("a")),
        "cut" => fs::write(&entry, &fs::read(&entry).expect("an entry")[..50]),
        "overwritten" => fs::write(&entry, "no record at all"),
        "hard-linked" => fs::hard_link(&entry, fixture.path().join("backup")),
        "renamed" => fs::rename(&entry, fixture.make_folders_of("another page")),
        other => unreachable!("{other}"),
    };
    outcome.expect("it can be killed");
}

#[test]
fn a_dead_entry_goes_with_its_links_however_it_died() {
    for death in DEATHS {
        let fixture = Fixture::new();
        fixture.cache.put("page", &text("page"), &Policy::new().tags(["a", "b"])).unwrap();
        fixture.cache.put("other", &text("other"), &Policy::new().tags(["a", "c"])).unwrap();
        fixture.cache.put("sound", &text("sound"), &Policy::new().tags(["b", "c"])).unwrap();
        kill(&fixture, death);
        let report = fixture.cache.sweep().unwrap();
        assert!(report.entries >= 1, "{death}: {report:?}");
        assert_eq!(report.failed, 0, "{death}");
        assert!(fixture.cache.get::<String>("sound").unwrap().is_some(), "{death}");
        assert_eq!(
            fixture.files("data").len(),
            3 * usize::try_from(report.kept).unwrap(),
            "{death}: no dead link"
        );
        assert_eq!(fixture.cache.sweep().unwrap(), nothing_to_do(&report), "{death}: one sweep is enough");
    }
}

/// The report of a sweep that finds only what the last one kept.
fn nothing_to_do(last: &Sweep) -> Sweep {
    let mut next = Sweep::default();
    next.finished = true;
    (next.kept, next.kept_bytes, next.foreign) = (last.kept, last.kept_bytes, last.foreign);
    next
}

#[test]
fn what_another_program_may_read_is_kept() {
    let fixture = Fixture::new();
    fixture.cache.put("bytes", &vec![1u8], &Policy::new()).unwrap();
    fixture.cache.with_schema("mine").put("text", &text("text"), &Policy::new()).unwrap();
    fixture.cache.put("later version", &text("text"), &Policy::new()).unwrap();
    let later = fixture.entry("later version");
    let mut bytes = fs::read(&later).unwrap();
    bytes[8] = 2; // the version of the record
    fs::write(&later, bytes).unwrap();
    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.kept, report.entries), (3, 0));
}

#[test]
fn in_a_volatile_cache_what_was_written_before_the_last_boot_goes() {
    let fixture = Fixture::with(Builder::new(Raw).durability(Durability::Volatile));
    fixture.cache.put("before", &text("before"), &Policy::new().tag("t")).unwrap();
    fixture.world.clock.set_boot_id([1; 16]);
    fixture.cache.put("after", &text("after"), &Policy::new().tag("t")).unwrap();
    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.entries, report.kept), (1, 1));
    assert!(fixture.cache.get::<String>("after").unwrap().is_some());
}

/// A draft whose writer is dead: nobody holds its lock.
const ORPHAN: &str = "tmp/00000000000000000000000000000000.0000000000000000";

#[test]
fn drafts_and_leases_of_the_dead_go_and_those_of_the_living_stay() {
    let fixture = Fixture::new();
    let key = Key::new("page").unwrap();
    let root = fixture.cache.root();
    let living = root.draft(&key, root.mark().unwrap()).unwrap();
    let held = fill(fixture.cache.begin::<String>("page", &Policy::new()).unwrap());
    let (draft, lease) = (fixture.files("tmp"), fixture.files("locks"));
    fs::write(fixture.path().join(ORPHAN), "half").unwrap();
    fs::write(fixture.path().join("locks/00000000000000000000000000000000"), "").unwrap();

    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.drafts, report.leases), (1, 1));
    assert_eq!((fixture.files("tmp"), fixture.files("locks")), (draft, lease));
    drop((living, held));
    assert!(fixture.files("tmp").is_empty() && fixture.files("locks").is_empty());
}

#[test]
fn what_is_not_ours_is_counted_and_left_alone() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("mine"), "mine").unwrap();
    for what in PLANTS {
        let fixture = Fixture::new();
        let place = fixture.make_folders_of("page");
        plant(what, &place, outside.path());
        if what == "a directory" {
            fs::write(place.join("mine"), "mine").unwrap();
        }
        fs::write(fixture.path().join("data/README"), "mine").unwrap();
        let report = fixture.cache.sweep().unwrap();
        assert_eq!((report.foreign, report.entries), (2, 0), "{what}");
        assert!(fs::symlink_metadata(place).is_ok(), "{what} is still there");
        assert!(fixture.path().join("data/README").exists());
    }
    assert!(outside.path().join("mine").exists());
}

#[test]
fn an_empty_directory_in_the_place_of_an_entry_goes_like_every_empty_folder() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.make_folders_of("page")).unwrap();
    assert_eq!(fixture.cache.sweep().unwrap().folders, 1 + SHARDS, "itself and those around it");
    fixture.cache.put("page", &text("page"), &Policy::new()).unwrap();
    assert!(fixture.cache.get::<String>("page").unwrap().is_some());
}

#[test]
fn one_process_at_a_time_sweeps_and_the_other_says_busy() {
    let fixture = Fixture::new();
    fs::write(fixture.path().join(ORPHAN), "half").unwrap();
    let lock = fixture.cache.root().try_sweep_lock().unwrap();
    let report = fixture.another_process(Builder::new(Raw)).cache.sweep().unwrap();
    assert!(report.busy);
    assert_eq!(fixture.files("tmp").len(), 1, "it did nothing");
    drop(lock);
    assert_eq!(fixture.cache.sweep().unwrap().drafts, 1);
}

#[test]
fn an_entry_that_cannot_be_read_is_counted_and_keeps_no_other_from_being_swept() {
    let faults = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&faults);
    let fixture = Fixture::with(Builder::new(Raw).on_fault(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
    }));
    for key in ["a", "b", "c"] {
        fixture.cache.put(key, &text(key), &Policy::new().expire_in(HOUR).keep_stale(HOUR)).unwrap();
    }
    fixture.world.clock.advance(2 * HOUR);
    fixture.world.faults.add(Fault::on(Call::Read, Errno::IO).below("data/"));
    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.failed, report.entries), (1, 2));
    assert_eq!((faults.load(Ordering::Relaxed), fixture.cache.stats().faults), (1, 1));
    assert_eq!(fixture.cache.sweep().unwrap().entries, 1, "the next sweep tries again");
}

#[test]
fn a_tree_that_cannot_be_listed_is_an_error() {
    let fixture = Fixture::new();
    fixture.world.faults.add(Fault::on(Call::ReadDir, Errno::IO));
    assert!(matches!(fixture.cache.sweep(), Err(tagcache::Error::Io(_))));
}

#[test]
fn the_payload_of_a_large_entry_is_not_read() {
    let fixture = Fixture::new();
    fixture.cache.put("large", &vec![0u8; 3 << 20], &Policy::new()).unwrap();
    let (report, made) = fixture.world.counter.trace(|| fixture.cache.sweep().unwrap());
    assert_eq!(report.kept, 1);
    let reads =
        made.iter().filter(|made| made.call == Call::Read && made.path.to_bytes().starts_with(b"data/"));
    assert_eq!(reads.count(), 1, "its head fits in the first read");
}
