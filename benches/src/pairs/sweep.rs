//! A sweep that finds everything in order, per entry.

use std::path::Path;

use super::whole;
use crate::pair::Pace;
use crate::{Pair, Place, Side, Tree, floor, timed};

const ENTRIES: usize = 1000;
const TAGS: usize = 2;

/// A thousand entries with two tags each, in a tree of their own.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    vec![pair(place)]
}

fn pair(place: &Place) -> Pair {
    let path = place.path("sweep");
    let floor_path = path.clone();
    let ours = Side::new(move || {
        let tree = filled(&path);
        whole(ENTRIES, move || {
            timed(|| {
                let swept = tree.cache.sweep().expect("sweep");
                assert_eq!((swept.kept, swept.entries), (ENTRIES as u64, 0), "all of them live");
            })
        })
    });
    let floor = Side::new(move || {
        let dir = filled(&floor_path).open_dir();
        whole(ENTRIES, move || {
            timed(|| {
                let entries = floor::sweep::walk(&dir, c"data").expect("a walk");
                assert_eq!(entries, ENTRIES as u64, "all of them are there");
            })
        })
    });
    Pair::new("sweep/1000 entries, per entry", ours, floor).at(Pace::Once)
}

/// Both sides look at one tree.
fn filled(path: &Path) -> Tree {
    let there = path.exists();
    let tree = Tree::new(path, ENTRIES, TAGS);
    if !there {
        tree.fill(&vec![b'x'; 100]);
    }
    tree
}
