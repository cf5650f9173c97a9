//! One entry, looked at from all sides.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::io::Read;

use tagcache::{Miss, Policy, State};

use common::Fixture;

fn filled() -> Fixture {
    let fixture = Fixture::new();
    let policy = Policy::new().tags(["blog", "bio"]);
    fixture.cache.put("home", &String::from("<h1>"), &policy).unwrap();
    fixture
}

#[test]
fn it_is_told_whole_with_its_links_and_its_bytes_whatever_its_type() {
    let fixture = filled();
    let seen = fixture.cache.inspect("home").unwrap();
    let entry = seen.found.unwrap();
    assert!(matches!(entry.state, State::Fresh));
    assert_eq!((entry.names, entry.payload_len), (3, 4));
    assert_eq!(seen.links.len(), 2);
    assert!(seen.links.iter().all(|link| link.is_there && fixture.path().join(&link.folder).is_dir()));
    assert!(fixture.path().join(&seen.path).is_file());
    let mut text = String::new();
    seen.payload.unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "<h1>");
    assert_eq!(fixture.cache.stats().fresh, 0, "it counts in no statistics");
}

#[test]
fn what_was_taken_away_is_told_and_its_bytes_are_not() {
    let fixture = filled();
    fixture.cache.invalidate_tag("bio").unwrap();
    let seen = fixture.cache.inspect("home").unwrap();
    assert!(matches!(seen.found.unwrap().state, State::Unusable(Miss::Invalidated)));
    assert!(seen.payload.is_none());
    let bio = seen.links.iter().find(|link| link.tag == b"bio").expect("its record says that it had it");
    assert!(!bio.is_there);
}

#[test]
fn what_is_no_entry_says_why() {
    let fixture = filled();
    assert!(matches!(fixture.cache.inspect("other").unwrap().found, Err(Miss::Absent)));
    let path = fixture.path().join(fixture.cache.inspect("home").unwrap().path);
    fs::write(&path, "no record").unwrap();
    let seen = fixture.cache.inspect("home").unwrap();
    assert!(matches!(seen.found, Err(Miss::Damaged(_))) && seen.payload.is_none());
    let mut entries = fixture.cache.entries();
    assert!(entries.next().is_none());
    assert_eq!(entries.passed_over(), 1, "a listing counts what it passes over");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(fixture.cache.inspect("home").unwrap().found, Err(Miss::NotAFile)));
}
