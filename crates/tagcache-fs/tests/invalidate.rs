//! Taking entries away: what dies, what stays, and what is said when it could not be done.

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;

use common::{HAS_BUCKETS, SHARDS, Site, Trap, checked, get, key, publish, put, root_on, tag, tags};
use tagcache_fs::sys::{FsKind, Sys};
use tagcache_fs::{DraftError, Durability, Errno, Os, Root, Standing};
use tagcache_testkit::{Call, Fault, Hook, Hooked, World};

#[test]
fn a_tag_that_is_dropped_takes_its_entries_and_leaves_all_others() {
    let site = Site::new();
    let both = put(&site.root, &key("both"), &tags(["a", "b"]), b"value");
    let one = put(&site.root, &key("one"), &tags(["b"]), b"value");
    let none = put(&site.root, &key("none"), &[], b"value");
    assert_eq!(site.root.invalidate_tags(&tags(["a"])).unwrap().links, 1);
    assert!(get(&site.root, &key("both"), both).is_none());
    assert!(get(&site.root, &key("one"), one).is_some());
    assert!(get(&site.root, &key("none"), none).is_some());
}

#[test]
fn the_links_of_other_tags_are_left_to_the_sweep() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a", "b"]), b"value");
    let ino = site.root.entry(&key("k")).unwrap().into_entry().unwrap().meta().id.1;
    site.root.invalidate_tags(&tags(["a"])).unwrap();
    assert!(!site.link_path(&tag("a"), links, ino).exists());
    assert!(!site.tag_folder(&tag("a")).exists(), "its folders went with it");
    assert!(site.link_path(&tag("b"), links, ino).exists());
    assert!(site.key_path(&key("k")).exists());
}

#[test]
fn several_tags_are_one_invalidation() {
    let site = Site::new();
    for (name, tag_names) in [("1", ["a", "b"]), ("2", ["b", "c"]), ("3", ["c", "d"])] {
        put(&site.root, &key(name), &tags(tag_names), b"value");
    }
    assert_eq!(
        site.root.invalidate_tags(&tags(["a", "b"])).unwrap().links,
        3,
        "one entry is reached by both"
    );
    assert!(get(&site.root, &key("1"), 3).is_none() && get(&site.root, &key("2"), 3).is_none());
    assert!(get(&site.root, &key("3"), 3).is_some());
}

#[test]
fn a_thousand_entries_of_one_tag_die_together() {
    let site = Site::new();
    for number in 0..1000 {
        put(&site.root, &key(number.to_string()), &tags(["t"]), b"");
    }
    assert_eq!(site.root.invalidate_tags(&tags(["t"])).unwrap().links, 1000);
    for number in 0..1000 {
        assert!(get(&site.root, &key(number.to_string()), 2).is_none());
    }
}

#[test]
fn a_softly_expired_entry_keeps_its_expiry_and_its_names() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a"]));
    let expirations: [fn(&Site) -> u64; 2] = [
        |site| site.root.expire_tags(&tags(["a"])).unwrap().links,
        |site| site.root.expire_key(&key("k")).unwrap().links,
    ];
    for expire in expirations {
        let links = put(&site.root, &k, &t, b"value");
        assert_eq!(expire(&site), 1);
        let entry = site.root.entry(&k).unwrap().into_entry().unwrap();
        assert!(entry.meta().soft);
        assert_eq!(entry.meta().standing(links), Standing::Whole);
        assert_eq!(entry.meta().mtime, common::soon(&site.root));
        assert!(get(&site.root, &k, links).is_none(), "it is not fresh");
    }
}

#[test]
fn a_hard_invalidation_ends_what_was_softly_expired_and_not_the_other_way_round() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    let links = put(&site.root, &k, &t, b"value");
    site.root.expire_tags(&tags(["a"])).unwrap();
    site.root.invalidate_tags(&tags(["a"])).unwrap();
    site.root.expire_tags(&tags(["b"])).unwrap();
    let meta = *site.root.entry(&k).unwrap().into_entry().unwrap().meta();
    assert_eq!((meta.standing(links), meta.soft), (Standing::Poisoned, true));
}

