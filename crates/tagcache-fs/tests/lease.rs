//! Who may regenerate a key.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use common::{Site, Trap, key};
use tagcache_fs::{Errno, Key, Lease, LeftBehind, Time};
use tagcache_testkit::{At, Call, Fault, TestSys};

/// Where the lease of a key lies.
fn lease_path(site: &Site, key: &Key) -> PathBuf {
    let digest: String = key.digest().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    site.path("locks").join(digest)
}

fn locks_a_lease(at: &At<'_>) -> bool {
    at.call == Call::TryLock && at.is_below("locks/")
}

#[test]
fn a_lease_excludes_everybody_until_it_is_dropped() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let lease = site.root.try_lease(&key("k")).unwrap().expect("nobody has it");
    assert!(lease_path(&site, &key("k")).exists());
    assert!(site.root.try_lease(&key("k")).unwrap().is_none(), "the same process");
    assert!(other.try_lease(&key("k")).unwrap().is_none(), "another one");
    assert!(other.try_lease(&key("l")).unwrap().is_some(), "another key");

    drop(lease);
    assert!(site.files("locks").is_empty());
    assert!(other.try_lease(&key("k")).unwrap().is_some());
}

#[test]
fn the_lease_of_a_process_that_died_is_taken_over() {
    let site = Site::new();
    let (world, other) = site.neighbour();
    let lease = other.try_lease(&key("k")).unwrap().unwrap();
    world.faults.die_at_change(1);
    drop(lease);
    assert!(world.faults.is_dead());
    assert!(lease_path(&site, &key("k")).exists(), "it could not remove its file");
    let lease = site.root.try_lease(&key("k")).unwrap().expect("the kernel freed the lock");
    drop(lease);
    assert!(site.files("locks").is_empty());
}

/// A comer that has opened the file of a holder who, in the instant before the comer locks it, gives the lease back
/// and does `more`.
fn come_while_the_holder_leaves(
    more: impl Fn() -> Option<Lease<TestSys>> + Send + Sync + 'static,
    site: &Site,
) -> bool {
    let (_, holder) = site.neighbour();
    let held = Arc::new(Mutex::new(holder.try_lease(&key("k")).unwrap()));
    let next = Arc::new(Mutex::new(None));
    let (trap, kept) = (Trap::default(), Arc::clone(&next));
    let comer = trap.root(site.dir.path(), locks_a_lease, move |_| {
        drop(held.lock().unwrap().take());
        *kept.lock().unwrap() = more();
    });
    trap.arm();
    let lease = comer.try_lease(&key("k")).unwrap();
    assert!(!trap.is_armed());
    if lease.is_some() {
        assert!(
            lease_path(site, &key("k")).exists(),
            "a lease is at its path, where the next comer meets it"
        );
        assert!(site.root.try_lease(&key("k")).unwrap().is_none());
    }
    lease.is_some()
}

#[test]
fn a_comer_that_locked_the_file_of_a_holder_who_left_tries_again() {
    let site = Site::new();
    assert!(come_while_the_holder_leaves(|| None, &site));
}

#[test]
fn a_comer_that_locked_the_file_of_a_holder_who_left_finds_the_next_holder() {
    // Without a look at the inode both would hold a lease of the key, on two files.
    let site = Site::new();
    let (_, third) = site.neighbour();
    let take = move || Some(third.try_lease(&key("k")).unwrap().expect("it is free in this instant"));
    assert!(!come_while_the_holder_leaves(take, &site));
}

#[test]
fn a_missing_folder_of_leases_is_made_again() {
    let site = Site::new();
    fs::remove_dir(site.path("locks")).unwrap();
    assert!(site.root.try_lease(&key("k")).unwrap().is_some());
}

#[test]
fn a_lease_that_cannot_be_opened_or_locked_is_an_error_and_not_held() {
    let site = Site::new();
    for (call, errno) in
        [(Call::OpenOrCreate, Errno::MFILE), (Call::TryLock, Errno::NOLCK), (Call::StatAt, Errno::IO)]
    {
        site.world.faults.add(Fault::on(call, errno));
        let error = site.root.try_lease(&key("k")).unwrap_err();
        assert_eq!(error.errno(), errno);
        assert!(error.path().starts_with(site.path("locks")));
    }
    assert!(site.root.try_lease(&key("k")).unwrap().is_some());
}

