//! The walk at the end finds what should not be there, of every kind.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tagcache::{Builder, Layout, Policy, Raw};
use tagcache_torture::leaks::inspect;
use tempfile::TempDir;

const KEY: &str = "data/ae/08/key:626c6f672d686f6d65";
const TAG: &str = "data/18/ae/tag:62696f";

/// The seed's home page, with one tag, in a cache that was just swept.
fn swept() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    cache.put("blog-home", &b"home".to_vec(), &Policy::new().tag("bio")).unwrap();
    cache.sweep().unwrap();
    dir
}

fn link_of(cache: &Path) -> PathBuf {
    let ino = fs::metadata(cache.join(KEY)).unwrap().ino();
    let name = format!("2:{ino}");
    cache.join(TAG).join(&name[name.len() - 2..]).join(name)
}

/// What is found after somebody did something to it.
fn found(meddle: impl FnOnce(&Path)) -> Vec<String> {
    let dir = swept();
    assert_eq!(inspect(dir.path()).unwrap(), Vec::<String>::new(), "nothing yet");
    meddle(dir.path());
    inspect(dir.path()).unwrap()
}

#[track_caller]
fn assert_found(what: &str, meddle: impl FnOnce(&Path)) {
    let found = found(meddle);
    assert!(found.iter().any(|line| line.contains(what)), "`{what}` should be in {found:?}");
}

#[test]
fn a_draft_and_a_lease_that_nobody_holds_are_found() {
    assert_found("a draft that nobody holds", |cache| drop(File::create(cache.join("tmp/x")).unwrap()));
    assert_found("a lease that nobody holds", |cache| drop(File::create(cache.join("locks/x")).unwrap()));
}

#[test]
fn a_link_without_its_key_and_a_key_without_its_link_are_found() {
    assert_found("0 keys have this file", |cache| fs::remove_file(cache.join(KEY)).unwrap());
    assert_found("/3:1: should be ", |cache| {
        fs::rename(link_of(cache), link_of(cache).with_file_name("3:1")).unwrap();
    });
    assert_found("an empty folder", |cache| fs::remove_file(link_of(cache)).unwrap());
}

#[test]
fn a_poisoned_entry_is_found() {
    assert_found("poisoned", |cache| {
        let entry = File::options().write(true).open(cache.join(KEY)).unwrap();
        entry.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    });
}

#[test]
fn a_name_that_somebody_else_gave_to_an_entry_is_found() {
    let copies = tempfile::tempdir().unwrap();
    assert_found("3 names, of which 2 are in the tree", |cache| {
        fs::hard_link(cache.join(KEY), copies.path().join("copy")).unwrap();
    });
}

#[test]
fn a_second_key_of_one_file_is_found() {
    assert_found("2 keys have this file", |cache| {
        fs::hard_link(cache.join(KEY), cache.join("data/ae/08/key:00")).unwrap();
    });
}

#[test]
fn empty_folders_and_strange_names_are_found_at_every_level() {
    assert_found("an empty folder", |cache| fs::create_dir(cache.join("data/00")).unwrap());
    assert_found("strange: nothing of a cache", |cache| drop(File::create(cache.join("strange")).unwrap()));
    assert_found("strange: nothing of a cache", |cache| {
        drop(File::create(cache.join("data/strange")).unwrap());
    });
    assert_found("strange: nothing of a cache", |cache| {
        drop(File::create(cache.join("data/ae/08/strange")).unwrap());
    });
}

#[test]
fn a_compact_cache_is_walked_by_its_own_levels() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).layout(Layout::Compact).open(dir.path()).unwrap();
    cache.put("blog-home", &b"home".to_vec(), &Policy::new().tag("bio")).unwrap();
    assert_eq!(inspect(dir.path()).unwrap(), Vec::<String>::new());
    let tag = dir.path().join("data/18/tag:62696f");
    fs::create_dir(tag.join("85")).unwrap();
    assert!(
        inspect(dir.path()).unwrap()[0].contains("85: nothing of a cache lies here"),
        "there are no buckets"
    );
    fs::remove_dir(tag.join("85")).unwrap();
    let link = fs::read_dir(&tag).unwrap().next().unwrap().unwrap().path();
    fs::rename(&link, link.with_file_name("3:1")).unwrap();
    assert!(inspect(dir.path()).unwrap()[0].contains("3:1: should be 2:"));
}
