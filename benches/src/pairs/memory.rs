//! A hit from memory, beside a bare fstat and a bare map.

use std::hint::black_box;
use std::path::Path;

use super::{KEYS, each, size_name};
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
    let ours = Side::new(move || {
        let tree = filled(&path, size);
        tree.recall_all();
        let mut turn = 0;
        each(move || {
            turn = (turn + 1) % tree.keys.len();
            let hit = tree.cache.get::<Vec<u8>>(&tree.keys[turn]).expect("get").expect("a hit");
            black_box(&*hit);
        })
    });
    let floor = Side::new(move || {
        let kept = Kept::of(&filled(&floor_path, size));
        let mut turn = 0;
        each(move || {
            turn = (turn + 1) % kept.keys.len();
            black_box(kept.get(&kept.keys[turn]).expect("fstat").expect("it is kept"));
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
