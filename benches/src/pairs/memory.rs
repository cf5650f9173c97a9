//! A hit from memory, beside a bare fstat and a bare map.

use std::hint::black_box;
use std::path::Path;

use super::{KEYS, Turn, in_turn, size_name};
use crate::floor::memory::Kept;
use crate::{Pair, Place, Side, Tree};

const SIZES: [usize; 3] = [100, 4 << 10, 1 << 20];
/// What such a hit may take, at most, beside the two.
const BUDGET: f64 = 1.5;

/// For each size: it should not matter.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    SIZES.map(|size| pair(place, size).within(BUDGET)).into()
}

fn pair(place: &Place, size: usize) -> Pair {
    let path = place.path(&format!("memory-{size}"));
    let floor_path = path.clone();
    let turn = Turn::default();
    let floor_turn = turn.clone();
    let ours = Side::new(move || {
        let tree = filled(&path, size);
        tree.recall_all();
        in_turn(turn, move |index| {
            let hit =
                tree.cache.get::<Vec<u8>>(&tree.keys[index % tree.keys.len()]).expect("get").expect("a hit");
            black_box(&*hit);
        })
    });
    let floor = Side::new(move || {
        let kept = Kept::of(&filled(&floor_path, size));
        in_turn(floor_turn, move |index| {
            black_box(kept.get(&kept.keys[index % kept.keys.len()]).expect("fstat").expect("it is kept"));
        })
    });
    Pair::new(format!("hit from memory/{}", size_name(size)), ours, floor)
}

/// Few large ones: memory is bounded by bytes, too.
fn filled(path: &Path, size: usize) -> Tree {
    let there = path.exists();
    let tree = Tree::with_memory(path, if size < 1 << 20 { KEYS } else { 16 }, 1);
    if !there {
        tree.fill(&vec![b'x'; size]);
    }
    tree
}
