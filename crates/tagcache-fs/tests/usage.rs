//! How much there is, without a walk: tallies of several processes, what a sweep counts, and what damage does.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use common::{Site, key, sweep};
use tagcache_fs::{Errno, Ledger, Passed, Place, Shard, Sys, Tally, Time, Walk};
use tagcache_testkit::{Call, Fault};

fn of(files: i64) -> Tally {
    Tally { files, bytes: files * 4096, folder_bytes: 0 }
}

fn files<S: Sys>(ledger: &Ledger<S>) -> u64 {
    ledger.refresh().unwrap().files
}

/// A sweep that finds so many entries in every outer folder.
fn count_all<S: Sys>(ledger: &Ledger<S>, each: i64) {
    ledger.counted(Walk::Entries, 0..=u8::MAX, of(each)).unwrap();
    ledger.counted(Walk::Links, 0..=u8::MAX, Tally::default()).unwrap();
}

#[test]
fn what_one_process_adds_the_others_see_when_they_look() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let (ours, theirs) = (site.root.ledger(), other.ledger());
    ours.add(key("a").shard(), of(3)).unwrap();
    theirs.add(key("b").shard(), of(4)).unwrap();
    assert_eq!((ours.usage().files, theirs.usage().files), (3, 4), "its own at once");
    assert_eq!((files(&ours), files(&theirs)), (7, 7));
    theirs.add(key("b").shard(), of(-4)).unwrap();
    assert_eq!((files(&ours), files(&theirs)), (3, 3));
}

#[test]
fn to_add_is_one_write_and_to_ask_is_no_call() {
    let site = Site::new();
    let ledger = site.root.ledger();
    ledger.add(key("a").shard(), of(1)).unwrap();
    let (_, made) = site.world.counter.during(|| ledger.add(key("a").shard(), of(1)).unwrap());
    assert_eq!(made, [(Call::Write, 1)]);
    let (usage, made) = site.world.counter.during(|| ledger.usage());
    assert_eq!((usage.files, made.total()), (2, 0));
}

#[test]
fn to_look_is_three_calls() {
    let site = Site::new();
    let ledger = site.root.ledger();
    ledger.refresh().unwrap();
    ledger.add(key("a").shard(), of(1)).unwrap();
    let (usage, made) = site.world.counter.during(|| ledger.refresh().unwrap());
    assert_eq!(usage.files, 1);
    assert_eq!(made, [(Call::StatAt, 2), (Call::ReadAt, 1)]);
}

#[test]
fn the_space_of_the_log_and_of_the_file_itself_is_counted() {
    let site = Site::new();
    site.root.clear().unwrap();
    let ledger = site.root.ledger();
    ledger.add(key("a").shard(), of(1)).unwrap();
    let beside: u64 = ["log", "usage"]
        .map(|name| std::os::unix::fs::MetadataExt::blocks(&fs::metadata(site.path(name)).unwrap()) * 512)
        .iter()
        .sum();
    assert_eq!(ledger.refresh().unwrap().bytes, 4096 + beside);
}

#[test]
fn a_count_repairs_what_was_believed_and_says_when_all_is_counted() {
    let site = Site::new();
    let ledger = site.root.ledger();
    ledger.add(key("a").shard(), of(1000)).unwrap();
    assert!(!ledger.refresh().unwrap().counted);
    count_all(&ledger, 2);
    let usage = ledger.refresh().unwrap();
    assert_eq!((usage.files, usage.counted), (512, true));
    ledger.add(key("a").shard(), of(1)).unwrap();
    assert_eq!(files(&ledger), 513);
    ledger.emptied().unwrap();
    assert_eq!(files(&ledger), 0);
}

#[test]
fn more_removed_than_was_ever_there_is_nothing() {
    let site = Site::new();
    let ledger = site.root.ledger();
    ledger.add(key("a").shard(), Tally { files: i64::MIN, bytes: i64::MIN, folder_bytes: i64::MIN }).unwrap();
    ledger.add(key("a").shard(), Tally { files: -1, bytes: -1, folder_bytes: -1 }).unwrap();
    assert_eq!((files(&ledger), ledger.usage().files), (0, 0));
}

#[test]
fn where_a_sweep_stopped_is_known_to_every_process() {
    let site = Site::new();
    let (ledger, place) = (
        site.root.ledger(),
        Place { walk: Walk::Entries, shard: Shard::new(7, 9), passed: Passed::default(), counted: of(5) },
    );
    ledger.stopped(place).unwrap();
    let (_, other) = site.neighbour();
    let other = other.ledger();
    other.refresh().unwrap();
    assert_eq!((other.place(), other.finished()), (Some(place), None));
    other.finish(Time::from_nanos(5)).unwrap();
    ledger.refresh().unwrap();
    assert_eq!((ledger.place(), ledger.finished()), (None, Some(Time::from_nanos(5))));
}

/// Enough records to make the file be made anew.
fn fill_up<S: Sys>(ledger: &Ledger<S>) {
    for _ in 0..70 {
        ledger.emptied().unwrap();
    }
}

#[test]
fn a_long_file_is_made_anew_and_says_the_same() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let (ours, theirs) = (site.root.ledger(), other.ledger());
    count_all(&ours, 1);
    assert_eq!(files(&theirs), 256);
    fill_up(&ours);
    count_all(&ours, 1);
    let long = fs::metadata(site.path("usage")).unwrap().len();
    ours.refresh().unwrap();
    assert!(fs::metadata(site.path("usage")).unwrap().len() < long / 8);
    for ledger in [&ours, &theirs] {
        let usage = ledger.refresh().unwrap();
        assert_eq!((usage.files, usage.counted), (256, true));
    }
    theirs.add(key("a").shard(), of(1)).unwrap();
    assert_eq!(files(&ours), 257);
    assert!(site.files("tmp").is_empty());
}

