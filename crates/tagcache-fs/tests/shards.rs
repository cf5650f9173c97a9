//! The walk in parts: every shard is met once, wherever it is stopped and gone on with.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use common::{HAS_BUCKETS, LAYOUT, SHARDS, Site, get, key, publish, put, sweep, sweep_lock, tag, tags};
use tagcache_fs::{Beside, Error, Layout, Met, Passed, Seen, Shard, Step, SweepLock, Tag, Trimmed};
use tagcache_testkit::TestSys;

fn shards_from(site: &Site, from: Shard) -> Vec<Shard> {
    let mut shards = site.root.shards(from);
    let steps = std::iter::from_fn(|| shards.advance(&mut |_| {}).unwrap());
    let shards = steps.filter_map(|step| match step {
        Step::Shard(shard) => Some(shard),
        Step::EndOf(_) => None,
    });
    shards.collect()
}

fn fill(site: &Site, entries: usize) -> Vec<Shard> {
    let mut expected: Vec<Shard> = (0..entries)
        .map(|number| {
            put(&site.root, &key(format!("{number}")), &[], b"value");
            key(format!("{number}")).shard_in(LAYOUT)
        })
        .collect();
    expected.sort_unstable();
    expected.dedup();
    expected
}

#[test]
fn every_shard_is_met_once_and_in_order() {
    let site = Site::new();
    let expected = fill(&site, 300);
    assert_eq!(shards_from(&site, Shard::FIRST), expected);
    for cut in [0, 1, 150, expected.len() - 1] {
        assert_eq!(shards_from(&site, expected[cut]), expected[cut..]);
        let after = expected[cut].next().unwrap();
        assert_eq!(shards_from(&site, after), expected[cut + 1..]);
    }
}

#[test]
fn the_entries_of_all_shards_are_all_entries() {
    let site = Site::new();
    fill(&site, 100);
    let mut met = 0;
    for shard in shards_from(&site, Shard::FIRST) {
        let visit = &mut |found| {
            met += u32::from(matches!(found, Met::Entry(_)));
            Ok(true)
        };
        site.root.each_entry_in::<Error>(shard, Passed::default(), visit, &mut || true).unwrap();
        let mut seen = 0;
        assert!(!site.root.glance(shard, 100, &mut |_| seen += 1).unwrap());
        assert!(seen > 0);
    }
    assert_eq!(met, 100);
}

#[test]
fn a_foreign_name_is_met_once_however_often_the_walk_is_stopped() {
    let site = Site::new();
    let expected = fill(&site, 50);
    fs::write(site.path("data/README"), "mine").unwrap();
    let outer = format!("data/{:02x}", expected[10].outer());
    fs::write(site.path(&outer).join("AB"), "mine").unwrap();
    let (mut foreign, mut from) = (Vec::new(), Some(Shard::FIRST));
    while let Some(at) = from {
        // One step each time, as by another process.
        let step =
            site.root.shards(at).advance(&mut |path| foreign.push(path.as_c_str().to_owned())).unwrap();
        from = match step {
            Some(Step::Shard(shard)) => {
                // Where the outer folder is the shard, what is foreign in it lies beside entries.
                let visit = &mut |met| {
                    if let Met::Foreign(path) = met {
                        foreign.push(path.as_c_str().to_owned());
                    }
                    Ok(true)
                };
                site.root.each_entry_in::<Error>(shard, Passed::default(), visit, &mut || true).unwrap();
                shard.next()
            }
            Some(Step::EndOf(outer)) => Shard::new(outer, 255).next(),
            None => None,
        };
    }
    let names: Vec<_> = foreign.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["data/README".to_owned(), format!("{outer}/AB")]);
}

