//! A put, over nothing and over an entry.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, unlinkat};

use super::size_name;
use crate::floor::Names;
use crate::{Pair, Place, Side, Tree, floor, policy_with_tags, timed};

const TAGS: [usize; 3] = [0, 2, 16];
const SIZE: usize = 4 << 10;
/// How many entries are put before the tree is emptied again.
const PUTS: usize = 100;
/// What a record adds to a value of the floor: about as much as the head of ours.
const HEAD: usize = 160;

/// With no tag, two and sixteen; all folders are there.
#[must_use]
pub fn pairs(place: &Place) -> Vec<Pair> {
    TAGS.iter().flat_map(|&tags| [fresh(place, tags), over(place, tags)]).collect()
}

fn fresh(place: &Place, tags: usize) -> Pair {
    let (path, floor_path) = paths(place, &format!("put-fresh-{tags}"));
    let ours = Side::new(move || {
        let tree = folders(&path, tags);
        let put = put_all(tags);
        in_batches(move |count| {
            tree.empty();
            put(&tree, count)
        })
    });
    let floor = Side::new(move || {
        let mut bare = Bare::new(&floor_path, tags);
        in_batches(move |count| {
            bare.empty();
            bare.put_all(count)
        })
    });
    Pair { name: format!("put/fresh/{}/{tags} tags", size_name(SIZE)), floor, ours }
}

fn over(place: &Place, tags: usize) -> Pair {
    let (path, floor_path) = paths(place, &format!("put-over-{tags}"));
    let ours = Side::new(move || {
        let tree = folders(&path, tags);
        let put = put_all(tags);
        put(&tree, PUTS);
        in_batches(move |count| put(&tree, count))
    });
    let floor = Side::new(move || {
        let mut bare = Bare::new(&floor_path, tags);
        bare.put_all(PUTS);
        in_batches(move |count| bare.put_over_all(count))
    });
    Pair { name: format!("put/over/{}/{tags} tags", size_name(SIZE)), floor, ours }
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
fn put_all(tags: usize) -> impl Fn(&Tree, usize) -> Duration {
    let (value, policy) = (vec![b'x'; SIZE], policy_with_tags(tags));
    move |tree, count| {
        timed(|| {
            for key in &tree.keys[..count] {
                tree.cache.put(key, &value, &policy).expect("put");
            }
        })
    }
}

/// A run that does its work in batches of at most [`PUTS`].
fn in_batches(mut batch: impl FnMut(usize) -> Duration) -> impl FnMut(u64) -> Duration {
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

/// A tree that only bare calls write to.
struct Bare {
    tree: Tree,
    dir: OwnedFd,
    log: OwnedFd,
    record: Vec<u8>,
    tags: usize,
    /// Goes up with each put, as the numbers of inodes do: the links of one key come into another folder each time.
    ino: usize,
    /// What the first so many keys have now.
    entries: Vec<Names>,
}

impl Bare {
    fn new(path: &Path, tags: usize) -> Self {
        let tree = folders(path, tags);
        let (dir, log) = (tree.open_dir(), tree.open_log());
        let record = vec![b'x'; SIZE + HEAD];
        Self { tree, dir, log, record, tags, ino: 10_000_000, entries: Vec::new() }
    }

    /// Puts the first so many keys, of which there is none.
    fn put_all(&mut self, count: usize) -> Duration {
        self.entries = self.new_names(count);
        timed(|| {
            for names in &self.entries {
                floor::put(&self.dir, &self.log, names, &self.record).expect("put");
            }
        })
    }

    /// Puts the first so many keys, of which there is each.
    fn put_over_all(&mut self, count: usize) -> Duration {
        let new = self.new_names(count);
        let took = timed(|| {
            for (names, old) in new.iter().zip(&self.entries) {
                floor::put_over(&self.dir, &self.log, names, &old.links, &self.record).expect("put over");
            }
        });
        self.entries.splice(..count, new);
        took
    }

    fn new_names(&mut self, count: usize) -> Vec<Names> {
        let first = self.ino;
        self.ino += count;
        (0..count).map(|index| names_of(&self.tree, index, first + index, self.tags)).collect()
    }

    fn empty(&mut self) {
        for names in self.entries.drain(..) {
            for path in names.links.iter().chain([&names.entry]) {
                unlinkat(&self.dir, path, AtFlags::empty()).expect("unlink");
            }
        }
    }
}

fn names_of(tree: &Tree, index: usize, ino: usize, tags: usize) -> Names {
    Names {
        draft: CString::new(format!("tmp/{index:032x}.{ino:016x}")).expect("no zero"),
        links: (0..tags).map(|tag| tree.link_path(tag, ino)).collect(),
        entry: tree.entry_path(index),
    }
}