#[test]
fn what_is_added_while_the_file_is_made_anew_is_not_lost() {
    // Under many puts a limit was exceeded by more and more: each time that the file was made anew, what its own maker
    // added next went to the old one.
    let site = Site::new();
    let (_, other) = site.neighbour();
    let (ours, theirs) = (site.root.ledger(), other.ledger());
    assert_eq!((files(&ours), files(&theirs)), (0, 0));
    fill_up(&ours);
    assert_eq!(files(&ours), 0, "made anew");
    ours.add(key("a").shard(), of(1)).unwrap();
    theirs.add(key("b").shard(), of(2)).unwrap();
    assert_eq!((files(&theirs), files(&ours)), (3, 3));
}

#[test]
fn a_file_that_cannot_be_made_anew_is_used_as_it_is() {
    let site = Site::new();
    let ledger = site.root.ledger();
    fill_up(&ledger);
    site.world.faults.add(Fault::on(Call::Rename, Errno::NOSPC));
    assert_eq!(files(&ledger), 0);
    assert!(site.files("tmp").is_empty(), "the draft is taken back");
    ledger.add(key("a").shard(), of(1)).unwrap();
    assert_eq!(files(&ledger), 1);
}

#[test]
fn the_draft_of_a_process_that_died_while_it_made_the_file_anew_is_swept() {
    let site = Site::new();
    let (world, other) = site.neighbour();
    let ledger = other.ledger();
    fill_up(&ledger);
    // Create, mode, write.
    world.faults.die_at_change(4);
    assert!(ledger.refresh().is_ok());
    assert_eq!(site.files("tmp").len(), 1);
    drop((ledger, other));
    sweep(&site.root);
    assert!(site.files("tmp").is_empty());
}

/// Ways to damage the file, each done after all was counted.
type Damage = (&'static str, fn(&Site));
const DAMAGES: [Damage; 4] = [
    ("zeroes", |site| fs::write(site.path("usage"), [0; 64]).unwrap()),
    ("half a record", |site| {
        let mut file = fs::OpenOptions::new().append(true).open(site.path("usage")).unwrap();
        file.write_all(&[1; 17]).unwrap();
    }),
    ("noise", |site| fs::write(site.path("usage"), "no usage at all").unwrap()),
    ("cut", |site| {
        let file = fs::OpenOptions::new().write(true).open(site.path("usage")).unwrap();
        file.set_len(33).unwrap();
    }),
];

#[test]
fn a_damaged_file_is_made_anew_and_waits_for_the_next_sweep() {
    for (damage, strike) in DAMAGES {
        let site = Site::new();
        count_all(&site.root.ledger(), 1);
        strike(&site);
        let (_, other) = site.neighbour();
        let ledger = other.ledger();
        ledger.refresh().unwrap();
        let usage = ledger.refresh().unwrap();
        assert!(!usage.counted, "{damage}");
        count_all(&ledger, 3);
        assert_eq!(files(&other.ledger()), 768, "{damage}");
        assert!(ledger.refresh().unwrap().counted, "{damage}");
    }
}

#[test]
fn a_file_that_somebody_removed_is_made_again_and_knows_nothing() {
    let site = Site::new();
    let ledger = site.root.ledger();
    count_all(&ledger, 1);
    ledger.refresh().unwrap();
    fs::remove_file(site.path("usage")).unwrap();
    assert!(!ledger.refresh().unwrap().counted);
    ledger.add(key("a").shard(), of(1)).unwrap();
    assert_eq!(files(&site.root.ledger()), 1);
}

#[test]
fn what_is_planted_in_its_place_is_an_error_and_is_not_touched() {
    for plant in ["link", "folder", "socket"] {
        let site = Site::new();
        let outside = tempfile::NamedTempFile::new().unwrap();
        let path = site.path("usage");
        match plant {
            "link" => symlink(outside.path(), path).unwrap(),
            "folder" => fs::create_dir(path).unwrap(),
            _ => drop(UnixListener::bind(path).unwrap()),
        }
        let ledger = site.root.ledger();
        assert!(ledger.add(key("a").shard(), of(1)).is_err(), "{plant}");
        assert!(ledger.refresh().is_err(), "{plant}");
        assert_eq!(fs::metadata(outside.path()).unwrap().len(), 0, "{plant}");
    }
}

#[test]
fn half_a_write_is_an_error_and_is_healed_by_the_next_look() {
    let site = Site::new();
    let ledger = site.root.ledger();
    count_all(&ledger, 1);
    let mut file = fs::OpenOptions::new().append(true).open(site.path("usage")).unwrap();
    file.write_all(&[7; 5]).unwrap();
    ledger.add(key("a").shard(), of(1)).unwrap();
    ledger.refresh().unwrap();
    assert_eq!(fs::metadata(site.path("usage")).unwrap().len() % 32, 0);
    count_all(&ledger, 1);
    assert_eq!(files(&ledger), 256);
}

#[test]
fn one_evicts_at_a_time() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let (ours, theirs) = (site.root.ledger(), other.ledger());
    let lock = ours.try_evict_lock().unwrap();
    assert!(lock.is_some());
    assert!(ours.try_evict_lock().unwrap().is_none(), "not even in one process");
    assert!(theirs.try_evict_lock().unwrap().is_none());
    drop(lock);
    assert!(theirs.try_evict_lock().unwrap().is_some());
}
