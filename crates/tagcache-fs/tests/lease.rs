//! Who may regenerate a key.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::{Site, Trap, key};
use tagcache_fs::{Errno, Key, Lease};
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
