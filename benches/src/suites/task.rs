//! What several do at once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::bare::Bare;
use crate::floor::memory::Kept;
use crate::pairs::{KEYS, PUTS, Turn, in_batches, in_turn};
use crate::{Tree, floor, policy_with_tags, timed};

const SIZE: usize = 4 << 10;
const TAGS: usize = 2;
/// No crew is larger.
pub(crate) const MOST: usize = 8;

/// One operation of a crew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Reads of the same keys, from memory.
    Recall,
    /// The same from disk.
    Hit,
    /// Puts over missing keys, of its own for each, in the same folders and with the same tags.
    Put,
}

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doer {
    /// The cache.
    Ours,
    /// The bare calls.
    Floor,
}

/// Work that is told how often.
pub(crate) type Worker = Box<dyn FnMut(u64) -> Duration>;

impl Doer {
    pub(crate) const ALL: [Self; 2] = [Self::Ours, Self::Floor];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
        }
    }
}

impl Task {
    pub(crate) const ALL: [Self; 3] = [Self::Recall, Self::Hit, Self::Put];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::Hit => "hit",
            Self::Put => "put",
        }
    }

    /// What it is called on the page.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Recall => "hit from memory/4 KiB",
            Self::Hit => "hit from disk/4 KiB",
            Self::Put => "put new/4 KiB/2 tags",
        }
    }

    /// Makes what all workers need. The second time there is nothing to do.
    pub(crate) fn prepare(self, path: &Path) {
        if path.exists() {
            return;
        }
        let tree = self.tree(path);
        match self {
            Self::Recall | Self::Hit => tree.fill(&vec![b'x'; SIZE]),
            Self::Put => tree.make_folders(),
        }
    }

    /// A cache for all threads.
    pub(crate) fn share(self, path: &Path) -> Arc<Tree> {
        Arc::new(self.tree(path))
    }

    fn tree(self, path: &Path) -> Tree {
        match self {
            Self::Recall => Tree::with_memory(path, KEYS, TAGS),
            Self::Hit => Tree::new(path, KEYS, TAGS),
            Self::Put => Tree::new(path, MOST * PUTS, TAGS),
        }
    }

    /// One of several, with the cache of all of them or one of its own.
    pub(crate) fn worker(self, doer: Doer, path: &Path, shared: Option<Arc<Tree>>, index: usize) -> Worker {
        let tree = || shared.unwrap_or_else(|| self.share(path));
        // Everybody begins with another key.
        let from = index * KEYS / MOST;
        let own = index * PUTS..(index + 1) * PUTS;
        match (self, doer) {
            (Self::Recall, Doer::Ours) => recall(tree(), from),
            (Self::Recall, Doer::Floor) => bare_recall(&tree(), from),
            (Self::Hit, Doer::Ours) => hit(tree(), from),
            (Self::Hit, Doer::Floor) => bare_hit(&tree(), from),
            (Self::Put, Doer::Ours) => put(tree(), own.start),
            (Self::Put, Doer::Floor) => {
                let mut bare = Bare::new(path, own, TAGS, SIZE);
                Box::new(in_batches(move |count| {
                    bare.empty();
                    bare.put_all(count)
                }))
            }
        }
    }
}

fn hit(tree: Arc<Tree>, from: usize) -> Worker {
    Box::new(in_turn(Turn::default(), move |index| {
        let key = &tree.keys[(from + index) % KEYS];
        let hit = tree.cache.get::<Vec<u8>>(key).expect("get").expect("a hit");
        assert_eq!(hit.len(), SIZE, "the value that was put");
    }))
}

fn recall(tree: Arc<Tree>, from: usize) -> Worker {
    tree.recall_all();
    hit(tree, from)
}

fn bare_recall(tree: &Tree, from: usize) -> Worker {
    let kept = Kept::of(tree);
    Box::new(in_turn(Turn::default(), move |index| {
        let value = kept.get(&kept.keys[(from + index) % KEYS]).expect("fstat").expect("it is kept");
        assert_eq!(value.len(), SIZE, "the value that was put");
    }))
}

fn bare_hit(tree: &Tree, from: usize) -> Worker {
    let dir = tree.open_dir();
    let entries: Vec<_> = (0..KEYS).map(|index| tree.entry_path(index)).collect();
    let mut buffer = Vec::new();
    Box::new(in_turn(Turn::default(), move |index| {
        let read = floor::hit(&dir, &entries[(from + index) % KEYS], &mut buffer).expect("a hit");
        assert!(read > SIZE, "head and value");
    }))
}

fn put(tree: Arc<Tree>, first: usize) -> Worker {
    let (value, policy) = (vec![b'x'; SIZE], policy_with_tags(TAGS));
    Box::new(in_batches(move |count| {
        tree.empty_some(first..first + PUTS);
        timed(|| {
            for key in &tree.keys[first..first + count] {
                tree.cache.put(key, &value, &policy).expect("put");
            }
        })
    }))
}
