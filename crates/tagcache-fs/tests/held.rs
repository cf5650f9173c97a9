//! What is served from an open file, and when it no longer is.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{LAYOUT, key, publish, put, tags};
use tagcache_fs::sys::Env;
use tagcache_fs::{Errno, Held, Key, Os, Root, Sys, Time};
use tagcache_testkit::{At, Call, Fault, Faults, Hook, Hooked, Layered};
use tempfile::TempDir;

/// A root under the clock of the machine, which is the one that stamps inodes.
fn root() -> (TempDir, Root<Os>) {
    let dir = tempfile::tempdir().unwrap();
    let root = common::options().open(dir.path()).unwrap();
    (dir, root)
}

/// Opens the key until what lies there is old enough to be held.
fn hold<S: Sys>(root: &Root<S>, key: &Key) -> Held<S> {
    loop {
        let entry = root.entry(key).unwrap().into_entry().unwrap();
        if let Some(held) = entry.hold(root.sys().now()) {
            return held;
        }
        std::thread::yield_now();
    }
}

fn path_of(dir: &Path, key: &Key) -> std::path::PathBuf {
    dir.join(key.path_in(LAYOUT).to_str().unwrap())
}

/// What two puts in one instant and a backup do to the entry between them: its name goes without poison, and its count
/// is right all the same.
fn replace_unseen(dir: &Path, key: &Key) {
    let (place, other) = (path_of(dir, key), dir.join("other"));
    fs::write(&other, b"other").unwrap();
    let backup = dir.join("backup");
    fs::hard_link(&place, &backup).unwrap();
    fs::rename(&other, &place).unwrap();
}

#[test]
fn an_entry_at_rest_is_held_and_unchanged() {
    let (_dir, root) = root();
    let links = put(&root, &key("k"), &tags(["a"]), b"value");
    let held = hold(&root, &key("k"));
    assert!(held.meta().is_fresh(links, root.sys().now()));
    assert!(held.is_unchanged());
    assert!(held.is_unchanged(), "asking changes nothing");
}

#[test]
fn a_held_entry_does_not_keep_its_root_open() {
    let (dir, root) = root();
    put(&root, &key("k"), &[], b"value");
    let held = hold(&root, &key("k"));
    let is_open = || {
        let mut open = fs::read_dir("/proc/self/fd").unwrap();
        open.any(|item| fs::read_link(item.unwrap().path()).is_ok_and(|path| path == dir.path()))
    };
    assert!(is_open());
    drop(root);
    assert!(!is_open() && held.is_unchanged());
}

#[test]
fn an_entry_of_this_very_instant_is_not_held() {
    let (_dir, root) = root();
    put(&root, &key("k"), &[], b"value");
    let entry = root.entry(&key("k")).unwrap().into_entry().unwrap();
    let young = entry.meta().ctime.after(std::time::Duration::from_millis(100));
    let now = root.sys().now();
    // Where the machine stood still for so long in between, it is old enough.
    assert!(entry.hold(now).is_none() || young <= now);
}

#[test]
fn a_look_across_a_clock_that_was_set_back_is_worth_nothing() {
    let (_dir, root) = root();
    put(&root, &key("k"), &[], b"value");
    drop(hold(&root, &key("k")));
    let entry = root.entry(&key("k")).unwrap().into_entry().unwrap();
    assert!(entry.hold(Time::EPOCH).is_none());
}

#[test]
fn a_replaced_entry_whose_count_a_backup_made_right_again_is_changed() {
    // Two puts over an old entry, and a backup. The later put replaces what the earlier one has just published, which it
    // never looked at: no poison, and with the backup's link the count is right.
    let (dir, root) = root();
    let k = key("k");
    let links = put(&root, &k, &[], b"value");
    let mut entry = root.entry(&k).unwrap().into_entry().unwrap();
    let held = hold(&root, &k);
    replace_unseen(dir.path(), &k);
    assert!(entry.refresh().unwrap().is_fresh(links, root.sys().now()), "the count alone is deceived");
    assert!(!held.is_unchanged());
}