#[test]
fn an_invalidated_key_loses_its_name_its_links_and_its_drafts() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    put(&site.root, &k, &t, b"value");
    let other = put(&site.root, &key("other"), &t, b"value");
    let draft = checked(&site.root, &k, &t, b"later").unwrap();
    let touched = site.root.invalidate_key(&k, &mut |_| t.to_vec()).unwrap();
    assert_eq!(touched.links, 1);
    assert!(site.files("tmp").is_empty());
    assert!(matches!(draft.publish().map(drop).unwrap_err().error, DraftError::Raced));
    assert_eq!(site.files("data").len(), 3, "the other entry and its links");
    assert!(get(&site.root, &key("other"), other).is_some());
}

#[test]
fn a_softly_expired_key_takes_its_drafts_along() {
    let site = Site::new();
    let draft = checked(&site.root, &key("k"), &[], b"value").unwrap();
    site.root.expire_key(&key("k")).unwrap();
    assert!(matches!(draft.publish().map(drop).unwrap_err().error, DraftError::Raced));
}

#[test]
fn clearing_takes_everything_but_leases_the_log_and_the_settings() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    let links = put(&site.root, &k, &t, b"value");
    put(&site.root, &key("l"), &[], b"value");
    let mut entry = site.root.entry(&k).unwrap().into_entry().unwrap();
    let _lease = site.root.try_lease(&k).unwrap().unwrap();
    let draft = checked(&site.root, &k, &t, b"later").unwrap();
    site.root.clear().unwrap();

    assert!(site.files("data").is_empty() && site.files("tmp").is_empty());
    assert_eq!(site.files("locks").len(), 1);
    assert_eq!(site.all_files().len(), 1);
    assert_eq!(entry.refresh().unwrap().standing(links), Standing::Poisoned);
    assert!(draft.publish().is_err());
    drop(site.neighbour());
}

#[test]
fn names_that_are_none_of_ours_are_left_where_they_are() {
    let site = Site::new();
    put(&site.root, &key("k"), &tags(["a"]), b"value");
    let folder = site.tag_folder(&tag("a"));
    let link = format!("2:{}", fs::metadata(site.key_path(&key("k"))).unwrap().ino());
    let bucket = site.bucket(&tag("a"), &link[link.len() - 2..]);
    let foreign = [
        folder.join("notes"),
        bucket.join("more notes"),
        bucket.join("03:5"),
        site.path("data/notes"),
        site.path("tmp/notes"),
    ];
    for path in &foreign {
        fs::write(path, b"somebody's").unwrap();
    }
    site.root.invalidate_tags(&tags(["a"])).unwrap();
    site.root.invalidate_key(&key("k"), &mut |_| Vec::new()).unwrap();
    site.root.clear().unwrap();
    for path in &foreign {
        assert_eq!(fs::read(path).unwrap(), b"somebody's", "{}", path.display());
    }
    assert_eq!(site.all_files().len(), foreign.len(), "and all that was ours is gone");
}

