//! The test of correctness can fail: peers that do the job wrongly, each in one way, do not pass it.

#![allow(clippy::unwrap_used, clippy::panic)] // a failed assumption is a failed test

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use tagcache_benches::article::Article;
use tagcache_compare::check::{WEEK, check};
use tagcache_compare::crew::Office;
use tagcache_compare::peer::{Item, Kind, Level, Outcome, Peer, Settings};

/// What a peer does wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Only the first tag of a value counts.
    SecondTag,
    /// A replaced value keeps its old tags, too.
    OldTags,
    /// A tag takes all that begin like it.
    Prefix,
    /// Nothing expires.
    Expiry,
    /// The first value of a key stays.
    NoReplacing,
}

struct Faulty {
    fault: Fault,
    entries: RefCell<HashMap<String, (Vec<String>, Article)>>,
}

impl Peer for Faulty {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        Ok(self.entries.borrow().get(key).is_some_and(|(_, article)| {
            show(article);
            true
        }))
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        let mut entries = self.entries.borrow_mut();
        let old = entries.get(item.key);
        if self.fault == Fault::NoReplacing && old.is_some() {
            return Ok(());
        }
        let mut tags: Vec<String> = item.tags.map(String::from).to_vec();
        if self.fault == Fault::SecondTag {
            tags.truncate(1);
        }
        if self.fault == Fault::OldTags {
            tags.extend(old.iter().flat_map(|(tags, _)| tags.clone()));
        }
        entries.insert(item.key.to_owned(), (tags, item.value.clone()));
        Ok(())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let takes = |known: &String| match self.fault {
            Fault::Prefix => known.starts_with(tag),
            _ => known == tag,
        };
        self.entries.borrow_mut().retain(|_, (tags, _)| !tags.iter().any(takes));
        Ok(())
    }
}

fn faulty(fault: Fault) -> Outcome<Box<dyn Peer>> {
    Ok(Box::new(Faulty { fault, entries: RefCell::default() }))
}

const fn kind(open: fn(&Settings) -> Outcome<Box<dyn Peer>>, persistent: bool) -> Kind {
    Kind {
        name: "faulty",
        package: "",
        what: "",
        tags: "",
        levels: &[(Level::Volatile, "")],
        processes: false,
        persistent,
        fixed_level: false,
        cleans: false,
        open,
    }
}

/// The step that did not pass.
fn caught(kind: &'static Kind) -> String {
    let dir = tempfile::tempdir().unwrap();
    let office = Office { program: PathBuf::new(), entries: 0, ttl: WEEK };
    check(kind, Level::Volatile, dir.path(), &office).unwrap_err().to_string()
}

#[test]
fn a_peer_that_knows_one_tag_is_caught() {
    static KIND: Kind = kind(|_| faulty(Fault::SecondTag), false);
    assert!(caught(&KIND).contains("it had the tag as its second"));
}

#[test]
fn a_peer_that_keeps_old_tags_is_caught() {
    static KIND: Kind = kind(|_| faulty(Fault::OldTags), false);
    assert!(caught(&KIND).contains("a tag that it has no longer takes nothing"));
}

#[test]
fn a_peer_that_confuses_tags_is_caught() {
    static KIND: Kind = kind(|_| faulty(Fault::Prefix), false);
    assert!(caught(&KIND).contains("its tag only begins like that"));
}

#[test]
fn a_peer_that_does_not_replace_is_caught() {
    static KIND: Kind = kind(|_| faulty(Fault::NoReplacing), false);
    assert!(caught(&KIND).contains("a is what was put last"));
}

#[test]
fn a_peer_without_expiry_is_caught() {
    static KIND: Kind = kind(|_| faulty(Fault::Expiry), false);
    assert!(caught(&KIND).contains("not shown after its expiry"));
}
