//! How many calls each operation makes, exactly. A call to the kernel is the price of everything here, so that one more is
//! a change to be decided and not to be found out.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::path::Path;

use common::{
    HAS_BUCKETS, LAYOUT, OfKind, SHARDS, checked, get, key, publish, put, root_on, soon, tag, tags,
};
use tagcache_fs::sys::FsKind;
use tagcache_fs::{Durability, Layout, Root};
use tagcache_testkit::{Call, Counts, Layered, TestSys, World};
use tempfile::TempDir;

/// A root with all its folders warm: entry `warm` with the tags `a` and `b`.
struct Warm {
    world: World,
    root: Root<Layered<TestSys, OfKind>>,
    dir: TempDir,
}

impl Warm {
    fn new() -> Self {
        Self::with(Durability::Volatile, FsKind::Local)
    }

    fn with(durability: Durability, kind: FsKind) -> Self {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        let root = root_on(&world, dir.path(), durability, kind);
        put(&root, &key("warm"), &tags(["a", "b"]), b"value");
        Self { world, root, dir }
    }

    fn calls<T>(&self, act: impl FnOnce(&Root<Layered<TestSys, OfKind>>) -> T) -> Counts {
        let (value, counts) = self.world.counter.during(|| {
            // Closing what it gave back belongs to it.
            drop(act(&self.root));
        });
        let () = value;
        counts
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// How many buckets the links of a tag lie in.
fn buckets(site: &Warm, name: &str) -> u64 {
    if !HAS_BUCKETS {
        return 0;
    }
    let folder = site.path().join(tag(name).path_in(LAYOUT).to_str().unwrap());
    std::fs::read_dir(folder).unwrap().count() as u64
}

#[test]
fn a_hit_is_four_calls() {
    let site = Warm::new();
    let counts = site.calls(|root| get(root, &key("warm"), 3).unwrap());
    assert_eq!(counts, [(Call::Open, 1), (Call::Stat, 1), (Call::Read, 1), (Call::Close, 1)]);
}

#[test]
fn a_miss_is_one_call() {
    let site = Warm::new();
    assert_eq!(site.calls(|root| root.entry(&key("none")).unwrap()), [(Call::Open, 1)]);
}

#[test]
fn asking_an_open_entry_again_is_one_call() {
    let site = Warm::new();
    let mut entry = site.root.entry(&key("warm")).unwrap().into_entry().unwrap();
    let (_, counts) = site.world.counter.during(|| *entry.refresh().unwrap());
    assert_eq!(counts, [(Call::Stat, 1)]);
}

/// Eleven calls and one for each tag: the mark, a random name, create, flock, fallocate, write, futimens, fstat, the
/// links, the check, rename, close.
fn fresh_put(tags: u64) -> [(Call, u64); 10] {
    [
        (Call::Stat, 3),
        (Call::Random, 1),
        (Call::Create, 1),
        (Call::TryLock, 1),
        (Call::Allocate, 1),
        (Call::Write, 1),
        (Call::SetMtime, 1),
        (Call::Link, tags),
        (Call::Rename, 1),
        (Call::Close, 1),
    ]
}

#[test]
fn a_put_over_a_missing_key_is_eleven_calls_and_one_for_each_tag() {
    for names in [&[][..], &["a"], &["a", "b"], &["a", "b", "c", "d", "e"]] {
        let site = Warm::new();
        let names: Vec<_> = names.iter().map(tag).collect();
        // The links lie in a bucket by inode: folders that are there already are those of all buckets.
        make_all_buckets(&site, &names);
        drop(checked(&site.root, &key("k"), &names, b"value").unwrap());
        std::fs::create_dir_all(
            site.path().join(key("k").path_in(LAYOUT).to_str().unwrap()).parent().unwrap(),
        )
        .unwrap();
        let counts = site.calls(|root| put(root, &key("k"), &names, b"value"));
        assert_eq!(counts, fresh_put(names.len() as u64));
        assert_eq!(counts.total(), 11 + names.len() as u64);
    }
}

fn make_all_buckets(site: &Warm, names: &[tagcache_fs::Tag]) {
    for name in names {
        let folder = site.path().join(name.path_in(LAYOUT).to_str().unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        for number in (0..100).filter(|_| HAS_BUCKETS) {
            std::fs::create_dir_all(folder.join(format!("{number:02}"))).unwrap();
        }
    }
}

#[test]
fn a_put_over_an_entry_is_five_calls_more_and_one_for_each_old_tag() {
    let site = Warm::new();
    let t = tags(["a", "b"]);
    make_all_buckets(&site, &t);
    let counts = site.calls(|root| {
        let published = publish(root, &key("warm"), &t, b"later").unwrap();
        published.replaced().unwrap().remove_links(&t).unwrap();
    });
    let more = Counts::from([
        // The first rename is refused, since the name is taken.
        (Call::Rename, 1),
        (Call::Open, 1),
        (Call::Stat, 1),
        // After the rename it is poisoned.
        (Call::SetMtime, 1),
        (Call::Close, 1),
        (Call::Unlink, 2),
    ]);
    let fresh = Counts::from(fresh_put(2));
    assert_eq!(counts.since(&fresh), more);
    assert_eq!(counts.total(), fresh.total() + more.total());
}

#[test]
fn a_tag_never_seen_before_is_a_call_for_each_folder_and_one_more_and_so_is_a_key_in_a_new_shard() {
    let site = Warm::new();
    let counts = site.calls(|root| put(root, &key("k"), &tags(["new"]), b"value"));
    let (of_the_tag, of_the_key) = (SHARDS + 1 + u64::from(HAS_BUCKETS), SHARDS);
    let more = Counts::from([(Call::Link, 1), (Call::Rename, 1), (Call::MakeDir, of_the_tag + of_the_key)]);
    assert_eq!(counts.since(&Counts::from(fresh_put(1))), more);
    let expected = match LAYOUT {
        Layout::Compact => 12 + 3 + 2,
        _ => 12 + 5 + 3,
    };
    assert_eq!(counts.total(), expected);
}

#[test]
fn a_draft_that_is_given_up_takes_back_what_it_made() {
    let site = Warm::new();
    let t = tags(["a", "b"]);
    let draft = checked(&site.root, &key("k"), &t, b"value").unwrap();
    let ((), counts) = site.world.counter.during(|| drop(draft));
    assert_eq!(counts, [(Call::SetMtime, 1), (Call::Unlink, 3), (Call::Close, 1)]);
}

#[test]
fn a_mark_is_one_call() {
    let site = Warm::new();
    assert_eq!(site.calls(|root| root.mark().unwrap()), [(Call::Stat, 1)]);
}

#[test]
fn a_check_of_a_log_that_gained_something_is_one_read_more() {
    let site = Warm::new();
    let draft = site.root.draft(&key("k"), site.root.mark().unwrap()).unwrap();
    let linked = draft.stamp(soon(&site.root)).unwrap().link(&[]).unwrap();
    site.root.invalidate_tags(&tags(["other"])).unwrap();
    let (checked, counts) = site.world.counter.during(|| linked.check().unwrap());
    assert_eq!(counts, [(Call::Stat, 1), (Call::ReadAt, 1)]);
    drop(checked);
}

#[test]
fn a_lease_is_four_calls_to_take_and_two_to_give_back() {
    let site = Warm::new();
    let counts = site.calls(|root| root.try_lease(&key("k")).unwrap().unwrap());
    let taken = [(Call::OpenOrCreate, 1), (Call::TryLock, 1), (Call::Stat, 1), (Call::StatAt, 1)];
    assert_eq!(counts.since(&Counts::from([(Call::Unlink, 1), (Call::Close, 1)])), taken);
    assert_eq!(counts.total(), 6);
}

#[test]
fn a_lease_that_is_held_is_three_calls() {
    let site = Warm::new();
    let _held = site.root.try_lease(&key("k")).unwrap().unwrap();
    let counts = site.calls(|root| root.try_lease(&key("k")).unwrap().is_none());
    assert_eq!(counts, [(Call::OpenOrCreate, 1), (Call::TryLock, 1), (Call::Close, 1)]);
}

#[test]
fn a_hard_invalidation_is_four_calls_for_each_link_and_five_for_each_folder() {
    // Open, futimens, unlink, close: between the poison and the unlink the name must not become that of another file,
    // and the number of an open file is not given to a new one.
    let site = Warm::new();
    for number in 0..200 {
        put(&site.root, &key(number.to_string()), &tags(["t"]), b"value");
    }
    let (links, folders) = (200, buckets(&site, "t") + 1);
    let counts = site.calls(|root| root.invalidate_tags(&tags(["t"])).unwrap());
    let expected = [
        (Call::Write, 1),
        (Call::Stat, 1),
        (Call::Open, links + folders),
        (Call::SetMtime, links),
        (Call::Unlink, links),
        (Call::Close, links + folders),
        // The names, and the end.
        (Call::ReadDir, 2 * folders),
        (Call::RemoveDir, folders),
    ];
    assert_eq!(counts, expected);
    assert_eq!(counts.total(), 2 + 4 * links + 5 * folders);
}

#[test]
fn a_soft_expiry_is_four_calls_for_each_link_and_four_for_each_folder() {
    let site = Warm::new();
    for number in 0..200 {
        put(&site.root, &key(number.to_string()), &tags(["t"]), b"value");
    }
    let (links, folders) = (200, buckets(&site, "t") + 1);
    let counts = site.calls(|root| root.expire_tags(&tags(["t"])).unwrap());
    let expected = [
        (Call::Write, 1),
        (Call::Stat, 1 + links),
        (Call::Open, links + folders),
        (Call::SetMode, links),
        (Call::Close, links + folders),
        (Call::ReadDir, 2 * folders),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn an_invalidation_of_all_of_several_tags_is_one_call_for_each_link_it_passes_over() {
    let site = Warm::new();
    for number in 0..100 {
        put(&site.root, &key(number.to_string()), &tags(["t"]), b"value");
    }
    put(&site.root, &key("both"), &tags(["t", "u"]), b"value");
    let (passed_over, taken, folders) = (100, 1, buckets(&site, "t") + 1);
    let counts = site.calls(|root| root.invalidate_all_of(&tags(["t", "u"])).unwrap());
    let expected = [
        (Call::Write, 1),
        (Call::Stat, 1),
        (Call::StatAt, passed_over + taken),
        (Call::SetMtime, taken),
        (Call::Unlink, taken),
        // Each folder is read twice: to find out how large the tag is, and to walk it.
        (Call::Open, taken + 2 * folders),
        (Call::Close, taken + 2 * folders),
        (Call::ReadDir, 2 * 2 * folders),
    ];
    // No folder is removed: links stay in them.
    assert_eq!(counts, expected);
}

#[test]
fn an_invalidation_that_finds_nothing_is_the_record_one_look_and_the_barrier() {
    let cases: [(_, _, &[Call]); 3] = [
        (Durability::Volatile, FsKind::Journaled, &[]),
        (Durability::Invalidations, FsKind::Journaled, &[Call::Write, Call::Stat, Call::Sync]),
        (Durability::Invalidations, FsKind::Local, &[Call::SyncFs]),
    ];
    for (durability, kind, barrier) in cases {
        let site = Warm::with(durability, kind);
        let counts = site.calls(|root| root.invalidate_tags(&tags(["none"])).unwrap());
        let found = Counts::from([(Call::Write, 1), (Call::Stat, 1), (Call::Open, 1)]);
        for call in barrier {
            assert_eq!(counts.since(&found).of(*call), 1, "{durability} {kind:?} {call}");
        }
        assert_eq!(counts.total(), found.total() + barrier.len() as u64, "{durability} {kind:?}");
    }
}

#[test]
fn an_invalidated_key_is_eleven_calls_and_one_for_each_tag() {
    let site = Warm::new();
    let t = tags(["a", "b"]);
    let counts = site.calls(|root| root.invalidate_key(&key("warm"), &mut |_| t.to_vec()).unwrap());
    let expected = [
        // The log, the inode of the entry.
        (Call::Write, 1),
        (Call::Stat, 2),
        // `tmp/`, which is empty, and the entry.
        (Call::Open, 2),
        (Call::ReadDir, 1),
        (Call::Close, 2),
        (Call::SetMtime, 1),
        (Call::StatAt, 1),
        (Call::Unlink, 1 + 2),
    ];
    assert_eq!(counts, expected);
    assert_eq!(counts.total(), 11 + 2);
}

#[test]
fn a_put_that_must_survive_a_power_cut_is_one_call_more() {
    for (kind, call) in [(FsKind::Journaled, Call::Sync), (FsKind::Local, Call::SyncFs)] {
        let site = Warm::with(Durability::Full, kind);
        let published = publish(&site.root, &key("warm"), &[], b"value").unwrap();
        let ((), counts) = site.world.counter.during(|| published.sync().unwrap());
        assert_eq!(counts, [(call, 1)], "{kind:?}");
    }
}

#[test]
fn opening_a_root_that_is_there_is_seventeen_calls() {
    let site = Warm::new();
    let (world, path) = (World::new(), site.path().to_owned());
    let (_root, counts) =
        world.counter.during(|| root_on(&world, &path, Durability::Volatile, FsKind::Local));
    let expected = [
        (Call::OpenRoot, 1),
        (Call::FsKind, 1),
        // The settings and their second name.
        (Call::Open, 1),
        (Call::Stat, 1),
        (Call::Born, 1),
        (Call::Read, 1),
        // And whether the folders are folders.
        (Call::StatAt, 1 + 3 + 2),
        (Call::Close, 1),
        // Whether links are still counted.
        (Call::Random, 1),
        (Call::Link, 1),
        (Call::Unlink, 2),
    ];
    assert_eq!(counts, expected);
}
