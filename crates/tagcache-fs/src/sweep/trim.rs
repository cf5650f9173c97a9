//! The second walk of a sweep, in one shard: dead links go, then folders that are empty, and what stays is counted.
//!
//! It may be stopped between any two *folders of links* (the buckets of a tag or, in a compact root, the folder of a tag), and
//! now and then within a large one.

use super::lock::SweepLock;
use super::orphans::GoOn;
use super::part::{Part, Passed};
use super::shards::Shard;
use crate::error::Error;
use crate::name::RelPath;
use crate::root::Root;
use crate::sys::{FileKind, Sys};
use crate::usage::Tally;
use crate::walk::{ForeignPath, Listing, is_bucket, is_tag_folder, link_name};

/// After so many names of one folder it is asked whether to go on: some milliseconds.
const STEP: u32 = 1024;

/// What the second walk did to one part of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trimmed {
    /// Tag links removed: of files that are dead.
    pub links: u64,
    /// Folders removed: they were empty.
    pub folders: u64,
    /// Where it was told to stop. `None` when the shard is done.
    pub stopped: Option<Passed>,
    /// What the folders that stay take.
    pub kept: Tally,
}

impl Trimmed {
    fn keep(&mut self, folder_bytes: i64) {
        self.kept = self.kept.plus(Tally { folder_bytes, ..Tally::default() });
    }
}

/// Told of each foreign name. Whether it was removed.
pub type OnForeign<'a> = &'a mut dyn FnMut(ForeignPath) -> Result<bool, Error>;

impl<S: Sys> Root<S> {
    /// The second walk in one shard: dead links go, then the folders that are empty, and what stays is counted. A name that
    /// is not ours is told to `foreign`. After each folder of links, and now and then within a large one, `go_on` is asked;
    /// whoever was stopped goes on with what [`Trimmed::stopped`] says.
    ///
    /// # Errors
    /// As for [`sweep_links`](Self::sweep_links) and [`sweep_folders`](Self::sweep_folders).
    pub fn trim_shard(
        &self,
        lock: &SweepLock<S>,
        shard: Shard,
        passed: Passed,
        foreign: OnForeign<'_>,
        go_on: GoOn<'_>,
    ) -> Result<Trimmed, Error> {
        let mut trim =
            Trim { root: self, lock, foreign, go_on, skip: passed, done: 0, is: Trimmed::default() };
        trim.shard(&shard.folder(self.layout()))?;
        Ok(trim.is)
    }

    /// Removes an outer shard folder if it is empty; otherwise counts it. One that is itself a shard was left to
    /// [`trim_shard`](Self::trim_shard).
    ///
    /// # Errors
    /// When it can be neither read nor removed for another reason than being in use.
    pub fn trim_outer(&self, lock: &SweepLock<S>, outer: u8) -> Result<Trimmed, Error> {
        if self.layout().shard_levels() == 1 {
            return Ok(Trimmed::default());
        }
        let (foreign, go_on): (OnForeign<'_>, GoOn<'_>) = (&mut |_| Ok(false), &mut || true);
        let skip = Passed::default();
        let mut trim = Trim { root: self, lock, foreign, go_on, skip, done: 0, is: Trimmed::default() };
        trim.outer(&Shard::outer_folder(outer))?;
        Ok(trim.is)
    }
}

/// The second walk in one shard, under way.
struct Trim<'a, S: Sys> {
    root: &'a Root<S>,
    lock: &'a SweepLock<S>,
    foreign: OnForeign<'a>,
    go_on: GoOn<'a>,
    /// What was done before, and stays.
    skip: Passed,
    /// Folders of links that were passed, and stay.
    done: u32,
    is: Trimmed,
}

