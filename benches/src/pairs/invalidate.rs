//! A hard invalidation of a tag.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, linkat, mkdirat, openat, unlinkat};
use rustix::io::write;
use tagcache::Durability;
use tagcache_fs::sys::FsKind;

use super::whole;
use crate::bare::HEAD;
use crate::floor::Link;
use crate::floor::invalidation::{Barrier, Bucket, invalidate};
use crate::pair::Pace;
use crate::{Pair, Place, Side, Tree, timed};

const LINKS: [usize; 2] = [1, 1000];
const SIZE: usize = 100;
/// What the invalidation of many links may take, at most, beside its bare calls.
const BUDGET: f64 = 1.3;
const NEW: OFlags = OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL);
const OWN: Mode = Mode::RUSR.union(Mode::WUSR);

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
        let mut bare = Bare::new(&Tree::with_durability(&floor_path, links, 1, durability));
        whole(links, move || {
            bare.fill();
            let buckets = bare.buckets();
            timed(|| bare.invalidate(&buckets))
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
    entries: Vec<(CString, Link)>,
    barrier: Barrier,
}

impl Bare {
    fn new(tree: &Tree) -> Self {
        tree.make_shards();
        let (dir, log) = (tree.open_dir(), tree.open_log());
        let link = || Link::new(&tree.tag_path(0), 2);
        let entries = (0..tree.keys.len()).map(|index| (tree.entry_path(index), link())).collect();
        let root = tree.cache.root();
        let barrier = match (root.durability(), root.capabilities().kind) {
            (Durability::Volatile, _) => Barrier::None,
            (_, FsKind::Journaled) => Barrier::Log,
            _ => Barrier::Filesystem,
        };
        Self { tag: tree.tag_path(0), dir, log, entries, barrier }
    }

    /// The folders are removed with the links each time, and those that the links need are made.
    fn fill(&mut self) {
        make_folder(&self.dir, &self.tag);
        for (entry, link) in &mut self.entries {
            let _ = unlinkat(&self.dir, entry.as_c_str(), AtFlags::empty());
            let file = openat(&self.dir, entry.as_c_str(), NEW, OWN).expect("an entry");
            write(&file, &[b'x'; SIZE + HEAD]).expect("a value");
            link.name(fstat(&file).expect("an inode").st_ino);
            make_folder(&self.dir, &link.bucket());
            linkat(&self.dir, entry.as_c_str(), &self.dir, link.path(), AtFlags::empty()).expect("a link");
        }
    }

    /// The links by the folder that they are in.
    fn buckets(&self) -> Vec<Bucket> {
        let mut buckets = BTreeMap::<CString, Vec<CString>>::new();
        for (_, link) in &self.entries {
            buckets.entry(link.bucket()).or_default().push(link.path().to_owned());
        }
        buckets.into_iter().map(|(path, links)| Bucket { path, links }).collect()
    }

    fn invalidate(&self, buckets: &[Bucket]) {
        invalidate(&self.dir, &self.log, &self.tag, buckets, self.barrier).expect("invalidate");
    }
}

/// If it is not there yet.
fn make_folder(dir: &OwnedFd, path: &CStr) {
    let _ = mkdirat(dir, path, Mode::RWXU);
}
