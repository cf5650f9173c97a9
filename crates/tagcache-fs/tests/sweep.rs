//! The cleanup: what is dead goes, what lives stays, and so does what is not ours.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::time::Duration;

use common::{LAYOUT, Site, Trap, checked, get, key, publish, put, soon, sweep, tag, tags};
use tagcache_fs::{Errno, LeftBehind};
use tagcache_testkit::{Call, Fault, World, folders};

/// A draft of key `k` and tags `a` and `b`, left behind by a process that died before it could publish it.
fn leave_an_orphan(site: &Site) {
    let (world, other) = site.neighbour();
    let draft = checked(&other, &key("k"), &tags(["a", "b"]), b"value").unwrap();
    world.faults.die_at_change(1);
    drop(draft);
}

#[test]
fn the_draft_of_a_process_that_died_goes_with_its_links() {
    let site = Site::new();
    leave_an_orphan(&site);
    assert_eq!(site.all_files().len(), 3);
    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert_eq!(site.root.sweep_drafts(&lock).unwrap(), 1);
    assert_eq!(site.root.sweep_links(&lock).unwrap(), 2);
    assert!(site.root.sweep_folders(&lock).unwrap() > 0);
    assert!(site.all_files().is_empty() && folders(site.path("data")).unwrap().is_empty());
}

#[test]
fn a_draft_that_is_being_born_is_left_alone_at_every_step() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let mut draft = site.root.draft(&key("k"), site.root.mark().unwrap()).unwrap();
    sweep(&other);
    draft.write(b"value").unwrap();
    sweep(&other);
    let stamped = draft.stamp(soon(&site.root)).unwrap();
    sweep(&other);
    let linked = stamped.link(&tags(["a", "b"])).unwrap();
    sweep(&other);
    let checked = linked.check().unwrap();
    sweep(&other);
    let links = checked.publish().unwrap().links();
    sweep(&other);
    assert_eq!(get(&site.root, &key("k"), links).as_deref(), Some(&b"value"[..]));
}

#[test]
fn a_draft_that_has_only_some_of_its_links_is_left_alone() {
    // Its count says that it is dead; its lock says that it is not.
    let site = Site::new();
    let (trap, (_, other)) = (Trap::default(), site.neighbour());
    let second = tag("b").path_in(LAYOUT).into_string().unwrap();
    let root = trap.root(
        site.dir.path(),
        move |at| at.call == Call::Link && at.is_below("tmp/") && at.is_below(&second),
        move |_| sweep(&other),
    );
    trap.arm();
    let links = put(&root, &key("k"), &tags(["a", "b"]), b"value");
    assert!(!trap.is_armed() && get(&site.root, &key("k"), links).is_some());
}

#[test]
fn a_draft_that_is_published_before_the_sweep_locks_it_stays() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let draft = checked(&other, &key("k"), &tags(["a"]), b"value").unwrap();
    let waiting = std::sync::Mutex::new(Some(draft));
    let trap = Trap::default();
    let sweeper = trap.root(
        site.dir.path(),
        |at| at.call == Call::TryLock && at.is_below("tmp/"),
        move |_| drop(waiting.lock().unwrap().take().unwrap().publish().unwrap()),
    );
    trap.arm();
    sweep(&sweeper);
    assert!(!trap.is_armed() && get(&site.root, &key("k"), 2).is_some());
}

#[test]
fn the_links_of_what_was_invalidated_or_replaced_go() {
    let site = Site::new();
    put(&site.root, &key("poisoned"), &tags(["a", "b"]), b"value");
    site.root.invalidate_tags(&tags(["a"])).unwrap();
    put(&site.root, &key("replaced"), &tags(["b"]), b"value");
    drop(publish(&site.root, &key("replaced"), &tags(["c"]), b"later").unwrap());
    put(&site.root, &key("detached"), &tags(["c"]), b"value");
    fs::remove_file(site.key_path(&key("detached"))).unwrap();

    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert_eq!(site.root.sweep_links(&lock).unwrap(), 3);
    assert_eq!(site.root.sweep_links(&lock).unwrap(), 0);
    assert_eq!(get(&site.root, &key("replaced"), 2).as_deref(), Some(&b"later"[..]));
    assert_eq!(site.files("data").len(), 3, "two keys, one of them dead, and one link");
}

#[test]
fn a_link_whose_name_lies_about_its_inode_goes() {
    // What a backup that was restored by copying leaves.
    let site = Site::new();
    put(&site.root, &key("k"), &tags(["a"]), b"value");
    let ino = site.root.entry(&key("k")).unwrap().into_entry().unwrap().meta().id.1;
    let link = site.link_path(&tag("a"), 2, ino);
    let copied = link.with_file_name("1:7");
    fs::copy(&link, &copied).unwrap();
    sweep(&site.root);
    assert!(!copied.exists() && link.exists());
}

