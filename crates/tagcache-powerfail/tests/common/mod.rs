//! A history told line by line, and what a reader gets.

#![allow(dead_code, reason = "every test file takes from here what it needs")]

use tagcache::Durability;
use tagcache_powerfail::check::{Case, Seen};
use tagcache_powerfail::history::History;
use tagcache_powerfail::record::{self, Cut};
use tagcache_powerfail::value::{Author, Value};

/// A history, and the cut behind its last line.
pub(crate) fn told(lines: &[&str]) -> (History, Cut) {
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let history = record::parse(&text).and_then(History::new).expect("a record");
    let end = text.len() as u64;
    (history, Cut { returned: end, begun: end })
}

/// The case of a history under a durability.
pub(crate) fn case(told: &(History, Cut), durability: Durability) -> Case<'_> {
    Case { history: &told.0, cut: told.1, durability, names_hold: true }
}

/// The bytes of a value.
pub(crate) fn value(key: &str, tags: &[&str], writer: u32, step: u64, len: usize) -> Vec<u8> {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Value { key: key.into(), tags, author: Author { writer, step }, len }.bytes()
}

/// The value of the first call of the first process: key `k1`, tags `t1` and `t2`, ten bytes.
pub(crate) fn first() -> Seen {
    Seen::Fresh(value("k1", &["t1", "t2"], 1, 1, 10))
}

/// The three lines of that call.
pub(crate) const FIRST: [&str; 3] = ["1.1 begin put k1 10 t1,t2", "1.1 marked", "1.1 done"];