/// The second walk over all of the tree; what it did.
fn trim(site: &Site, dry: bool) -> Trimmed {
    let lock = sweep_lock(&site.root);
    let lock = if dry { lock.only_counting() } else { lock };
    let mut sum = Trimmed::default();
    let mut add = |part: Trimmed| {
        sum.links += part.links;
        sum.folders += part.folders;
        sum.kept = sum.kept.plus(part.kept);
    };
    for shard in shards_from(site, Shard::FIRST) {
        add(site.root.trim_shard(&lock, shard, Passed::default(), &mut |_| Ok(false), &mut || true).unwrap());
    }
    for outer in 0..=u8::MAX {
        add(site.root.trim_outer(&lock, outer).unwrap());
    }
    sum
}

#[test]
fn dead_links_and_the_folders_that_they_leave_go_in_one_walk() {
    let site = Site::new();
    let links = put(&site.root, &key("alive"), &tags(["a"]), b"value");
    put(&site.root, &key("replaced"), &tags(["a", "b"]), b"value");
    drop(publish(&site.root, &key("replaced"), &[], b"later").unwrap());
    let before = site.all_files();
    assert_eq!(trim(&site, true).links, 2);
    assert_eq!(site.all_files(), before, "a dry run removes nothing");

    let trimmed = trim(&site, false);
    assert_eq!(trimmed.links, 2);
    assert!(trimmed.folders > SHARDS, "a bucket, if there are any, the tag, and its shard: {trimmed:?}");
    assert!(get(&site.root, &key("alive"), links).is_some());
    let folders = tagcache_testkit::folders(site.path("data")).unwrap();
    let space = |path: &String| {
        let blocks = fs::metadata(site.path("data").join(path)).unwrap().blocks();
        i64::try_from(blocks * 512).unwrap()
    };
    assert_eq!(trim(&site, false).kept.folder_bytes, folders.iter().map(space).sum::<i64>());
    sweep(&site.root);
    assert_eq!(tagcache_testkit::folders(site.path("data")).unwrap(), folders, "it left nothing to do");
}

#[test]
fn the_folders_of_an_entry_go_with_it_as_far_as_they_are_empty() {
    let site = Site::new();
    let tags = tags(["a", "b"]);
    put(&site.root, &key("stays"), &tags[..1], b"value");
    put(&site.root, &key("goes"), &tags, b"value");
    let entry = site.root.entry(&key("goes")).unwrap().into_entry().unwrap();
    entry.remove().unwrap();
    entry.remove_links(&tags).unwrap();
    assert!(site.root.remove_empty_folders(&entry, &tags) >= 2 + u64::from(HAS_BUCKETS) * 3);
    let left = tagcache_testkit::folders(site.path("data")).unwrap();
    assert!(left.iter().all(|folder| !folder.contains("tag:62")), "{left:?}");
    assert_eq!(site.files("data").len(), 2);
}

#[test]
fn a_foreign_directory_is_removed_with_its_content_and_a_link_without_its_target() {
    let site = Site::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("mine"), "mine").unwrap();
    fs::create_dir(site.path("data/theirs")).unwrap();
    fs::write(site.path("data/theirs/file"), "theirs").unwrap();
    std::os::unix::fs::symlink(outside.path(), site.path("data/link")).unwrap();
    let lock = sweep_lock(&site.root);
    let mut found = Vec::new();
    site.root.shards(Shard::FIRST).advance(&mut |path| found.push(path)).unwrap();
    let dry = lock.only_counting();
    for path in &found {
        assert!(site.root.remove_foreign(&dry, path).unwrap());
    }
    drop(dry);
    assert!(site.path("data/theirs/file").exists() && site.path("data/link").is_symlink());
    let lock = sweep_lock(&site.root);
    for path in &found {
        assert!(site.root.remove_foreign(&lock, path).unwrap());
        assert!(!site.root.remove_foreign(&lock, path).unwrap(), "it is gone");
    }
    assert_eq!(fs::read_dir(site.path("data")).unwrap().count(), 0);
    assert!(outside.path().join("mine").exists());
}

