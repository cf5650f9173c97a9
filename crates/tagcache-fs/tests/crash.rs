//! A process dies at any step. What it leaves must read as the truth or as nothing, and a sweep must clean it up.
//!
//! A step is a call that changes something. Each test lets a process die at the first one, at the second, and so on, each
//! on a root of its own.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use common::{Site, get, key, publish, put, sweep, tag, tags};
use tagcache_fs::sys::Env;
use tagcache_fs::{Os, Root, Standing, Time};
use tagcache_testkit::{TestSys, folders};

const OLD: &[u8] = b"the old value";
const NEW: &[u8] = b"the new value, which is longer";

/// Dies at the first change, at the second, and so on until it lives to the end, and shows each root that is left.
///
/// How many changes there are is not known beforehand: whether a bucket must be made depends on an inode number.
fn at_every_change(prepare: impl Fn(&Site), act: impl Fn(&Root<TestSys>), look: impl Fn(&Site, u64)) {
    for step in 1.. {
        let site = Site::new();
        prepare(&site);
        let (world, root) = site.neighbour();
        // The log is opened, or made, by whoever comes first.
        drop(root.mark().unwrap());
        world.faults.die_at_change(step);
        act(&root);
        drop(root);
        look(&site, step);
        if !world.faults.is_dead() {
            assert!(step > 4, "only {step} steps are no operation");
            return;
        }
    }
}

/// After a sweep: an entry with all its names, or none, and nothing else.
fn is_clean(site: &Site, links: u64, step: u64) {
    sweep(&site.root);
    let whole = site.root.entry(&key("k")).unwrap().into_entry();
    let expected = match &whole {
        Some(entry) => {
            assert_eq!(entry.meta().standing(links), Standing::Whole, "step {step}");
            usize::try_from(links).unwrap()
        }
        None => 0,
    };
    assert_eq!(site.all_files().len(), expected, "step {step}: {:?}", site.all_files());
    if expected == 0 {
        assert_eq!(folders(site.path("data")).unwrap(), Vec::<String>::new(), "step {step}");
    }
}

/// What a reader is served, fresh or while somebody refreshes it.
fn served(site: &Site) -> Option<Vec<u8>> {
    let entry = site.root.entry(&key("k")).unwrap().into_entry()?;
    let mut bytes = Vec::new();
    entry.read(&mut bytes, entry.meta().size).unwrap();
    (entry.meta().standing(3) == Standing::Whole).then_some(bytes)
}

/// Publishes as far as the process lives, and cleans up behind what it replaced.
fn publish_over(root: &Root<TestSys>) {
    let t = tags(["a", "b"]);
    if let Ok(published) = publish(root, &key("k"), &t, NEW) {
        if let Some(old) = published.replaced() {
            let _ = old.remove_links(&t);
        }
    }
}

#[test]
fn a_publish_that_died_shows_the_whole_value_or_nothing() {
    at_every_change(
        |_| {},
        publish_over,
        |site, step| {
            assert!(served(site).is_none_or(|value| value == NEW), "step {step}");
            is_clean(site, 3, step);
        },
    );
}

#[test]
fn a_publish_over_an_entry_that_died_shows_the_old_value_or_the_new_one() {
    at_every_change(
        |site| drop(publish(&site.root, &key("k"), &tags(["a", "b"]), OLD).unwrap()),
        publish_over,
        |site, step| {
            let value = served(site).unwrap_or_default();
            assert!(value == OLD || value == NEW, "step {step}");
            is_clean(site, 3, step);
            assert_eq!(served(site), Some(value), "step {step}: a sweep costs nobody a value");
        },
    );
}

#[test]
fn what_lost_its_name_is_not_served_from_the_hand_even_if_a_backup_makes_up_for_the_number() {
    // The rename takes a name, and the process that was to poison the file then dies. A foreign hard link makes the count
    // right again, and whoever holds the file open must still see that something happened.
    let held = RefCell::new(None);
    at_every_change(
        |site| {
            let old = publish(&site.root, &key("k"), &tags(["a", "b"]), OLD).unwrap().ino();
            // Old enough, by the clock of the test; and so it is for the clock that stamps inodes, once that has ticked.
            site.world.clock.set(Os.now().after(Duration::from_secs(10)));
            let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
            wait_for_a_tick(site, entry.meta().ctime);
            held.replace(Some((old, entry.hold(site.world.clock.now()).unwrap())));
        },
        publish_over,
        |site, step| {
            let (old, held) = held.take().unwrap();
            if fs::metadata(site.key_path(&key("k"))).unwrap().ino() != old {
                fs::hard_link(site.link_path(&tag("b"), 3, old), site.path("backup")).unwrap_or_default();
                assert!(!held.is_unchanged(), "step {step}");
            }
        },
    );
}

/// Until a file that is made has another change time than this.
fn wait_for_a_tick(site: &Site, time: Time) {
    let scratch = site.path("scratch");
    let stamp = || {
        fs::write(&scratch, b"").unwrap();
        let meta = fs::metadata(&scratch).unwrap();
        fs::remove_file(&scratch).unwrap();
        Time::from_parts(meta.ctime(), u32::try_from(meta.ctime_nsec()).unwrap())
    };
    while stamp() <= time {}
}

