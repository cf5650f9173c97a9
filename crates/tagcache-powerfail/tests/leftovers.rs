//! The walk finds whatever a sweep should have removed, without asking the cache.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tagcache::fs::{Key, Tag};
use tagcache::{Builder, Cache, Policy, Raw};
use tagcache_powerfail::leftovers::leftovers;
use tempfile::TempDir;

/// A root with one entry under two tags.
fn root() -> (TempDir, Cache<Raw>) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    cache.put("k", &b"value".to_vec(), &Policy::new().tags(["t", "u"])).unwrap();
    (dir, cache)
}

fn entry(dir: &TempDir) -> PathBuf {
    dir.path().join(Key::new("k").unwrap().path().to_str().unwrap())
}

#[track_caller]
fn finds(dir: &TempDir, what: &str) {
    let (findings, _) = leftovers(dir.path()).unwrap();
    assert!(findings.iter().any(|finding| finding.contains(what)), "{what} is not in {findings:#?}");
}

fn poison(file: &Path) {
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    File::open(file).unwrap().set_times(times).unwrap();
}

#[test]
fn a_root_at_rest_has_no_leftovers() {
    let (dir, _cache) = root();
    assert_eq!(leftovers(dir.path()).unwrap(), (Vec::new(), 1));
}

#[test]
fn a_root_after_everything_was_invalidated_has_none_either() {
    let (dir, cache) = root();
    cache.invalidate_tag("t").unwrap();
    cache.sweep().unwrap();
    assert_eq!(leftovers(dir.path()).unwrap(), (Vec::new(), 0));
}

#[test]
fn a_draft_and_a_lease_are_found() {
    let (dir, _cache) = root();
    for left in ["tmp/x", "locks/y"] {
        fs::write(dir.path().join(left), "").unwrap();
        finds(&dir, left);
    }
}

#[test]
fn a_poisoned_entry_is_found() {
    let (dir, _cache) = root();
    poison(&entry(&dir));
    finds(&dir, "poisoned");
}

#[test]
fn an_entry_that_lost_a_tag_is_found_by_the_name_of_its_other_link() {
    let (dir, _cache) = root();
    let tag = dir.path().join(Tag::new("t").unwrap().path().to_str().unwrap());
    fs::remove_dir_all(tag).unwrap();
    finds(&dir, "dead link");
}

#[test]
fn tag_links_without_their_key_are_found() {
    let (dir, _cache) = root();
    fs::remove_file(entry(&dir)).unwrap();
    finds(&dir, "the entry of 0 keys");
}

#[test]
fn a_link_from_outside_is_found() {
    let (dir, _cache) = root();
    fs::hard_link(entry(&dir), dir.path().join("backup")).unwrap();
    finds(&dir, "4 links, of which 3 are to be found");
}

#[test]
fn an_empty_folder_is_found() {
    let (dir, _cache) = root();
    fs::create_dir_all(dir.path().join("data/00/11")).unwrap();
    finds(&dir, "data/00/11 is an empty folder");
}
