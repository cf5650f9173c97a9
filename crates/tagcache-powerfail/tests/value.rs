//! A value is recognised whole or not at all.

mod common;

use common::value;
use tagcache_powerfail::value::{Author, Value};

#[test]
fn a_value_says_who_wrote_it() {
    let read = Value::recognise(&value("k1", &["t1", "t2"], 3, 17, 100)).expect("it is whole");
    assert_eq!(read.author, Author { writer: 3, step: 17 });
    assert_eq!((read.key.as_str(), read.tags.len(), read.len), ("k1", 2, 100));
}

#[test]
fn a_value_without_tags_or_bytes_is_one_too() {
    let bytes = value("k1", &[], 1, 1, 0);
    assert_eq!(Value::recognise(&bytes).map(|value| value.tags), Some(Vec::new()));
}

#[test]
fn one_flipped_bit_anywhere_makes_it_another_value_or_none() {
    let bytes = value("k1", &["t1"], 1, 1, 40);
    let whole = Value::recognise(&bytes);
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut torn = bytes.clone();
            torn[at] ^= 1 << bit;
            // A flip in the key or the tags makes a value that nobody stored, which the record shows.
            assert_ne!(Value::recognise(&torn), whole, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_value_cut_or_continued_anywhere_is_none() {
    let bytes = value("k1", &["t1"], 1, 1, 40);
    for end in 0..bytes.len() {
        assert_eq!(Value::recognise(&bytes[..end]), None, "cut at {end}");
    }
    assert_eq!(Value::recognise(&[bytes, vec![0]].concat()), None);
}