#[test]
fn nothing_is_poisoned_or_unlinked_in_another_order() {
    let site = Site::new();
    put(&site.root, &key("k"), &tags(["a"]), b"value");
    let (_, made) = site.world.counter.trace(|| site.root.invalidate_tags(&tags(["a"])).unwrap());
    let of_the_link =
        |call| made.iter().position(|made| made.call == call && is_link(made.path.to_str().unwrap()));
    let order = [Call::Open, Call::SetMtime, Call::Unlink, Call::Close].map(of_the_link);
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{order:?} in {made:#?}");
    let appended = made.iter().position(|made| made.call == Call::Write && made.path.as_c_str() == c"log");
    assert!(appended < order[0] && appended.is_some(), "the log is written first");
}

fn is_link(path: &str) -> bool {
    path.contains("/tag:") && path.contains("/2:")
}

#[test]
fn no_name_below_data_is_removed_before_its_file_is_poisoned() {
    let dir = tempfile::tempdir().unwrap();
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (path, count) = (dir.path().to_owned(), std::sync::Arc::clone(&seen));
    let guard = Hook::new(move |at: &tagcache_testkit::At<'_>| {
        if at.call == Call::Unlink && at.is_below("data/") && !at.is_below("data/probe-") {
            let named = Os.stat_at(&Os.open_root(&path).unwrap(), at.path);
            if let Ok(stat) = named {
                assert_eq!(stat.mtime, tagcache_fs::meta::POISON, "{at:?}");
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        Ok(())
    });
    let sys = Hooked::over(World::new().sys(), &std::sync::Arc::new(guard));
    let root = common::options().open_on(sys, dir.path()).unwrap();
    let t = tags(["a", "b"]);

    put(&root, &key("replaced"), &t, b"value");
    publish(&root, &key("replaced"), &t, b"later").unwrap().replaced().unwrap().remove_links(&t).unwrap();
    put(&root, &key("by tag"), &t, b"value");
    root.invalidate_tags(&t[..1]).unwrap();
    put(&root, &key("by key"), &t, b"value");
    root.invalidate_key(&key("by key"), &mut |_| t.to_vec()).unwrap();
    drop(checked(&root, &key("rolled back"), &t, b"value").unwrap());
    put(&root, &key("unlinked"), &t, b"value");
    root.entry(&key("unlinked")).unwrap().into_entry().unwrap().remove().unwrap();
    common::sweep(&root);
    put(&root, &key("cleared"), &t, b"value");
    root.clear().unwrap();
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 2 + 2 + 3 + 2 + 1 + 4 + 5);
}

#[test]
fn every_invalidation_ends_with_its_barrier_also_when_it_found_nothing() {
    type Step = fn(&Root<tagcache_testkit::Layered<tagcache_testkit::TestSys, common::OfKind>>);
    let steps: [Step; 5] = [
        |root| assert_eq!(root.invalidate_tags(&tags(["none"])).unwrap().links, 0),
        |root| assert_eq!(root.expire_tags(&tags(["none"])).unwrap().links, 0),
        |root| assert_eq!(root.invalidate_key(&key("none"), &mut |_| Vec::new()).unwrap().links, 0),
        |root| assert_eq!(root.expire_key(&key("none")).unwrap().links, 0),
        |root| assert_eq!(root.clear().unwrap().links, 0),
    ];
    // Durability and filesystem; the records, fsync and syncfs that every invalidation makes.
    let cases = [
        (Durability::Volatile, FsKind::Journaled, (1, 0, 0)),
        (Durability::Volatile, FsKind::Local, (1, 0, 0)),
        (Durability::Invalidations, FsKind::Journaled, (2, 1, 0)),
        (Durability::Invalidations, FsKind::Local, (1, 0, 1)),
        (Durability::Invalidations, FsKind::Remote, (1, 0, 1)),
        (Durability::Full, FsKind::Journaled, (2, 1, 0)),
        (Durability::Full, FsKind::Local, (1, 0, 1)),
    ];
    for (durability, kind, expected) in cases {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        let root = root_on(&world, dir.path(), durability, kind);
        drop(root.mark().unwrap());
        for step in steps {
            let ((), calls) = world.counter.during(|| step(&root));
            let made = (calls.of(Call::Write), calls.of(Call::Sync), calls.of(Call::SyncFs));
            assert_eq!(made, expected, "{durability} {kind:?}");
        }
    }
}

#[test]
fn the_barrier_comes_after_the_last_removal() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    for (kind, barrier) in [(FsKind::Journaled, Call::Sync), (FsKind::Local, Call::SyncFs)] {
        let root = root_on(&world, dir.path(), Durability::Invalidations, kind);
        put(&root, &key("k"), &tags(["a"]), b"value");
        let (_, made) = world.counter.trace(|| root.invalidate_tags(&tags(["a"])).unwrap());
        let last = |call| made.iter().rposition(|made| made.call == call);
        assert!(last(barrier) > last(Call::RemoveDir) && last(barrier) > last(Call::Unlink), "{made:#?}");
        if kind == FsKind::Journaled {
            assert!(
                last(Call::Write) > last(Call::RemoveDir),
                "the record that the journal must hold, {made:#?}"
            );
        }
    }
}

