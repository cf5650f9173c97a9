//! Visiting what is in the tree.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;

use common::{LAYOUT, Site, key, put, tags};
use tagcache_fs::{Errno, Error, Met};
use tagcache_testkit::{Call, Fault};

/// The inodes of the entries, the paths of foreign names, and the paths of entries that could not be opened.
fn visit(site: &Site) -> (Vec<u64>, Vec<String>, Vec<String>) {
    let (mut entries, mut foreign, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    site.root
        .each_entry::<Error>(&mut |met| {
            match met {
                Met::Entry(entry) => entries.push(entry.meta().id.1),
                Met::Foreign(path) => foreign.push(path.as_c_str().to_string_lossy().into_owned()),
                Met::Unreadable(error) => unreadable.push(error.path().display().to_string()),
            }
            Ok(())
        })
        .unwrap();
    entries.sort_unstable();
    foreign.sort_unstable();
    (entries, foreign, unreadable)
}

#[test]
fn every_entry_is_met_once_and_no_link() {
    let site = Site::new();
    let mut expected: Vec<u64> = (0..300)
        .map(|number| {
            let name = key(number.to_string());
            common::publish(&site.root, &name, &tags(["a", "b"]), b"value").unwrap().ino()
        })
        .collect();
    expected.sort_unstable();
    let (entries, foreign, unreadable) = visit(&site);
    assert_eq!(entries, expected);
    assert!(foreign.is_empty() && unreadable.is_empty());
}

#[test]
fn an_entry_is_met_open_with_its_place() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let mut paths = Vec::new();
    site.root
        .each_entry::<Error>(&mut |met| {
            if let Met::Entry(entry) = met {
                let mut bytes = Vec::new();
                entry.read(&mut bytes, 100)?;
                paths.push((entry.path().to_owned(), bytes));
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(paths, [(key("k").path_in(LAYOUT), b"value".to_vec())]);
}

#[test]
fn an_empty_root_and_one_without_its_folder_have_no_entries() {
    let site = Site::new();
    assert_eq!(visit(&site), Default::default());
    fs::remove_dir(site.path("data")).unwrap();
    assert_eq!(visit(&site), Default::default());
}

#[test]
fn foreign_names_are_named_at_every_level() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let shard = site.key_path(&key("k")).parent().unwrap().to_owned();
    fs::write(site.path("data/notes"), b"").unwrap();
    fs::write(shard.parent().unwrap().join("more notes"), b"").unwrap();
    fs::write(shard.join("notes"), b"").unwrap();
    fs::create_dir(shard.join("key:00")).unwrap();
    fs::write(shard.join("tag:00"), b"").unwrap();
    let (entries, foreign, _) = visit(&site);
    assert_eq!(entries.len(), 1);
    assert_eq!(foreign.len(), 5, "{foreign:?}");
    assert!(foreign.contains(&"data/notes".to_owned()));
}

#[test]
fn an_entry_that_cannot_be_opened_is_met_with_the_reason() {
    let site = Site::new();
    for name in ["1", "2", "3"] {
        put(&site.root, &key(name), &[], b"value");
    }
    let path = key("2").path_in(LAYOUT).into_string().unwrap();
    site.world.faults.add(Fault::on(Call::Open, Errno::ACCESS).below(&path));
    let (entries, _, unreadable) = visit(&site);
    assert_eq!(entries.len(), 2);
    assert_eq!(unreadable, [site.key_path(&key("2")).display().to_string()]);
}

#[test]
fn a_folder_that_cannot_be_listed_is_an_error() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    for (call, doing) in [(Call::ReadDir, "list"), (Call::Open, "open")] {
        site.world.faults.add(Fault::on(call, Errno::IO).after(1));
        let error = site.root.each_entry::<Error>(&mut |_| Ok(())).unwrap_err();
        assert_eq!((error.doing(), error.errno()), (doing, Errno::IO));
    }
}

#[test]
fn a_visitor_that_fails_ends_the_walk() {
    #[derive(Debug, PartialEq)]
    struct Enough;
    impl From<Error> for Enough {
        fn from(_: Error) -> Self {
            Self
        }
    }
    let site = Site::new();
    for name in ["1", "2", "3"] {
        put(&site.root, &key(name), &[], b"value");
    }
    let mut met = 0;
    let outcome = site.root.each_entry(&mut |_| {
        met += 1;
        Err(Enough)
    });
    assert_eq!((outcome, met), (Err(Enough), 1));
}

#[test]
fn a_visitor_may_remove_what_it_meets() {
    let site = Site::new();
    for number in 0..300 {
        put(&site.root, &key(number.to_string()), &[], b"value");
    }
    site.root
        .each_entry::<Error>(&mut |met| match met {
            Met::Entry(entry) => entry.remove(),
            _ => Ok(()),
        })
        .unwrap();
    assert!(site.files("data").is_empty());
}
