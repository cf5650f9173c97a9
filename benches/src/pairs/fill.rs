//! Compute-through on a cold key: lease, look again, mark, compute, put, and the lease back.

use super::{PUTS, in_batches, over_nothing};
use crate::bare::Bare;
use crate::{Pair, Place, Side, Tree, policy_with_tags, timed};

const TAGS: usize = 2;
const SIZE: usize = 4 << 10;

/// A value that costs nothing to compute.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    vec![pair(place)]
}

fn pair(place: &Place) -> Pair {
    let (path, floor_path) = (place.path("fill"), place.path("fill-floor"));
    let ours = Side::new(move || {
        let tree = Tree::new(&path, PUTS, TAGS);
        tree.make_folders();
        let policy = policy_with_tags(TAGS);
        over_nothing(tree, move |tree, count| {
            timed(|| {
                for key in &tree.keys[..count] {
                    let hit = tree.cache.get_with(key, &policy, |_| vec![b'x'; SIZE]);
                    assert_eq!(hit.len(), SIZE, "what was computed");
                }
            })
        })
    });
    let floor = Side::new(move || {
        let mut bare = Bare::new(&floor_path, 0..PUTS, TAGS, SIZE);
        in_batches(move |count| {
            bare.empty();
            bare.fill_all(count)
        })
    });
    Pair::new("fill/4 KiB/2 tags", ours, floor)
}
