//! A hard invalidation of a tag.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, mkdirat, unlinkat};
use tagcache::Durability;
use tagcache_fs::sys::FsKind;

use super::whole;
use crate::bare::HEAD;
use crate::floor::Names;
use crate::floor::invalidation::{Barrier, Bucket, invalidate};
use crate::pair::Pace;
use crate::{Pair, Place, Side, Tree, floor, timed};

const LINKS: [usize; 2] = [1, 1000];
const SIZE: usize = 100;
/// What the invalidation of many links may take, at most, beside its bare calls.
const BUDGET: f64 = 1.3;

/// With one link, with a thousand and with `most`; with and without waiting for the disk.
#[must_use]
pub fn pairs(place: &Place, most: usize) -> Vec<Pair> {
    let durabilities = [Durability::Volatile, Durability::Invalidations];
    let mut pairs: Vec<Pair> = durabilities
        .iter()
        .flat_map(|&durability| LINKS.map(|links| pair(place, links, durability)))
        .collect();
    if most > LINKS[1] {
        pairs.push(pair(place, most, Durability::Volatile));
    }
    pairs
}

fn pair(place: &Place, links: usize, durability: Durability) -> Pair {
    let how = if durability == Durability::Volatile { "" } else { ", durable" };
    let folder = format!("invalidate-{links}-{durability}");
    let (path, floor_path) = (place.path(&folder), place.path(&format!("{folder}-floor")));
    let ours = Side::new(move || {
        let tree = Tree::with_durability(&path, links, 1, durability);
        let value = vec![b'x'; SIZE];
        whole(links, move || {
            tree.fill(&value);
            timed(|| {
                let removed = tree.cache.invalidate_tag("tag-0").expect("invalidate");
                assert_eq!(removed, links as u64, "every link is removed");
            })
        })
    });
    let floor = Side::new(move || {
        let bare = Bare::new(&Tree::with_durability(&floor_path, links, 1, durability));
        whole(links, move || {
            bare.fill();
            timed(|| bare.invalidate())
        })
    });
    let pair = Pair::new(format!("invalidate/{links} links{how}, per link"), ours, floor);
    match (links, durability) {
        (1, _) => pair,
        (_, Durability::Volatile) => pair.at(Pace::Once).within(BUDGET),
        _ => pair.at(Pace::Once),
    }
}

/// A tree that only bare calls write to.
struct Bare {
    dir: OwnedFd,
    log: OwnedFd,
    tag: CString,
    buckets: Vec<Bucket>,
    entries: Vec<Names>,
    barrier: Barrier,
}

impl Bare {
    fn new(tree: &Tree) -> Self {
        tree.make_shards();
        let (dir, log) = (tree.open_dir(), tree.open_log());
        let entries = (0..tree.keys.len()).map(|index| names_of(tree, index)).collect();
        let root = tree.cache.root();
        let barrier = match (root.durability(), root.capabilities().kind) {
            (Durability::Volatile, _) => Barrier::None,
            (_, FsKind::Journaled) => Barrier::Log,
            _ => Barrier::Filesystem,
        };
        Self { tag: tree.tag_path(0), buckets: buckets(tree), dir, log, entries, barrier }
    }

    /// The folders are removed with the links each time; the tree of ours makes those that it needs, too.
    fn fill(&self) {
        for path in [&self.tag].into_iter().chain(self.buckets.iter().map(|bucket| &bucket.path)) {
            let _ = mkdirat(&self.dir, path, Mode::from_bits_retain(0o700));
        }
        for names in &self.entries {
            let _ = unlinkat(&self.dir, &names.entry, AtFlags::empty());
            floor::put(&self.dir, &self.log, names, &[b'x'; SIZE + HEAD]).expect("put");
        }
    }

    fn invalidate(&self) {
        invalidate(&self.dir, &self.log, &self.tag, &self.buckets, self.barrier).expect("invalidate");
    }
}

fn names_of(tree: &Tree, index: usize) -> Names {
    Names {
        ino: ino(index),
        draft: CString::new(format!("tmp/{index:032x}.{index:016x}")).expect("no zero"),
        links: vec![tree.link_path(0, ino(index))],
        entry: tree.entry_path(index),
    }
}

/// As long as an inode number is.
const fn ino(index: usize) -> usize {
    10_000_000 + index
}

/// The links by the folder that they are in.
fn buckets(tree: &Tree) -> Vec<Bucket> {
    let used = tree.keys.len().min(100);
    let bucket = |number: usize| {
        let of_bucket = (number..tree.keys.len()).step_by(100);
        let links: Vec<_> = of_bucket.map(|index| tree.link_path(0, ino(index))).collect();
        let path = links[0].to_string_lossy().rsplit_once('/').map(|(folder, _)| folder.to_owned());
        Bucket { path: CString::new(path.expect("a folder")).expect("no zero"), links }
    };
    (0..used).map(bucket).collect()
}
