//! The walk in parts: every shard is met once, wherever it is stopped and gone on with.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;

use common::{Site, get, key, publish, put, sweep, sweep_lock, tags};
use tagcache_fs::{Error, Met, Shard, Step, Trimmed};

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
            key(format!("{number}")).shard()
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
            Ok(())
        };
        site.root.each_entry_in::<Error>(shard, visit).unwrap();
        let mut seen = 0;
        site.root.glance(shard, &mut |_| seen += 1).unwrap();
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
            Some(Step::Shard(shard)) => shard.next(),
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
        add(site.root.trim_shard(&lock, shard, 0, &mut |_| Ok(false), &mut || true).unwrap());
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
    assert!(trimmed.folders >= 3, "a bucket, the tag, and its shard: {trimmed:?}");
    assert!(get(&site.root, &key("alive"), links).is_some());
    let folders = tagcache_testkit::folders(site.path("data")).unwrap();
    let space = |path: &String| {
        let blocks =
            std::os::unix::fs::MetadataExt::blocks(&fs::metadata(site.path("data").join(path)).unwrap());
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
    assert!(site.root.remove_empty_folders(&entry, &tags) >= 5);
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
    let rest = [Step::EndOf(0), Step::EndOf(7), shard(255, 255), Step::EndOf(255)];
    assert_eq!(steps(Shard::FIRST), [&[shard(0, 0), shard(0, 255)][..], &rest].concat());
    assert_eq!(steps(Shard::new(0, 1)), [&[shard(0, 255)][..], &rest].concat());
    assert_eq!(steps(Shard::new(8, 0)), rest[2..]);
}

#[test]
fn a_tag_with_many_links_is_trimmed_bucket_by_bucket() {
    let site = Site::new();
    for number in 0..60 {
        put(&site.root, &key(format!("{number}")), &tags(["a"]), b"value");
        fs::remove_file(site.key_path(&key(format!("{number}")))).unwrap();
    }
    let lock = sweep_lock(&site.root);
    let shard = shards_from(&site, Shard::FIRST).into_iter().find(|shard| {
        fs::read_dir(site.path(format!("data/{:02x}/{:02x}", shard.outer(), shard.inner()))).unwrap().count()
            > 0
    });
    let (shard, mut links, mut parts, mut from) = (shard.unwrap(), 0, 0, Some(0));
    while let Some(buckets) = from {
        let trimmed = site.root.trim_shard(&lock, shard, buckets, &mut |_| Ok(false), &mut || false).unwrap();
        (links, parts, from) = (links + trimmed.links, parts + 1, trimmed.stopped.map(|_| 0));
    }
    assert_eq!(links, 60);
    assert!(parts > 1);
    assert!(site.files("data").is_empty());
}

#[test]
fn what_is_gone_on_with_counts_every_folder_once() {
    let site = Site::new();
    for number in 0..60 {
        put(&site.root, &key(format!("{number}")), &tags(["a"]), b"value");
    }
    let lock = sweep_lock(&site.root);
    let whole = |shard| site.root.trim_shard(&lock, shard, 0, &mut |_| Ok(false), &mut || true).unwrap();
    // That of the tag.
    let shard = shards_from(&site, Shard::FIRST)
        .into_iter()
        .max_by_key(|shard| whole(*shard).kept.folder_bytes)
        .unwrap();
    let (mut sum, mut from) = (0, Some(0));
    while let Some(buckets) = from {
        let part = site.root.trim_shard(&lock, shard, buckets, &mut |_| Ok(false), &mut || false).unwrap();
        (sum, from) = (sum + part.kept.folder_bytes, part.stopped);
    }
    assert_eq!(sum, whole(shard).kept.folder_bytes);
}