#[test]
fn an_entry_that_loses_its_name_between_open_and_stat_is_not_held() {
    let dir = tempfile::tempdir().unwrap();
    let armed = Arc::new(AtomicBool::new(false));
    let hook = {
        let (armed, dir) = (Arc::clone(&armed), dir.path().to_owned());
        Hook::new(move |at: &At<'_>| {
            if at.call == Call::Stat && armed.swap(false, Ordering::SeqCst) {
                replace_unseen(&dir, &key("k"));
            }
            Ok(())
        })
    };
    let root = common::options().open_on(Hooked::over(Os, &Arc::new(hook)), dir.path()).unwrap();
    let links = put(&root, &key("k"), &[], b"value");
    drop(hold(&root, &key("k")));

    armed.store(true, Ordering::SeqCst);
    let entry = root.entry(&key("k")).unwrap().into_entry().unwrap();
    assert!(!armed.load(Ordering::SeqCst), "it was replaced before the stat");
    assert!(entry.meta().is_fresh(links, root.sys().now()), "the look itself is deceived");
    assert!(entry.hold(root.sys().now()).is_none());
}

#[test]
fn whatever_another_process_does_to_it_is_a_change() {
    type Change = fn(&Root<Os>, &Path);
    let changes: [(&str, Change); 11] = [
        ("a put over it", |root, _| _ = publish(root, &key("k"), &[], b"new").unwrap()),
        ("a hard invalidation of its tag", |root, _| _ = root.invalidate_tags(&tags(["a"])).unwrap()),
        ("a soft expiry of its tag", |root, _| _ = root.expire_tags(&tags(["a"])).unwrap()),
        ("a hard invalidation of its key", |root, _| {
            root.invalidate_key(&key("k"), &mut |_| Vec::new()).unwrap();
        }),
        ("a soft expiry of its key", |root, _| _ = root.expire_key(&key("k")).unwrap()),
        ("a clear", |root, _| _ = root.clear().unwrap()),
        ("an eviction", |root, _| root.entry(&key("k")).unwrap().into_entry().unwrap().remove().unwrap()),
        ("a use that is recorded", |root, _| {
            let entry = root.entry(&key("k")).unwrap().into_entry().unwrap();
            entry.touch(root.sys().now()).unwrap();
        }),
        ("a backup", |_, dir| fs::hard_link(path_of(dir, &key("k")), dir.join("backup")).unwrap()),
        ("its removal by hand", |_, dir| fs::remove_file(path_of(dir, &key("k"))).unwrap()),
        ("a name that comes and goes", |_, dir| {
            fs::hard_link(path_of(dir, &key("k")), dir.join("backup")).unwrap();
            fs::remove_file(dir.join("backup")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (dir, root) = root();
        put(&root, &key("k"), &tags(["a"]), b"value");
        let held = hold(&root, &key("k"));
        change(&Root::open(dir.path()).unwrap(), dir.path());
        assert!(!held.is_unchanged(), "{what}");
    }
}

#[test]
fn what_happens_to_another_entry_is_no_change() {
    let (_dir, root) = root();
    put(&root, &key("k"), &tags(["a"]), b"value");
    put(&root, &key("other"), &tags(["a", "b"]), b"value");
    let held = hold(&root, &key("k"));
    put(&root, &key("other"), &tags(["a", "b"]), b"new");
    root.invalidate_tags(&tags(["b"])).unwrap();
    root.entry(&key("k")).unwrap().into_entry().unwrap().read(&mut Vec::new(), 5).unwrap();
    assert!(held.is_unchanged());
}

#[test]
fn an_inode_that_cannot_be_asked_counts_as_changed() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Arc::new(Faults::default());
    let root = common::options().open_on(Layered::over(Os, &faults), dir.path()).unwrap();
    put(&root, &key("k"), &[], b"value");
    let held = hold(&root, &key("k"));
    faults.add(Fault::on(Call::Stat, Errno::IO));
    assert!(!held.is_unchanged());
    assert!(held.is_unchanged(), "it can be asked again");
}