#[test]
fn what_is_put_right_between_look_and_removal_stays() {
    let site = Site::new();
    let _ = fs::remove_file(site.path("log"));
    fs::create_dir(site.path("log")).unwrap();
    let mut found = Vec::new();
    let mut visit = |beside| {
        if let Beside::Blocked(path) = beside {
            found.push(path);
        }
        Ok(())
    };
    site.root.each_misplaced(&mut visit).unwrap();
    assert_eq!(found.len(), 1);
    fs::remove_dir(site.path("log")).unwrap();
    site.root.invalidate_tags(&[tag("t")]).unwrap();
    assert!(!site.root.remove_foreign(&sweep_lock(&site.root), &found[0]).unwrap());
    assert!(site.path("log").is_file(), "it is the log again");
}

#[test]
fn the_end_of_an_outer_folder_comes_after_its_shards_also_when_they_are_gone() {
    let site = Site::new();
    for folder in ["data/00/00", "data/00/ff", "data/07", "data/ff/ff"] {
        fs::create_dir_all(site.path(folder)).unwrap();
    }
    let steps = |from| {
        let mut shards = site.root.shards(from);
        std::iter::from_fn(move || shards.advance(&mut |_| {}).unwrap()).collect::<Vec<_>>()
    };
    let shard = |outer, inner| Step::Shard(Shard::new(outer, inner));
    if LAYOUT == Layout::Compact {
        let all = [0, 7, 255].map(|outer| [shard(outer, 0), Step::EndOf(outer)]).concat();
        assert_eq!(steps(Shard::FIRST), all);
        assert_eq!(steps(Shard::new(0, 1)), all[1..], "the end of it is still to come");
        assert_eq!(steps(Shard::new(8, 0)), all[4..]);
        return;
    }
    let rest = [Step::EndOf(0), Step::EndOf(7), shard(255, 255), Step::EndOf(255)];
    assert_eq!(steps(Shard::FIRST), [&[shard(0, 0), shard(0, 255)][..], &rest].concat());
    assert_eq!(steps(Shard::new(0, 1)), [&[shard(0, 255)][..], &rest].concat());
    assert_eq!(steps(Shard::new(8, 0)), rest[2..]);
}

