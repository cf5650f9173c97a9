//! The operations that have a floor.

pub mod fill;
pub mod guards;
pub mod hit;
pub mod invalidate;
pub mod memory;
pub mod miss;
pub mod open;
pub mod put;
pub mod sweep;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::{Pair, Place, Tree, timed};

/// How many keys a reader asks for in turn: so many that no single name is hot, so few that all are in memory.
pub(crate) const KEYS: usize = 1000;
/// How many entries are put before the tree is emptied again.
pub(crate) const PUTS: usize = 100;

/// All of them, in one place.
#[must_use]
pub fn all(place: &Place, most_links: usize) -> Vec<Pair> {
    let mut pairs = memory::pairs(place);
    pairs.extend(hit::pairs(place));
    pairs.extend(miss::pairs(place));
    pairs.extend(put::pairs(place));
    pairs.extend(fill::pairs(place));
    pairs.extend(invalidate::pairs(place, most_links));
    pairs.extend(sweep::pairs(place));
    pairs.extend(open::pairs(place));
    pairs.extend(guards::pairs(place));
    pairs
}

/// `100 B`, `4 KiB`, `1 MiB`.
pub(crate) fn size_name(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..0x10_0000 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// Which key is next. The sides of a pair share one: each goes on where the other stopped. If each had its own, the one
/// that lags behind would find what the other has just brought into the processor's caches, and would look faster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn(Rc<Cell<usize>>);

impl Turn {
    fn next(&self) -> usize {
        let next = (self.0.get() + 1) % KEYS;
        self.0.set(next);
        next
    }
}

/// A run that reads one key after the other.
pub(crate) fn in_turn(turn: Turn, mut read: impl FnMut(usize)) -> impl FnMut(u64) -> Duration {
    each(move || read(turn.next()))
}

/// A run that does one thing after the other.
pub(crate) fn each(mut act: impl FnMut()) -> impl FnMut(u64) -> Duration {
    move |count| {
        timed(|| {
            for _ in 0..count {
                act();
            }
        })
    }
}

/// A run that does its work in batches of at most [`PUTS`].
pub(crate) fn in_batches(mut batch: impl FnMut(usize) -> Duration) -> impl FnMut(u64) -> Duration {
    move |count| {
        let mut left = usize::try_from(count).expect("a count");
        let mut took = Duration::ZERO;
        while left > 0 {
            let now = left.min(PUTS);
            took += batch(now);
            left -= now;
        }
        took
    }
}

/// A run that stores the keys of a tree where there are none: what it stored before is taken away in between. `store` does
/// that for the first so many keys.
pub(crate) fn over_nothing(
    tree: Tree,
    mut store: impl FnMut(&Tree, usize) -> Duration,
) -> impl FnMut(u64) -> Duration {
    let mut there = 0;
    in_batches(move |count| {
        tree.empty_some(0..there);
        there = count;
        store(&tree, count)
    })
}

/// A run whose operations come `size` at a time: it does all of them for each that is asked for, and says what one took.
pub(crate) fn whole(size: usize, mut once: impl FnMut() -> Duration) -> impl FnMut(u64) -> Duration {
    let size = u32::try_from(size).expect("a count");
    move |count| (0..count).map(|_| once() / size).sum()
}
