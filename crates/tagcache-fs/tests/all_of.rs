//! Taking the entries that have every one of several tags, and no others.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{HAS_BUCKETS, LAYOUT, Site, Trap, get, key, publish, put, root_on, soon, tag, tags};
use tagcache_fs::sys::{FsKind, Sys};
use tagcache_fs::{DraftError, Durability, Errno, Mark, Published, Root, Standing};
use tagcache_testkit::{Call, Fault, World};

/// Everything that comes after the mark.
fn finish<S: Sys>(root: &Root<S>, mark: Mark<S>, names: &[&str]) -> Result<Published<S>, DraftError> {
    let tags: Vec<_> = names.iter().map(tag).collect();
    let mut draft = root.draft(&key("k"), mark)?;
    draft.write(b"value")?;
    Ok(draft.stamp(soon(root))?.link(&tags)?.check()?.publish()?)
}

/// Entries with one tag each way, and one with both.
fn three() -> Site {
    let site = Site::new();
    put(&site.root, &key("only a"), &tags(["a"]), b"value");
    put(&site.root, &key("only b"), &tags(["b"]), b"value");
    put(&site.root, &key("both"), &tags(["a", "b", "c"]), b"value");
    site
}

fn fresh(site: &Site) -> [bool; 3] {
    [("only a", 2), ("only b", 2), ("both", 4)]
        .map(|(name, links)| get(&site.root, &key(name), links).is_some())
}

#[test]
fn those_with_all_of_the_tags_die_and_those_with_some_live() {
    let site = three();
    assert_eq!(site.root.invalidate_all_of(&tags(["a", "b"])).unwrap().links, 1);
    assert_eq!(fresh(&site), [true, true, false]);
    let entry = site.root.entry(&key("both")).unwrap().into_entry().unwrap();
    assert_eq!(entry.meta().standing(4), Standing::Poisoned);
    assert_eq!(site.root.invalidate_all_of(&tags(["a", "b"])).unwrap().links, 0, "nothing is left to take");
}

#[test]
fn softly_expired_they_keep_their_names() {
    let site = three();
    assert_eq!(site.root.expire_all_of(&tags(["a", "b"])).unwrap().links, 1);
    assert_eq!(fresh(&site), [true, true, false]);
    let entry = site.root.entry(&key("both")).unwrap().into_entry().unwrap();
    assert_eq!((entry.meta().standing(4), entry.meta().soft), (Standing::Whole, true));
}

#[test]
fn one_tag_is_enough_when_it_is_all_of_them_and_no_tag_means_no_entry() {
    let site = three();
    assert_eq!(site.root.invalidate_all_of(&[]).unwrap().links, 0);
    assert_eq!(fresh(&site), [true; 3]);
    assert_eq!(site.root.invalidate_all_of(&tags(["a", "a"])).unwrap().links, 2);
    assert_eq!(fresh(&site), [false, true, false]);
}

#[test]
fn a_tag_that_nobody_has_spares_everything() {
    let site = three();
    assert_eq!(site.root.invalidate_all_of(&tags(["a", "b", "none"])).unwrap().links, 0);
    assert_eq!(fresh(&site), [true; 3]);
}

#[test]
fn a_name_that_somebody_planted_under_the_other_tag_is_no_link() {
    let site = three();
    let ino = site.root.entry(&key("only a")).unwrap().into_entry().unwrap().meta().id.1;
    let planted = site.link_path(&tag("b"), 2, ino);
    fs::create_dir_all(planted.parent().unwrap()).unwrap();
    fs::write(planted, b"").unwrap();
    assert_eq!(site.root.invalidate_all_of(&tags(["a", "b"])).unwrap().links, 1);
    assert_eq!(fresh(&site), [true, true, false]);
}

#[test]
fn a_fill_that_has_all_of_the_tags_is_overtaken_at_each_of_its_calls() {
    let mut calls = 0;
    loop {
        let site = Site::new();
        let (trap, (_, other), count) = (Trap::default(), site.neighbour(), AtomicU64::new(0));
        let root = trap.root(
            site.dir.path(),
            move |_| count.fetch_add(1, Ordering::SeqCst) == calls,
            move |_| {
                other.invalidate_all_of(&tags(["b", "a"])).unwrap();
            },
        );
        let mark = root.mark().unwrap();
        trap.arm();
        let stored = finish(&root, mark, &["a", "b", "c"]);
        if trap.is_armed() {
            break;
        }
        drop(stored);
        assert!(get(&site.root, &key("k"), 4).is_none(), "before call {calls} of the fill");
        calls += 1;
    }
    assert!(calls > 10, "{calls} calls");
}

