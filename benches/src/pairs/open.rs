//! Opening a cache that exists, as every process of a web server does.

use tagcache::{Builder, Durability, Raw};

use super::each;
use crate::{Pair, Place, Side, Tree, floor};

/// And closing it.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    vec![pair(place)]
}

fn pair(place: &Place) -> Pair {
    let path = place.path("open");
    let floor_path = path.clone();
    let ours = Side::new(move || {
        drop(Tree::new(&path, 0, 0));
        each(move || {
            drop(Builder::new(Raw).durability(Durability::Volatile).open(&path).expect("open"));
        })
    });
    let floor = Side::new(move || {
        drop(Tree::new(&floor_path, 0, 0));
        each(move || floor::open::open(&floor_path).expect("open"))
    });
    Pair::new("open", ours, floor)
}
