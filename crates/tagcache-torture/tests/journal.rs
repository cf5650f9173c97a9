//! The journal: one order for all.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use tagcache_torture::event::{Event, Manner, Scope};
use tagcache_torture::journal::{Journal, RECORD_BYTES, Ticket};

fn news(journal: &mut Journal) -> Vec<(Ticket, Event)> {
    let mut told = Vec::new();
    journal.news(|place, event| told.push((place, event))).unwrap();
    told
}

fn begun(by: u32) -> Event {
    Event::Begun { key: 3, by, leased: true }
}

#[test]
fn every_event_is_told_as_it_was_said_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let (mut writer, mut reader) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    let events = [
        begun(1),
        Event::Begun { key: u16::MAX, by: u32::MAX, leased: false },
        Event::Computed { value: 0, by: 1 },
        Event::Stored { value: u64::MAX, by: 1 },
        Event::Changed { scope: Scope::Everything, by: 2 },
        Event::Changed { scope: Scope::Tag(7), by: 2 },
        Event::Invalidated { scope: Scope::Tag(7), manner: Manner::Hard, change: 4 },
        Event::Invalidated { scope: Scope::Key(9), manner: Manner::Soft, change: 5 },
        Event::Died { first: 8 },
    ];
    for (place, event) in (0..).zip(events) {
        assert_eq!(writer.append(event).unwrap(), place);
        assert_eq!(news(&mut reader), [(place, event)]);
        assert_eq!(news(&mut reader), [], "it was told already");
    }
}

#[test]
fn the_ticket_of_a_writer_is_the_place_where_all_others_find_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let write = |by: u32| {
        let mut journal = Journal::open(&path).unwrap();
        (0..500).map(|_| (journal.append(begun(by)).unwrap(), begun(by))).collect::<Vec<_>>()
    };
    let said: BTreeSet<_> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|by| scope.spawn(move || write(by))).collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .map(|(place, event)| (place, event.encode()))
            .collect()
    });
    let told = news(&mut Journal::open(&path).unwrap());
    assert_eq!(told.len(), 2000);
    let told: BTreeSet<_> = told.into_iter().map(|(place, event)| (place, event.encode())).collect();
    assert_eq!(told, said);
}

fn damaged(path: &Path, flip: usize) -> bool {
    Journal::open(path).unwrap().append(begun(1)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[flip] ^= 1;
    fs::write(path, bytes).unwrap();
    Journal::open(path).unwrap().news(|_, _| ()).is_err()
}

#[test]
fn a_damaged_record_is_an_error_and_no_event() {
    let dir = tempfile::tempdir().unwrap();
    for flip in 0..RECORD_BYTES {
        assert!(damaged(&dir.path().join(flip.to_string()), flip), "byte {flip} should count");
    }
}

#[test]
fn a_journal_that_is_not_there_is_not_made_by_who_wants_to_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    assert!(Journal::open_existing(&path).is_err());
    assert!(!path.exists());
}