#[test]
fn what_a_holder_left_behind_stays_until_its_time_is_over() {
    let site = Site::new();
    let failed_at = site.world.clock.now();
    let word = LeftBehind { failed_at, not_before: failed_at.after(Duration::from_secs(60)) };
    site.root.try_lease(&key("failed")).unwrap().unwrap().leave_behind(word).unwrap();
    let lock = site.root.try_sweep_lock().unwrap().unwrap();

    assert_eq!(site.root.sweep_leases(&lock).unwrap(), 0);
    let next = site.root.try_lease(&key("failed")).unwrap().expect("nobody holds it");
    assert_eq!(next.left_behind(), Some(word), "and the sweep left its times alone");
    next.leave_as_found();
    site.world.clock.advance(Duration::from_secs(60));
    assert_eq!(site.root.sweep_leases(&lock).unwrap(), 1);
}

#[test]
fn a_lease_that_nobody_holds_goes_and_one_that_is_held_stays() {
    let site = Site::new();
    let _held = site.root.try_lease(&key("held")).unwrap().unwrap();
    let (world, other) = site.neighbour();
    let lease = other.try_lease(&key("dead")).unwrap().unwrap();
    world.faults.die_at_change(1);
    drop(lease);
    assert_eq!(site.files("locks").len(), 2);
    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert_eq!(site.root.sweep_leases(&lock).unwrap(), 1);
    assert_eq!(site.files("locks").len(), 1);
    assert!(site.root.try_lease(&key("held")).unwrap().is_none());
}

#[test]
fn folders_in_use_stay() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    let before = folders(site.path("data")).unwrap();
    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert_eq!(site.root.sweep_folders(&lock).unwrap(), 0);
    assert_eq!(folders(site.path("data")).unwrap(), before);
    assert!(get(&site.root, &key("k"), links).is_some());
}

#[test]
fn files_of_others_are_left_where_they_are() {
    // A sweep once removed every file in `tmp/` that nobody had locked, whatever its name: it may be all that a user
    // has, in a directory that we took for an abandoned root.
    let site = Site::new();
    let foreign = [
        "tmp/thesis.odt",
        "tmp/0123456789abcdef0123456789abcdef",
        "tmp/0123456789abcdef0123456789abcdef.",
        "tmp/0123456789ABCDEF0123456789ABCDEF.0123456789abcdef",
        "tmp/log-today",
        "tmp/.nfs0001",
        "locks/front-door",
        "data/notes",
    ];
    for path in foreign {
        fs::write(site.path(path), b"somebody's").unwrap();
    }
    sweep(&site.root);
    for path in foreign {
        assert_eq!(fs::read(site.path(path)).unwrap(), b"somebody's", "{path}");
    }
}

#[test]
fn what_openers_and_log_makers_left_when_they_died_goes() {
    let files = [
        "tmp/log-0123456789abcdef",
        "tmp/format-0123456789abcdef",
        "tmp/probe-0123456789abcdef-a",
        "locks/probe-0123456789abcdef-b",
        "data/probe-0123456789abcdef-a",
    ];
    let site = Site::new();
    for path in files {
        fs::write(site.path(path), b"").unwrap();
    }
    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert_eq!(site.root.sweep_drafts(&lock).unwrap() + site.root.sweep_leases(&lock).unwrap(), 5);
    assert!(site.all_files().is_empty());
}

#[test]
fn one_process_sweeps_at_a_time() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let lock = site.root.try_sweep_lock().unwrap().unwrap();
    assert!(other.try_sweep_lock().unwrap().is_none());
    assert!(site.root.try_sweep_lock().unwrap().is_none());
    drop(lock);
    assert!(other.try_sweep_lock().unwrap().is_some());
}

#[test]
fn what_cannot_be_swept_is_an_error_and_keeps_its_name() {
    for (call, doing) in [(Call::SetMtime, "poison"), (Call::Unlink, "remove"), (Call::TryLock, "lock")] {
        let site = Site::new();
        leave_an_orphan(&site);
        let lock = site.root.try_sweep_lock().unwrap().unwrap();
        site.world.faults.add(Fault::on(call, Errno::IO));
        let error = site.root.sweep_drafts(&lock).unwrap_err();
        assert_eq!((error.doing(), error.errno()), (doing, Errno::IO));
        assert_eq!(site.files("tmp").len(), 1);
        assert_eq!(site.root.sweep_drafts(&lock).unwrap(), 1, "the next one goes on");
    }
}

#[test]
fn an_opener_is_not_disturbed_by_a_sweep_that_removes_its_probe() {
    // The opener counts the links of the settings file with one more name in `tmp/`. A sweep took that name in between,
    // and the opener concluded that it was in a lower layer of an overlay.
    let site = Site::new();
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let (trap, (_, other)) = (Trap::default(), site.neighbour());
    trap.arm();
    let root = trap.root(
        site.dir.path(),
        move |at| {
            let is_look = at.call == Call::StatAt && at.path == c"tagcache.format";
            is_look && looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1
        },
        move |_| sweep(&other),
    );
    assert!(!trap.is_armed());
    drop(root);
    assert!(site.files("tmp").is_empty());
}

#[test]
fn a_sweep_of_an_empty_root_finds_nothing() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let root = common::options().open_on(world.sys(), dir.path()).unwrap();
    let lock = root.try_sweep_lock().unwrap().unwrap();
    let counts = [
        root.sweep_drafts(&lock).unwrap(),
        root.sweep_links(&lock).unwrap(),
        root.sweep_leases(&lock).unwrap(),
        root.sweep_folders(&lock).unwrap(),
    ];
    assert_eq!(counts, [0; 4]);
}