#[test]
fn whatever_a_publish_left_a_later_invalidation_of_its_tag_finds() {
    at_every_change(
        |site| drop(publish(&site.root, &key("k"), &tags(["a", "b"]), OLD).unwrap()),
        publish_over,
        |site, step| {
            site.root.invalidate_tags(&tags(["b"])).unwrap();
            assert!(get(&site.root, &key("k"), 3).is_none(), "step {step}");
            let links = put(&site.root, &key("k"), &tags(["a", "b"]), NEW);
            assert!(get(&site.root, &key("k"), links).is_some(), "step {step}: and the next put succeeds");
            is_clean(site, links, step);
        },
    );
}

/// Three entries of one tag.
fn three(site: &Site) {
    for name in ["k", "l", "m"] {
        put(&site.root, &key(name), &tags(["a", "b"]), OLD);
    }
}

fn alive(site: &Site) -> usize {
    ["k", "l", "m"].iter().filter(|name| get(&site.root, &key(name), 3).is_some()).count()
}

#[test]
fn an_invalidation_that_died_is_completed_by_the_next() {
    at_every_change(
        three,
        |root| drop(root.invalidate_tags(&tags(["a"]))),
        |site, step| {
            site.root.invalidate_tags(&tags(["a"])).unwrap();
            assert_eq!(alive(site), 0, "step {step}");
            site.root.clear().unwrap();
            sweep(&site.root);
            assert!(site.all_files().is_empty(), "step {step}");
        },
    );
}

#[test]
fn an_invalidation_that_died_makes_nothing_fresh_that_was_dead() {
    at_every_change(
        |site| {
            three(site);
            site.root.invalidate_tags(&tags(["b"])).unwrap();
        },
        |root| drop(root.clear()),
        |site, step| {
            assert_eq!(alive(site), 0, "step {step}");
            sweep(&site.root);
            assert_eq!(alive(site), 0, "step {step}");
        },
    );
}

#[test]
fn an_invalidation_of_a_key_that_died_leaves_the_other_entries() {
    at_every_change(
        three,
        |root| drop(root.invalidate_key(&key("k"), &mut |_| tags(["a", "b"]).to_vec())),
        |site, step| {
            assert!(alive(site) >= 2, "step {step}");
            sweep(&site.root);
            site.root.invalidate_key(&key("k"), &mut |_| tags(["a", "b"]).to_vec()).unwrap();
            assert_eq!(alive(site), 2, "step {step}");
            sweep(&site.root);
            assert_eq!(site.all_files().len(), 6, "step {step}");
        },
    );
}

#[test]
fn a_sweep_that_died_is_completed_by_the_next_and_costs_nobody_a_value() {
    let sweep_if_alive = |root: &Root<TestSys>| {
        if let Ok(Some(lock)) = root.try_sweep_lock() {
            let _ = root.sweep_drafts(&lock);
            let _ = root.sweep_links(&lock);
            let _ = root.sweep_leases(&lock);
            let _ = root.sweep_folders(&lock);
        }
    };
    at_every_change(
        |site| {
            three(site);
            let (world, other) = site.neighbour();
            let draft = common::checked(&other, &key("n"), &tags(["c"]), NEW).unwrap();
            let lease = other.try_lease(&key("n")).unwrap();
            world.faults.die_at_change(1);
            drop((draft, lease));
            site.root.invalidate_tags(&tags(["d"])).unwrap();
            put(&site.root, &key("dead"), &tags(["e", "f"]), OLD);
            site.root.invalidate_tags(&tags(["e"])).unwrap();
        },
        sweep_if_alive,
        |site, step| {
            assert_eq!(alive(site), 3, "step {step}");
            sweep(&site.root);
            assert_eq!(alive(site), 3, "step {step}");
            assert_eq!(
                site.all_files().len(),
                9 + 1,
                "step {step}: three entries, and the key of the dead one"
            );
        },
    );
}

#[test]
fn a_rotation_that_died_is_completed_and_no_fill_misses_an_invalidation() {
    let fill_up = |site: &Site| {
        drop(site.root.mark().unwrap());
        let mut log = fs::OpenOptions::new().append(true).open(site.path("log")).unwrap();
        let mut done = [0; 32];
        done[0] = 6;
        std::io::Write::write_all(&mut log, &done.repeat(32_768)).unwrap();
    };
    at_every_change(
        fill_up,
        |root| drop(root.invalidate_tags(&tags(["x"]))),
        |site, step| {
            let mark = site.root.mark().unwrap();
            site.root.invalidate_tags(&tags(["a"])).unwrap();
            let draft = site.root.draft(&key("k"), mark).unwrap();
            let linked = draft.stamp(common::soon(&site.root)).unwrap().link(&tags(["a"])).unwrap();
            assert!(linked.check().is_err(), "step {step}");
            let links = put(&site.root, &key("k"), &tags(["a", "b"]), NEW);
            is_clean(site, links, step);
        },
    );
}
