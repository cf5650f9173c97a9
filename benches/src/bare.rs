//! A tree that only bare calls write to.

use std::ffi::CString;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, unlinkat};

use crate::floor::fill::{fill, lease_path};
use crate::floor::{self, Names};
use crate::pairs::PUTS;
use crate::{Tree, timed};

/// What a record adds to a value of the floor: about as much as the head of ours.
pub(crate) const HEAD: usize = 160;
/// So long are the numbers of inodes; each writer has as many of its own.
const FIRST_INO: usize = 10_000_000;
/// Numbers come again, as those of inodes do on most filesystems, and so do the names of links: a key has two in turn.
const NEXT: usize = PUTS;

/// Puts, with every name made beforehand.
pub(crate) struct Bare {
    tree: Tree,
    dir: OwnedFd,
    log: OwnedFd,
    record: Vec<u8>,
    tags: usize,
    writer: usize,
    /// Which keys of the tree it writes.
    keys: Range<usize>,
    /// What the first so many of them have now.
    entries: Vec<Names>,
}

impl Bare {
    /// The writer of some of the keys, with values of `size` bytes. Two writers of one tree have different numbers.
    pub(crate) fn new(path: &Path, keys: Range<usize>, tags: usize, size: usize, writer: usize) -> Self {
        let tree = Tree::new(path, keys.end, tags);
        tree.make_folders();
        let (dir, log) = (tree.open_dir(), tree.open_log());
        let record = vec![b'x'; size + HEAD];
        Self { tree, dir, log, record, tags, writer, keys, entries: Vec::new() }
    }

    /// Puts the first so many keys, of which there is none.
    pub(crate) fn put_all(&mut self, count: usize) -> Duration {
        self.entries = self.new_names(count);
        timed(|| {
            for names in &self.entries {
                floor::put(&self.dir, &self.log, names, &self.record).expect("put");
            }
        })
    }

    /// Puts the first so many keys, of which there is each.
    pub(crate) fn put_over_all(&mut self, count: usize) -> Duration {
        let new = self.new_names(count);
        let took = timed(|| {
            for (names, old) in new.iter().zip(&self.entries) {
                floor::put_over(&self.dir, &self.log, names, &old.links, &self.record).expect("put over");
            }
        });
        self.entries.splice(..count, new);
        took
    }

    /// Fills the first so many keys, of which there is none.
    pub(crate) fn fill_all(&mut self, count: usize) -> Duration {
        self.entries = self.new_names(count);
        let leases: Vec<CString> = (0..count).map(lease_path).collect();
        timed(|| {
            for (names, lease) in self.entries.iter().zip(&leases) {
                fill(&self.dir, &self.log, lease, names, &self.record).expect("fill");
            }
        })
    }

    fn new_names(&self, count: usize) -> Vec<Names> {
        let first = (1 + self.writer) * FIRST_INO;
        let new = |(turn, index): (usize, usize)| {
            let plain = first + turn;
            let taken = self.entries.get(turn).is_some_and(|names| names.ino == plain);
            names_of(&self.tree, index, if taken { plain + NEXT } else { plain }, self.tags)
        };
        self.keys.clone().take(count).enumerate().map(new).collect()
    }

    /// Removes everything that it has put.
    pub(crate) fn empty(&mut self) {
        for names in self.entries.drain(..) {
            for path in names.links.iter().chain([&names.entry]) {
                // What is still there makes the next put fail.
                let _ = unlinkat(&self.dir, path, AtFlags::empty());
            }
        }
    }
}

/// The next writer of the same keys finds none of them.
impl Drop for Bare {
    fn drop(&mut self) {
        self.empty();
    }
}

fn names_of(tree: &Tree, index: usize, ino: usize, tags: usize) -> Names {
    Names {
        ino,
        draft: CString::new(format!("tmp/{index:032x}.{ino:016x}")).expect("no zero"),
        links: (0..tags).map(|tag| tree.link_path(tag, ino)).collect(),
        entry: tree.entry_path(index),
    }
}