#[test]
fn a_fill_that_began_before_is_not_fresh_whichever_call_it_ends_at() {
    for soft in [false, true] {
        let mut calls = 0;
        loop {
            let site = three();
            let (trap, (_, other), count) = (Trap::default(), site.neighbour(), AtomicU64::new(0));
            let mark = std::sync::Mutex::new(Some(other.mark().unwrap()));
            let root = trap.root(
                site.dir.path(),
                move |_| count.fetch_add(1, Ordering::SeqCst) == calls,
                move |_| drop(finish(&other, mark.lock().unwrap().take().unwrap(), &["a", "b"])),
            );
            drop(root.mark().unwrap());
            trap.arm();
            let t = tags(["a", "b"]);
            let taken = if soft { root.expire_all_of(&t) } else { root.invalidate_all_of(&t) };
            if trap.is_armed() {
                break;
            }
            taken.unwrap();
            assert!(get(&site.root, &key("k"), 3).is_none(), "before call {calls} of the invalidation");
            calls += 1;
        }
        assert!(calls > 10, "{calls} calls");
    }
}

#[test]
fn a_fill_without_the_tag_that_was_walked_is_stored() {
    let site = Site::new();
    put(&site.root, &key("only a"), &tags(["a"]), b"value");
    let mark = || site.root.mark().unwrap();
    let (of_a, of_b, of_c) = (mark(), mark(), mark());
    site.root.invalidate_all_of(&tags(["a", "b"])).unwrap();
    assert!(matches!(finish(&site.root, of_a, &["a"]), Err(DraftError::Raced)), "the first is small enough");
    assert!(finish(&site.root, of_b, &["b"]).is_ok());
    assert!(finish(&site.root, of_c, &["c"]).is_ok());
}

#[test]
fn the_smaller_folder_is_walked_whichever_comes_first() {
    let site = Site::new();
    for number in 0..600 {
        put(&site.root, &key(number.to_string()), &tags(["many"]), b"");
    }
    put(&site.root, &key("both"), &tags(["many", "few"]), b"value");
    for order in [["many", "few"], ["few", "many"]] {
        let (touched, calls) =
            site.world.counter.during(|| site.root.expire_all_of(&tags(order)).unwrap().links);
        assert_eq!((touched, calls.of(Call::StatAt)), (1, 1), "one link is asked about");
    }
}

#[test]
fn an_invalidation_that_finds_nothing_ends_with_its_barrier_all_the_same() {
    for (kind, barrier) in [(FsKind::Journaled, Call::Sync), (FsKind::Local, Call::SyncFs)] {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        let root = root_on(&world, dir.path(), Durability::Invalidations, kind);
        let (_, calls) = world.counter.during(|| root.invalidate_all_of(&tags(["a", "b"])).unwrap());
        assert_eq!(calls.of(barrier), 1);
    }
}

#[test]
fn what_cannot_be_asked_about_or_taken_is_said_and_a_second_call_finishes() {
    for call in [Call::StatAt, Call::Open, Call::SetMtime, Call::Unlink] {
        let site = Site::new();
        for name in ["1", "2", "3"] {
            publish(&site.root, &key(name), &tags(["a", "b"]), b"value").unwrap();
        }
        let alive = || ["1", "2", "3"].iter().filter(|name| get(&site.root, &key(name), 3).is_some()).count();
        // The folders of both tags, counted and then read.
        let folders = if HAS_BUCKETS { 5 } else { 3 };
        let link_of_a_tag = if call == Call::Open { folders } else { 0 };
        site.world.faults.add(Fault::on(call, Errno::IO).below("data/").after(link_of_a_tag));
        let place = tag("b").path_in(LAYOUT).into_string().unwrap();
        let failed = site.root.invalidate_all_of(&tags(["a", "b"])).unwrap_err();
        assert_eq!((failed.first().errno(), failed.failures()), (Errno::IO, 1), "{call}");
        assert!(
            failed.to_string().contains("tag:61 and data/") && failed.to_string().contains(&place),
            "{failed}"
        );
        assert!(alive() < 3, "{call}: the others are taken all the same");

        site.root.invalidate_all_of(&tags(["a", "b"])).expect("calling again continues");
        assert_eq!(alive(), 0, "{call}");
    }
}