#[test]
fn a_log_that_cannot_be_synced_is_made_up_for_by_syncing_everything() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    let root = root_on(&world, dir.path(), Durability::Invalidations, FsKind::Journaled);
    world.faults.add(Fault::on(Call::Sync, Errno::IO).for_ever());
    let (outcome, calls) = world.counter.during(|| root.invalidate_tags(&tags(["a"])));
    assert!(outcome.is_ok());
    assert_eq!(calls.of(Call::SyncFs), 1);

    world.faults.add(Fault::on(Call::SyncFs, Errno::IO).for_ever());
    let failed = root.invalidate_tags(&tags(["a"])).unwrap_err();
    assert_eq!((failed.first().doing(), failed.failures()), ("sync", 1));
}

#[test]
fn a_link_that_cannot_be_taken_is_named_and_the_others_are_taken() {
    for call in [Call::Open, Call::SetMtime, Call::Unlink] {
        let site = Site::new();
        for name in ["1", "2", "3"] {
            put(&site.root, &key(name), &tags(["a"]), b"value");
        }
        // The first open is that of the folder.
        let fault = Fault::on(call, Errno::IO).below("data/").after(u64::from(call == Call::Open) * 2);
        site.world.faults.add(fault);
        let failed = site.root.invalidate_tags(&tags(["a"])).unwrap_err();
        assert_eq!((failed.first().errno(), failed.failures()), (Errno::IO, 1), "{call}");
        assert!(failed.to_string().contains("tag:61"), "{failed}");
        let alive = ["1", "2", "3"].iter().filter(|name| get(&site.root, &key(name), 2).is_some()).count();
        assert!(alive <= usize::from(call != Call::Unlink), "{call}");

        site.root.invalidate_tags(&tags(["a"])).expect("calling again continues");
        assert!(["1", "2", "3"].iter().all(|name| get(&site.root, &key(name), 2).is_none()));
        assert_eq!(site.files("data").len(), 3, "the keys");
    }
}

#[test]
fn a_folder_that_another_invalidator_removes_meanwhile_is_no_failure() {
    // A directory that was removed while it was open once failed the whole invalidation: getdents answers ENOENT.
    let site = Site::new();
    // The folder of the tag, and its buckets.
    let tag_folder = 2 + SHARDS;
    for depth in tag_folder..=tag_folder + u64::from(HAS_BUCKETS) {
        put(&site.root, &key("k"), &tags(["a"]), b"value");
        let (trap, (_, other)) = (Trap::default(), site.neighbour());
        let root = trap.root(
            site.dir.path(),
            move |at| {
                at.call == Call::ReadDir && at.path.to_str().unwrap().split('/').count() as u64 == depth
            },
            move |_| {
                other.invalidate_tags(&tags(["a"])).unwrap();
            },
        );
        trap.arm();
        root.invalidate_tags(&tags(["a"])).unwrap();
        assert!(!trap.is_armed() && get(&site.root, &key("k"), 2).is_none());
    }
}

#[test]
fn what_is_linked_while_the_folders_go_stays() {
    let site = Site::new();
    put(&site.root, &key("old"), &tags(["a"]), b"value");
    let (trap, (_, other)) = (Trap::default(), site.neighbour());
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::RemoveDir,
        move |_| {
            put(&other, &key("new"), &tags(["a"]), b"value");
        },
    );
    trap.arm();
    root.invalidate_tags(&tags(["a"])).unwrap();
    assert!(!trap.is_armed());
    assert!(get(&site.root, &key("new"), 2).is_some(), "it began after the invalidation");
    assert!(get(&site.root, &key("old"), 2).is_none());
}

#[test]
fn an_extra_hard_link_never_makes_an_entry_fresh_again() {
    // A backup adds a link, an invalidation takes one: the count is right, and the poison says that it is not.
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    let links = put(&site.root, &k, &t, b"value");
    let backup = tempfile::tempdir_in(site.dir.path().parent().unwrap()).unwrap();
    fs::hard_link(site.key_path(&k), backup.path().join("copy")).unwrap();
    let standing = || site.root.entry(&k).unwrap().into_entry().unwrap().meta().standing(links);
    assert_eq!(standing(), Standing::ForeignLink);

    site.root.invalidate_tags(&t[..1]).unwrap();
    let meta = *site.root.entry(&k).unwrap().into_entry().unwrap().meta();
    assert_eq!(meta.links, links);
    assert_eq!(standing(), Standing::Poisoned);
    fs::remove_file(backup.path().join("copy")).unwrap();
    assert_eq!(standing(), Standing::Poisoned);
}
