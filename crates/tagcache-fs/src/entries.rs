//! Entries one after the other: all of them, or those with a tag.
//!
//! Both are lazy: an iterator holds one open folder for each level of the tree, and a batch of names of each. Beside
//! writers they are weakly consistent: what is there from beginning to end is met; what comes or goes meanwhile may be met or
//! not, and what is replaced meanwhile may be met twice.

use std::fmt;
use std::iter::FusedIterator;

use crate::error::Error;
use crate::name::{DATA, RelPath, Tag};
use crate::root::Root;
use crate::sys::{DirItem, Sys};
use crate::walk::{ForeignPath, Listing, Met, is_bucket, is_entry, is_shard, is_tag_folder, link_name};

/// Every entry of a root: the answer to [`Root::entries`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Entries<S: Sys> {
    walk: Walk<S>,
}

/// Every entry with a tag: the answer to [`Root::entries_with`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Tagged<S: Sys> {
    walk: Walk<S>,
}

impl<S: Sys> Root<S> {
    /// Every entry, in no order, and whatever foreign lies between. A folder that cannot be read is
    /// [`Met::Unreadable`], and the others are read all the same.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Met, Root, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let key = Key::new("k")?;
    /// # root.draft(&key, root.mark()?)?.stamp(Time::MAX)?.link(&[])?.check()?.publish()?;
    /// for met in root.entries() {
    ///     match met {
    ///         Met::Entry(entry) => assert_eq!(entry.path(), key.path()),
    ///         Met::Foreign(path) => println!("none of ours: {path:?}"),
    ///         Met::Unreadable(error) => return Err(error.into()),
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn entries(&self) -> Entries<S> {
        let data = RelPath::join(&[DATA.to_bytes()]).unwrap_or(RelPath::new());
        Entries { walk: Walk::below(self, data) }
    }

    /// Every file that has a link under this tag, opened by that link. It may be dead or replaced:
    /// [`Entry::is_at`](crate::Entry::is_at) says whether it is the one at its key, which its bytes name.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Met, Root, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tag) = (Key::new("k")?, Tag::new("t")?);
    /// # root.draft(&key, root.mark()?)?.stamp(Time::MAX)?.link(&[tag.clone()])?.check()?.publish()?;
    /// let Some(Met::Entry(entry)) = root.entries_with(&tag).next() else { panic!("there is one") };
    /// assert!(entry.is_at(&key)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn entries_with(&self, tag: &Tag) -> Tagged<S> {
        Tagged { walk: Walk::below(self, tag.rel_path(self.layout()).into_owned()) }
    }
}

impl<S: Sys> Iterator for Entries<S> {
    type Item = Met<S>;

    fn next(&mut self) -> Option<Met<S>> {
        let shards = self.walk.root.layout().shard_levels();
        self.walk.next(|level, item| match level {
            _ if level < shards && is_shard(item) => Step::Enter,
            _ if is_tag_folder(item) => Step::Pass,
            _ if is_entry(item) => Step::Open(None),
            _ => Step::Foreign,
        })
    }
}

impl<S: Sys> Iterator for Tagged<S> {
    type Item = Met<S>;

    fn next(&mut self) -> Option<Met<S>> {
        let buckets = usize::from(self.walk.root.layout().has_buckets());
        self.walk.next(|level, item| match link_name(item) {
            _ if level < buckets && is_bucket(item) => Step::Enter,
            Some(link) if level == buckets => Step::Open(Some(link.ino)),
            _ => Step::Foreign,
        })
    }
}

impl<S: Sys> FusedIterator for Entries<S> {}
impl<S: Sys> FusedIterator for Tagged<S> {}

impl<S: Sys> fmt::Debug for Entries<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

impl<S: Sys> fmt::Debug for Tagged<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagged").finish_non_exhaustive()
    }
}

/// What a name is to a walk.
enum Step {
    /// A folder to go into.
    Enter,
    /// Ours, and of no interest here.
    Pass,
    /// A file of ours, and its inode number where the name says it.
    Open(Option<u64>),
    /// None of ours.
    Foreign,
}

/// A walk through folders, as deep as it is told to go.
struct Walk<S: Sys> {
    root: Root<S>,
    /// Not yet opened.
    start: Option<RelPath>,
    /// The folders that are open, outermost first.
    open: Vec<Listing<S>>,
}

impl<S: Sys> Walk<S> {
    fn below(root: &Root<S>, start: RelPath) -> Self {
        Self { root: root.clone(), start: Some(start), open: Vec::new() }
    }

    fn next(&mut self, step: impl Fn(usize, &DirItem<'_>) -> Step) -> Option<Met<S>> {
        if let Some(start) = self.start.take() {
            if let Err(error) = self.enter(start) {
                return Some(Met::Unreadable(error));
            }
        }
        loop {
            let level = self.open.len().checked_sub(1)?;
            let found = match self.open[level].next(&self.root) {
                Ok(Some((path, item))) => (path, step(level, &item)),
                Ok(None) => {
                    self.open.pop();
                    continue;
                }
                Err(error) => {
                    // What is left of this folder stays unread.
                    self.open.pop();
                    return Some(Met::Unreadable(error));
                }
            };
            let met = match found {
                (path, Step::Enter) => self.enter(path).err().map(Met::Unreadable),
                (path, Step::Open(ino)) => self.root.meet(&path, ino),
                (path, Step::Foreign) => Some(Met::Foreign(ForeignPath::new(path))),
                (_, Step::Pass) => None,
            };
            if met.is_some() {
                return met;
            }
        }
    }

    /// A folder that is gone has no names.
    fn enter(&mut self, folder: RelPath) -> Result<(), Error> {
        let dir = self.root.open_folder(&folder)?;
        self.open.extend(dir.map(|dir| Listing::new(dir, folder)));
        Ok(())
    }
}