#[test]
fn the_file_of_a_lease_is_readable_by_its_owner_only() {
    let site = Site::new();
    let _lease = site.root.try_lease(&key("k")).unwrap().unwrap();
    assert_eq!(fs::metadata(lease_path(&site, &key("k"))).unwrap().mode() & 0o777, 0o600);
}

/// A failure now, with this delay.
fn word(site: &Site, delay: Duration) -> LeftBehind {
    let failed_at = site.world.clock.now();
    LeftBehind { failed_at, not_before: failed_at.after(delay) }
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn what_a_holder_leaves_behind_is_read_by_the_next_one_in_any_process() {
    let site = Site::new();
    let word = word(&site, MINUTE);
    site.root.try_lease(&key("k")).unwrap().unwrap().leave_behind(word).unwrap();
    assert!(lease_path(&site, &key("k")).exists(), "the file stays");

    let (_, other) = site.neighbour();
    let next = other.try_lease(&key("k")).unwrap().expect("and nobody holds it");
    assert_eq!(next.left_behind(), Some(word));
    assert_eq!(word.delay(), MINUTE);
}

#[test]
fn a_comer_can_give_the_lease_back_as_it_was_found() {
    let site = Site::new();
    let word = word(&site, MINUTE);
    site.root.try_lease(&key("k")).unwrap().unwrap().leave_behind(word).unwrap();
    site.root.try_lease(&key("k")).unwrap().unwrap().leave_as_found();
    let next = site.root.try_lease(&key("k")).unwrap().expect("nobody holds it");
    assert_eq!(next.left_behind(), Some(word), "it holds on");
    drop(next);
    assert!(site.files("locks").is_empty(), "and ends with the next one who does not say so");
}

#[test]
fn neither_a_new_lease_nor_that_of_a_dead_holder_says_anything() {
    let site = Site::new();
    let (world, other) = site.neighbour();
    let lease = other.try_lease(&key("k")).unwrap().unwrap();
    assert_eq!(lease.left_behind(), None);
    world.faults.die_at_change(1);
    drop(lease);
    let lease = site.root.try_lease(&key("k")).unwrap().expect("the kernel freed the lock");
    assert_eq!(lease.left_behind(), None);
}

#[test]
fn what_was_left_behind_holds_from_the_failure_to_its_end() {
    let at = Time::from_parts;
    let word = LeftBehind { failed_at: at(100, 0), not_before: at(160, 0) };
    let cases =
        [(at(99, 999_999_999), false), (at(100, 0), true), (at(159, 999_999_999), true), (at(160, 0), false)];
    for (now, holds) in cases {
        assert_eq!(word.holds(now), holds, "at {now:?}: a failure in the future is not believed");
    }
}

#[test]
fn a_lease_whose_times_cannot_be_set_is_given_back_like_any_other() {
    for call in [Call::SetAtime, Call::SetMtime] {
        let site = Site::new();
        site.world.faults.add(Fault::on(call, Errno::ROFS));
        let lease = site.root.try_lease(&key("k")).unwrap().unwrap();
        assert_eq!(lease.leave_behind(word(&site, MINUTE)).unwrap_err().errno(), Errno::ROFS);
        assert!(site.files("locks").is_empty());
    }
}

#[test]
fn a_process_that_dies_while_it_leaves_word_says_nothing_or_all() {
    for step in 1..=3 {
        let site = Site::new();
        let (world, other) = site.neighbour();
        let lease = other.try_lease(&key("k")).unwrap().unwrap();
        // The file was made by the clock of the kernel, and the failure comes after that.
        // In whole seconds, which every filesystem can hold.
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        site.world.clock.set(Time::from_nanos(seconds * 1_000_000_000).after(MINUTE));
        let word = word(&site, MINUTE);
        world.faults.die_at_change(step);
        let _ = lease.leave_behind(word);
        let next = site.root.try_lease(&key("k")).unwrap().expect("the kernel freed the lock");
        let expected = (step == 3).then_some(word);
        assert_eq!(next.left_behind().filter(|word| word.holds(site.world.clock.now())), expected, "{step}");
    }
}
