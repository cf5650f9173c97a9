//! Compute-through for values that are written and read piece by piece.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::io::{Read, Write};
use std::time::Duration;

use tagcache::{
    AfterWait, BegunStream, Builder, Cache, Error, Fill, Policy, Raw, Reader, Source, Stale, Stored,
};
use tagcache_testkit::TestSys;

use common::{Fixture, HOUR};

fn policy() -> Policy {
    Policy::new().tag("films").expire_in(HOUR)
}

fn turn(cache: &Cache<Raw, TestSys>, policy: &Policy) -> Fill<Raw, TestSys> {
    match cache.at("film").policy(policy).begin_stream().unwrap() {
        BegunStream::Fill(fill) => fill,
        other => panic!("it is this caller's turn: {other:?}"),
    }
}

fn value(cache: &Cache<Raw, TestSys>, policy: &Policy) -> (String, Source) {
    match cache.at("film").policy(policy).begin_stream().unwrap() {
        BegunStream::Reader(reader, source) => (all(reader), source),
        other => panic!("there is a value: {other:?}"),
    }
}

fn all(mut reader: Reader<TestSys>) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

fn write(fill: &Fill<Raw, TestSys>, text: &str) -> Stored {
    let mut writer = fill.writer().unwrap().expect("it may be stored");
    writer.write_all(text.as_bytes()).unwrap();
    writer.commit().unwrap()
}

#[test]
fn a_value_is_computed_by_one_and_read_by_the_others() {
    let fixture = Fixture::new();
    let other = fixture.another_process(Builder::new(Raw));
    let fill = turn(&fixture.cache, &policy());
    let impatient = policy().wait_limit(Duration::ZERO).after_wait(AfterWait::Fail);
    let waited = other.cache.at("film").policy(&impatient).begin_stream();
    assert!(matches!(waited, Err(Error::WaitedTooLong { .. })), "one at a time: {waited:?}");
    assert_eq!(write(&fill, "a film"), Stored::Yes);
    drop(fill);
    assert_eq!(value(&other.cache, &policy()), (String::from("a film"), Source::Disk));
    assert_eq!(fixture.cache.stats().computed, 1);
}

#[test]
fn an_invalidation_while_it_is_written_keeps_it_from_being_stored() {
    let fixture = Fixture::new();
    let fill = turn(&fixture.cache, &policy());
    fixture.cache.invalidate_tag("films").unwrap();
    assert_eq!(write(&fill, "a film"), Stored::Raced);
    assert_eq!(fixture.files("tmp"), [""; 0], "and nothing is left of it");
}

#[test]
fn a_writer_that_is_dropped_can_be_begun_again() {
    let fixture = Fixture::new();
    let fill = turn(&fixture.cache, &policy());
    let mut writer = fill.writer().unwrap().expect("it may be stored");
    writer.write_all(b"half").unwrap();
    drop(writer);
    assert_eq!(write(&fill, "whole"), Stored::Yes);
    drop(fill);
    assert_eq!(value(&fixture.cache, &policy()).0, "whole");
}

#[test]
fn an_old_value_stands_in_for_a_failure_and_the_source_is_left_alone() {
    let fixture = Fixture::new();
    let policy = policy().stale_while_refresh(false).stale_if_error(HOUR);
    write(&turn(&fixture.cache, &policy), "old");
    fixture.cache.expire_tag("films").unwrap();
    let (reader, source) = turn(&fixture.cache, &policy).fail_stream().expect("there is an old one");
    assert_eq!((all(reader).as_str(), source), ("old", Source::StandIn(Stale::SoftlyExpired)));
    let again = value(&fixture.cache, &policy);
    assert_eq!(again, (String::from("old"), Source::StandIn(Stale::SoftlyExpired)));
    fixture.cache.invalidate_tag("films").unwrap();
    assert!(turn(&fixture.cache, &policy).fail_stream().is_none(), "what was invalidated never stands in");
}

#[test]
fn who_can_compute_behind_itself_gets_the_old_value_and_the_turn() {
    let fixture = Fixture::new();
    write(&turn(&fixture.cache, &policy()), "old");
    fixture.cache.expire_tag("films").unwrap();
    let begun = fixture.cache.at("film").policy(&policy()).begin_stream_behind().unwrap();
    let BegunStream::Refresh(reader, source, fill) = begun else { panic!("both: {begun:?}") };
    assert_eq!((all(reader).as_str(), source), ("old", Source::Stale(Stale::SoftlyExpired)));
    let other = fixture.another_process(Builder::new(Raw));
    assert_eq!(value(&other.cache, &policy()).0, "old", "another one is served it, and not the turn");
    assert_eq!(write(&fill, "new"), Stored::Yes);
    drop(fill);
    assert_eq!(value(&other.cache, &policy()).0, "new");
}

#[test]
fn a_fill_that_may_not_store_has_no_writer() {
    let fixture = Fixture::new();
    let mut fill = turn(&fixture.cache, &policy());
    fill.decline();
    assert!(fill.writer().unwrap().is_none());
}