impl<S: Sys> Trim<'_, S> {
    fn outer(&mut self, folder: &RelPath) -> Result<(), Error> {
        if let Some((mut listing, space)) = self.open(folder)? {
            let stays = listing.next(self.root)?.is_some();
            self.leave(folder, stays, space).map(drop)?;
        }
        Ok(())
    }

    fn shard(&mut self, folder: &RelPath) -> Result<(), Error> {
        let Some((mut listing, space)) = self.open(folder)? else { return Ok(()) };
        // What is done whole each time, also by whoever goes on with the second half.
        let (mut stays, mut tags_space) = (false, 0);
        while let Some((path, item)) = listing.next(self.root)? {
            // Entries are for the first walk, and so is what is foreign beside them.
            stays |= match item.kind {
                FileKind::Dir if !is_tag_folder(&item) => self.foreign_folder(&path)?,
                FileKind::Dir if self.root.layout().has_buckets() => {
                    let stayed = self.tag(&path)?;
                    tags_space += stayed.unwrap_or(0);
                    stayed.is_some()
                }
                FileKind::Dir => self.next_folder(&path)?,
                _ => true,
            };
            if self.is.stopped.is_some() {
                return Ok(());
            }
        }
        self.is.keep(tags_space);
        self.leave(folder, stays, space).map(drop)
    }

    /// An empty folder goes, whatever its name: it may stand in the place of an entry. Whether it stays.
    fn foreign_folder(&mut self, path: &RelPath) -> Result<bool, Error> {
        self.root.trim_below(self.lock, path, 2, &mut self.is)?;
        Ok(!self.root.drop_if_empty(self.lock, path, &mut self.is)?)
    }

    /// The folder of a tag with its buckets: the space that it takes, if it stays.
    fn tag(&mut self, tag: &RelPath) -> Result<Option<i64>, Error> {
        let Some((mut listing, space)) = self.open(tag)? else { return Ok(None) };
        let mut stays = false;
        while let Some((path, item)) = listing.next(self.root)? {
            stays |= match is_bucket(&item) {
                true => self.next_folder(&path)?,
                false => !(self.foreign)(ForeignPath::new(path))?,
            };
            if self.is.stopped.is_some() {
                return Ok(None);
            }
        }
        let went = !stays && self.drop(tag)?;
        Ok((!went).then_some(space))
    }

    /// The next folder of links. Whether it stays.
    fn next_folder(&mut self, folder: &RelPath) -> Result<bool, Error> {
        if self.done < self.skip.folders {
            self.done += 1;
            return Ok(true);
        }
        let stays = self.links(folder)?;
        if self.is.stopped.is_some() {
            return Ok(true);
        }
        // One that went is not met again by whoever goes on.
        self.done += u32::from(stays);
        if !(self.go_on)() {
            self.is.stopped = Some(Passed { folders: self.done, names: 0 });
        }
        Ok(stays)
    }

    /// What lies in a folder of links, then the folder. Whether it stays.
    fn links(&mut self, folder: &RelPath) -> Result<bool, Error> {
        // Of the first folder only.
        let skip = std::mem::take(&mut self.skip.names);
        let Some((mut listing, space)) = self.open(folder)? else { return Ok(false) };
        let mut part = Part::from(skip, STEP);
        while let Some((path, item)) = listing.next(self.root)? {
            if part.passes() {
                continue;
            }
            let went = match link_name(&item) {
                Some(link) => {
                    let went = self.root.sweep_link(self.lock, &path, link)?;
                    self.is.links += u64::from(went);
                    went
                }
                None => (self.foreign)(ForeignPath::new(path))?,
            };
            if !part.did(!went, &mut *self.go_on) {
                self.is.stopped = Some(Passed { folders: self.done, names: part.names() });
                return Ok(true);
            }
        }
        self.leave(folder, part.names() > 0, space)
    }

    /// Opens a folder for reading its names, and tells what it takes.
    fn open(&self, folder: &RelPath) -> Result<Option<(Listing<S>, i64)>, Error> {
        let Some(dir) = self.root.open_folder(folder)? else { return Ok(None) };
        let stat = self.root.sys().stat(&dir).map_err(self.root.failed("stat", folder.as_c_str()))?;
        let space = i64::try_from(stat.allocated).unwrap_or(i64::MAX);
        Ok(Some((Listing::new(dir, *folder), space)))
    }

    /// Removes a folder if nothing stayed in it, or counts it. Whether it stays.
    fn leave(&mut self, folder: &RelPath, stays: bool, space: i64) -> Result<bool, Error> {
        let went = !stays && self.drop(folder)?;
        if !went {
            self.is.keep(space);
        }
        Ok(!went)
    }

    fn drop(&mut self, folder: &RelPath) -> Result<bool, Error> {
        let went = self.root.drop_folder(self.lock, folder)?;
        self.is.folders += u64::from(went);
        Ok(went)
    }
}
