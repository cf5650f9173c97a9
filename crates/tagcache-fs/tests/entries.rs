//! Entries one after the other: which are met, which are not, and what is said of the others.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use common::{HAS_BUCKETS, SHARDS, Site, key, publish, put, tag, tags};
use tagcache_fs::sys::Sys;
use tagcache_fs::{Errno, Met};
use tagcache_testkit::{Call, Fault, World};

/// The inodes of the entries, how many foreign names there were, and the paths of what could not be read.
fn all<S: Sys>(met: impl Iterator<Item = Met<S>>) -> (BTreeSet<u64>, usize, Vec<String>) {
    let (mut entries, mut foreign, mut unreadable) = (BTreeSet::new(), 0, Vec::new());
    for met in met {
        match met {
            Met::Entry(entry) => assert!(entries.insert(entry.meta().id.1), "{entry:?} was met twice"),
            Met::Foreign(_) => foreign += 1,
            Met::Unreadable(error) => unreadable.push(error.path().display().to_string()),
        }
    }
    (entries, foreign, unreadable)
}

/// Publishes so many entries with these tags; their inodes.
fn fill<const N: usize>(site: &Site, numbers: std::ops::Range<u32>, names: [&str; N]) -> BTreeSet<u64> {
    let publish = |number: u32| publish(&site.root, &key(number.to_string()), &tags(names), b"value");
    numbers.map(|number| publish(number).unwrap().ino()).collect()
}

#[test]
fn every_entry_is_met_once_and_those_with_a_tag_by_their_tag() {
    let site = Site::new();
    let (a, b, none) =
        (fill(&site, 0..200, ["a"]), fill(&site, 200..400, ["a", "b"]), fill(&site, 400..500, []));
    let everything: BTreeSet<u64> = a.iter().chain(&b).chain(&none).copied().collect();
    assert_eq!(all(site.root.entries()), (everything, 0, vec![]));
    assert_eq!(all(site.root.entries_with(&tag("a"))), (a.union(&b).copied().collect(), 0, vec![]));
    assert_eq!(all(site.root.entries_with(&tag("b"))), (b, 0, vec![]));
    assert_eq!(all(site.root.entries_with(&tag("c"))), (BTreeSet::new(), 0, vec![]));
}

#[test]
fn a_root_without_its_folder_has_no_entries() {
    let site = Site::new();
    assert_eq!(all(site.root.entries()), Default::default());
    fs::remove_dir(site.path("data")).unwrap();
    assert_eq!(all(site.root.entries()), Default::default());
}

#[test]
fn a_file_that_lost_its_key_is_met_by_its_tag_and_is_not_at_its_key() {
    let site = Site::new();
    let old = publish(&site.root, &key("k"), &tags(["t"]), b"old").unwrap();
    let new = publish(&site.root, &key("k"), &tags(["t"]), b"new").unwrap();
    let mut at_key = Vec::new();
    for met in site.root.entries_with(&tag("t")) {
        if let Met::Entry(entry) = met {
            at_key.push((entry.meta().id.1, entry.is_at(&key("k")).unwrap()));
            assert!(entry.is_at_its_path().unwrap() && !entry.is_at(&key("other")).unwrap());
        }
    }
    at_key.sort_unstable();
    let mut expected = [(old.ino(), false), (new.ino(), true)];
    expected.sort_unstable();
    assert_eq!(at_key, expected);
}

#[test]
fn what_is_planted_under_a_tag_is_foreign_and_is_not_followed() {
    let site = Site::new();
    let entries = fill(&site, 0..3, ["t"]);
    let folder = site.tag_folder(&tag("t"));
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("2:10"), b"").unwrap();
    // A bucket that leads out, a link of that kind, a name that says another inode, and a folder. No filesystem gives such
    // numbers: a small one gave 110 to an entry.
    symlink(outside.path(), folder.join("1x")).unwrap();
    let bucket = site.bucket(&tag("t"), "10");
    fs::create_dir_all(&bucket).unwrap();
    symlink(outside.path().join("2:10"), bucket.join("2:18446744073709551410")).unwrap();
    fs::write(bucket.join("2:18446744073709551610"), b"").unwrap();
    fs::create_dir(bucket.join("2:18446744073709551510")).unwrap();
    assert_eq!(all(site.root.entries_with(&tag("t"))), (entries, 4, vec![]));
}

#[test]
fn a_symbolic_link_in_place_of_a_tag_is_a_tag_without_entries() {
    let site = Site::new();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("10")).unwrap();
    fs::write(outside.path().join("10/2:10"), b"").unwrap();
    let folder = site.tag_folder(&tag("t"));
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    symlink(outside.path(), folder).unwrap();
    assert_eq!(all(site.root.entries_with(&tag("t"))), Default::default());
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_met_all_the_same() {
    let site = Site::new();
    let entries = fill(&site, 0..50, ["t"]);
    for (call, after) in
        [(Call::Open, 0), (Call::Open, 1), (Call::ReadDir, 0), (Call::ReadDir, 1), (Call::Stat, 7)]
    {
        for walk in 0..2 {
            site.world.faults.add(Fault::on(call, Errno::IO).after(after));
            let (met, _, unreadable) = match walk {
                0 => all(site.root.entries()),
                _ => all(site.root.entries_with(&tag("t"))),
            };
            assert_eq!(unreadable.len(), 1, "{call} {after}");
            assert!(met.is_subset(&entries));
            let outermost = (call, after) == (Call::Open, 0) || (call, after) == (Call::ReadDir, 0);
            assert!(outermost == met.is_empty(), "{call} {after}: {} were met", met.len());
        }
    }
}

#[test]
fn entries_that_go_while_they_are_listed_are_no_failure() {
    let site = Site::new();
    fill(&site, 0..300, ["t"]);
    let (_, other) = site.neighbour();
    let mut met = 0;
    for entry in site.root.entries_with(&tag("t")) {
        assert!(matches!(entry, Met::Entry(_)), "{entry:?}");
        met += 1;
        if met == 5 {
            other.invalidate_tags(&tags(["t"])).unwrap();
        }
    }
    assert_eq!(met, 5, "nothing is left to meet");
}

#[test]
fn no_more_than_a_folder_for_each_level_and_one_entry_are_open_at_a_time() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let root = common::options().open_on(world.sys(), dir.path()).unwrap();
    for number in 0..300 {
        put(&root, &key(number.to_string()), &tags(["t"]), b"");
    }
    let before = world.counter.counts();
    let open = || {
        let made = world.counter.counts().since(&before);
        made.of(Call::Open) - made.of(Call::Close)
    };
    let most = |met: &mut dyn Iterator<Item = Met<_>>| met.map(|_entry| open()).max();
    assert_eq!(most(&mut root.entries()), Some(1 + SHARDS + 1));
    assert_eq!(most(&mut root.entries_with(&tag("t"))), Some(1 + u64::from(HAS_BUCKETS) + 1));
    assert_eq!(open(), 0, "and none when it is over");
}
