//! A tree that only bare calls write to.

use std::ffi::CString;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{AtFlags, unlinkat};

use crate::floor::fill::{fill, lease_path};
use crate::floor::{self, Link, Names};
use crate::{Tree, timed};

/// What a record adds to a value of the floor: about as much as the head of ours.
pub(crate) const HEAD: usize = 160;
/// Puts, with every name made beforehand.
pub(crate) struct Bare {
    tree: Tree,
    dir: OwnedFd,
    log: OwnedFd,
    record: Vec<u8>,
    tags: usize,
    /// Which keys of the tree it writes.
    keys: Range<usize>,
    /// What the first so many of them have now.
    entries: Vec<Names>,
}

impl Bare {
    /// The writer of some of the keys, with values of `size` bytes.
    pub(crate) fn new(path: &Path, keys: Range<usize>, tags: usize, size: usize) -> Self {
        let tree = Tree::new(path, keys.end, tags);
        tree.make_folders();
        let (dir, log) = (tree.open_dir(), tree.open_log());
        let record = vec![b'x'; size + HEAD];
        Self { tree, dir, log, record, tags, keys, entries: Vec::new() }
    }

    /// Puts the first so many keys, of which there is none.
    pub(crate) fn put_all(&mut self, count: usize) -> Duration {
        self.entries = self.new_names(count);
        timed(|| {
            for names in &mut self.entries {
                floor::put(&self.dir, &self.log, names, &self.record).expect("put");
            }
        })
    }

    /// Puts the first so many keys, of which there is each.
    pub(crate) fn put_over_all(&mut self, count: usize) -> Duration {
        let mut new = self.new_names(count);
        let took = timed(|| {
            for (names, old) in new.iter_mut().zip(&self.entries) {
                floor::put_over(&self.dir, &self.log, names, old, &self.record).expect("put over");
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
            for (names, lease) in self.entries.iter_mut().zip(&leases) {
                fill(&self.dir, &self.log, lease, names, &self.record).expect("fill");
            }
        })
    }

    fn new_names(&self, count: usize) -> Vec<Names> {
        self.keys.clone().take(count).map(|index| names_of(&self.tree, index, self.tags)).collect()
    }

    /// Removes everything that it has put.
    pub(crate) fn empty(&mut self) {
        for names in self.entries.drain(..) {
            let links = names.links.iter().map(Link::path);
            for path in links.chain([names.entry.as_c_str()]) {
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

/// Of an entry that is not written yet.
fn names_of(tree: &Tree, index: usize, tags: usize) -> Names {
    Names {
        draft: CString::new(format!("tmp/{index:032x}.{index:016x}")).expect("no zero"),
        links: (0..tags).map(|tag| Link::new(&tree.tag_path(tag), tags + 1)).collect(),
        entry: tree.entry_path(index),
    }
}
