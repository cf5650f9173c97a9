//! A miss.

use std::hint::black_box;
use std::path::Path;

use super::{KEYS, Turn, in_turn};
use crate::{Pair, Place, Side, Tree, floor};

/// A key that was never there, in a folder that is.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    let turn = Turn::default();
    vec![Pair::new("miss", ours(place, turn.clone()), floor(place, turn))]
}

fn ours(place: &Place, turn: Turn) -> Side {
    let path = place.path("miss");
    Side::new(move || {
        let tree = folders(&path);
        in_turn(turn, move |index| {
            let found = tree.cache.get::<Vec<u8>>(&tree.keys[index]).expect("get");
            assert!(black_box(found).is_none(), "nothing is there");
        })
    })
}

fn floor(place: &Place, turn: Turn) -> Side {
    let path = place.path("miss");
    Side::new(move || {
        let tree = folders(&path);
        let dir = tree.open_dir();
        let entries: Vec<_> = (0..KEYS).map(|index| tree.entry_path(index)).collect();
        in_turn(turn, move |index| assert!(black_box(floor::miss(&dir, &entries[index])), "nothing is there"))
    })
}

fn folders(path: &Path) -> Tree {
    let tree = Tree::new(path, KEYS, 0);
    tree.make_shards();
    tree
}
