//! What refusing symbolic links costs: the open of a hit by openat2(2) as the cache makes it, beside a plain openat(2).

use rustix::fs::{Mode, OFlags, openat};

use super::{KEYS, Turn, in_turn};
use crate::{Pair, Place, Side, Tree, floor};

/// Not a budget: the price of a promise.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    vec![pair(place)]
}

fn pair(place: &Place) -> Pair {
    let path = place.path("guards");
    let plain_path = path.clone();
    let turn = Turn::default();
    let plain_turn = turn.clone();
    let guarded = Side::new(move || {
        let (tree, flags) = (filled(&path), OFlags::RDONLY | OFlags::CLOEXEC);
        let (dir, entries) = (tree.open_dir(), paths(&tree));
        in_turn(turn, move |index| drop(floor::open_file(&dir, &entries[index], flags).expect("openat2")))
    });
    let plain = Side::new(move || {
        let (tree, flags) = (filled(&plain_path), OFlags::RDONLY | OFlags::CLOEXEC);
        let (dir, entries) = (tree.open_dir(), paths(&tree));
        in_turn(plain_turn, move |index| {
            drop(openat(&dir, &entries[index], flags, Mode::empty()).expect("openat"));
        })
    });
    Pair::new("openat2 with its guards, beside openat", guarded, plain)
}

fn paths(tree: &Tree) -> Vec<std::ffi::CString> {
    (0..KEYS).map(|index| tree.entry_path(index)).collect()
}

fn filled(path: &std::path::Path) -> Tree {
    let there = path.exists();
    let tree = Tree::new(path, KEYS, 0);
    if !there {
        tree.fill(&vec![b'x'; 100]);
    }
    tree
}
