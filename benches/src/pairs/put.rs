//! A put, over nothing and over an entry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{PUTS, in_batches, over_nothing, size_name};
use crate::bare::Bare;
use crate::{Pair, Place, Side, Tree, policy_with_tags, timed};

const TAGS: [usize; 3] = [0, 2, 16];
const SIZE: usize = 4 << 10;
const OTHER_SIZES: [usize; 2] = [100, 1 << 20];
/// What a put with two tags may take, at most, beside its bare calls. That of a large value is encoding and checksum.
const BUDGET: f64 = 1.3;

/// With no tag, two and sixteen, and with smaller and larger values; all folders are there.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    let sizes = OTHER_SIZES.map(|size| fresh(place, size, 2));
    let tags = TAGS.iter().flat_map(|&tags| [fresh(place, SIZE, tags), over(place, SIZE, tags)]);
    tags.chain(sizes).collect()
}

fn fresh(place: &Place, size: usize, tags: usize) -> Pair {
    let (path, floor_path) = paths(place, &format!("put-fresh-{size}-{tags}"));
    let ours = Side::new(move || over_nothing(folders(&path, tags), put_all(size, tags)));
    let floor = Side::new(move || {
        let mut bare = Bare::new(&floor_path, 0..PUTS, tags, size);
        in_batches(move |count| {
            bare.empty();
            bare.put_all(count)
        })
    });
    with_budget(Pair::new(format!("put new/{}/{tags} tags", size_name(size)), ours, floor), size, tags)
}

fn over(place: &Place, size: usize, tags: usize) -> Pair {
    let (path, floor_path) = paths(place, &format!("put-over-{tags}"));
    let ours = Side::new(move || {
        let tree = folders(&path, tags);
        let put = put_all(size, tags);
        put(&tree, PUTS);
        in_batches(move |count| put(&tree, count))
    });
    let floor = Side::new(move || {
        let mut bare = Bare::new(&floor_path, 0..PUTS, tags, size);
        bare.put_all(PUTS);
        in_batches(move |count| bare.put_over_all(count))
    });
    with_budget(Pair::new(format!("put over/{}/{tags} tags", size_name(size)), ours, floor), size, tags)
}

fn with_budget(pair: Pair, size: usize, tags: usize) -> Pair {
    if tags == 2 && size <= SIZE { pair.within(BUDGET) } else { pair }
}

fn paths(place: &Place, name: &str) -> (PathBuf, PathBuf) {
    (place.path(name), place.path(&format!("{name}-floor")))
}

fn folders(path: &Path, tags: usize) -> Tree {
    let tree = Tree::new(path, PUTS, tags);
    tree.make_folders();
    tree
}

/// Puts the first so many keys of a tree, and says how long that took.
fn put_all(size: usize, tags: usize) -> impl Fn(&Tree, usize) -> Duration {
    let (value, policy) = (vec![b'x'; size], policy_with_tags(tags));
    move |tree, count| {
        timed(|| {
            for key in &tree.keys[..count] {
                tree.cache.put(key, &value, &policy).expect("put");
            }
        })
    }
}
