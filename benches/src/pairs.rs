//! The operations that have a floor.

pub mod hit;
pub mod invalidate;
pub mod miss;
pub mod put;

use std::time::Duration;

use crate::{Pair, Place, timed};

/// How many keys a reader asks for in turn: so many that no single name is hot, so few that all are in memory.
const KEYS: usize = 1000;

/// All of them, in one place.
#[must_use]
pub fn all(place: &Place) -> Vec<Pair> {
    let mut pairs = hit::pairs(place);
    pairs.extend(miss::pairs(place));
    pairs.extend(put::pairs(place));
    pairs.extend(invalidate::pairs(place));
    pairs
}

/// `100 B`, `4 KiB`.
fn size_name(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        _ => format!("{} KiB", bytes / 1024),
    }
}

/// A run that reads one key after the other.
fn in_turn(mut read: impl FnMut(usize)) -> impl FnMut(u64) -> Duration {
    let mut turn = 0;
    move |count| {
        timed(|| {
            for _ in 0..count {
                turn = (turn + 1) % KEYS;
                read(turn);
            }
        })
    }
}