/// The second walk in one shard by many, each of which is told to stop as soon as may be; what each did.
fn in_parts(site: &Site, lock: &SweepLock<TestSys>, shard: Shard) -> Vec<Trimmed> {
    let mut from = Some(Passed::default());
    let next = || {
        let part = site.root.trim_shard(lock, shard, from?, &mut |_| Ok(false), &mut || false).unwrap();
        from = part.stopped;
        Some(part)
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn a_shard_of_many_names_is_done_in_parts_and_each_name_is_met_once() {
    let site = Site::new();
    put(&site.root, &key("entry"), &[], b"value");
    let shard = key("entry").shard_in(LAYOUT);
    for number in 0..200 {
        fs::write(site.path(folder_of(shard)).join(format!("foreign {number}")), "mine").unwrap();
    }
    let (mut met, mut parts, mut from) = (Vec::new(), Vec::new(), Some(Passed::default()));
    while let Some(passed) = from {
        let before = met.len();
        let visit = &mut |name: Met<TestSys>| {
            let name = match name {
                Met::Entry(entry) => entry.path().to_owned(),
                Met::Foreign(path) => path.as_c_str().to_owned(),
                Met::Unreadable(error) => return Err(error),
            };
            // Every other one goes.
            let stays = met.len() % 2 == 0;
            if !stays {
                fs::remove_file(site.path(name.to_str().unwrap())).unwrap();
            }
            met.push(name);
            Ok(stays)
        };
        from = site.root.each_entry_in::<Error>(shard, passed, visit, &mut || false).unwrap();
        parts.push(met.len() - before);
    }
    assert!(parts.len() > 3 && parts.iter().all(|part| *part <= 64), "{parts:?}");
    met.sort();
    met.dedup();
    assert_eq!(met.len(), 201, "{parts:?}");
}

#[test]
fn a_glance_at_a_shard_of_many_entries_takes_so_many_as_are_wanted_and_chance_says_which() {
    let site = Site::new();
    put(&site.root, &key("entry"), &[], b"value");
    let shard = key("entry").shard_in(LAYOUT);
    for number in 0..100 {
        fs::write(site.path(folder_of(shard)).join(format!("key:{number}")), "").unwrap();
    }
    let (mut seen, mut rounds) = (BTreeSet::new(), 0);
    while seen.len() < 101 && rounds < 1000 {
        let mut glanced = 0;
        let visit = &mut |entry: Seen| {
            seen.insert(entry.meta.id.1);
            glanced += 1;
        };
        assert!(site.root.glance(shard, 10, visit).unwrap(), "there are more");
        assert_eq!(glanced, 10);
        rounds += 1;
    }
    assert_eq!(seen.len(), 101, "each comes up at some time");
}

/// The shard of the tag "a".
fn shard_of_the_tag(site: &Site) -> Shard {
    let folder = site.tag_folder(&tag("a"));
    let mut shards = shards_from(site, Shard::FIRST).into_iter();
    shards.find(|shard| folder.starts_with(site.path(folder_of(*shard)))).unwrap()
}

fn folder_of(shard: Shard) -> String {
    match LAYOUT {
        Layout::Compact => format!("data/{:02x}", shard.outer()),
        _ => format!("data/{:02x}/{:02x}", shard.outer(), shard.inner()),
    }
}

/// Links of files that have no other name, as a process leaves them that died while it took their keys away.
fn leave_dead_links(site: &Site, of: &Tag, count: usize) {
    let home = site.tag_folder(of);
    fs::create_dir_all(&home).unwrap();
    for _ in 0..count {
        fs::write(home.join("new"), b"").unwrap();
        let ino = fs::metadata(home.join("new")).unwrap().ino();
        let link = site.link_path(of, 2, ino);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        fs::rename(home.join("new"), link).unwrap();
    }
}

#[test]
fn the_dead_links_of_a_tag_go_in_parts_of_which_none_is_large() {
    let site = Site::new();
    let alive: Vec<_> = (0..100).map(|number| key(number.to_string())).collect();
    let links = alive.iter().map(|key| put(&site.root, key, &tags(["a"]), b"value")).max().unwrap();
    leave_dead_links(&site, &tag("a"), 2500);
    let parts = in_parts(&site, &sweep_lock(&site.root), shard_of_the_tag(&site));
    assert_eq!(parts.iter().map(|part| part.links).sum::<u64>(), 2500, "all that are dead, and once each");
    assert!(parts.len() > 2 && parts.iter().all(|part| part.links <= 1024), "{} parts", parts.len());
    for key in alive {
        assert!(get(&site.root, &key, links).is_some(), "{key:?} lost a link");
    }
}

#[test]
fn what_is_gone_on_with_counts_every_folder_once() {
    let site = Site::new();
    for number in 0..60 {
        // Several tags in one compact shard: their folders are what it may stop between.
        put(&site.root, &key(format!("{number}")), &tags(["a", "l0", "l1", "l2", "l3"]), b"value");
    }
    let lock = sweep_lock(&site.root);
    for shard in shards_from(&site, Shard::FIRST) {
        let whole =
            site.root.trim_shard(&lock, shard, Passed::default(), &mut |_| Ok(false), &mut || true).unwrap();
        let parts = in_parts(&site, &lock, shard);
        let sum = parts.iter().map(|part| part.kept.folder_bytes).sum::<i64>();
        assert_eq!(sum, whole.kept.folder_bytes, "{} parts", parts.len());
    }
    assert!(in_parts(&site, &lock, shard_of_the_tag(&site)).len() > 1);
}

#[test]
fn an_empty_tag_goes_with_its_last_link_also_when_another_began_with_it() {
    let site = Site::new();
    leave_dead_links(&site, &tag("a"), 1500);
    let parts = in_parts(&site, &sweep_lock(&site.root), shard_of_the_tag(&site));
    assert!(parts.len() > 1, "about a thousand at a time");
    assert!(!site.tag_folder(&tag("a")).exists());
    assert!(site.files("data").is_empty());
}
