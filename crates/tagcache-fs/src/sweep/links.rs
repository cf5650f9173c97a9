//! The second walk of a sweep: tag links of dead files go, and folders that are empty then.

use super::lock::SweepLock;
use super::orphans::GoOn;
use super::shards::{Shard, top};
use crate::error::Error;
use crate::meta::{Meta, POISON, Standing};
use crate::name::{DATA, LinkName, RelPath};
use crate::root::Root;
use crate::sys::{Errno, FileKind, Stat, Sys};
use crate::usage::Tally;
use crate::walk::{ForeignPath, Listing, is_bucket, is_tag_folder, link_name};

/// What the second walk did to one part of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trimmed {
    /// Tag links removed: of files that are dead.
    pub links: u64,
    /// Folders removed: they were empty.
    pub folders: u64,
    /// Where it was told to stop: so many buckets of the shard are done and stay. `None` when the shard is done.
    pub stopped: Option<u32>,
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
    /// Removes the tag links of files that are dead: poisoned, or with another number of names than theirs says. A file
    /// that is being born is locked, and stays.
    ///
    /// # Errors
    /// When a folder cannot be read, or a link can be neither opened, poisoned nor removed.
    pub fn sweep_links(&self, lock: &SweepLock<S>) -> Result<u64, Error> {
        let mut removed = 0;
        self.each_tag_folder(&mut |tag| {
            self.each_item::<Error>(&tag.path, &mut |bucket, item| {
                if !is_bucket(&item) {
                    return Ok(());
                }
                self.each_item(&bucket, &mut |path, item| {
                    if let Some(link) = link_name(&item) {
                        removed += u64::from(self.sweep_link(lock, &path, link)?);
                    }
                    Ok(())
                })
            })
        })?;
        Ok(removed)
    }

    /// Removes empty folders below `data/`, innermost first.
    ///
    /// # Errors
    /// When a folder can be neither read nor removed for another reason than being in use.
    pub fn sweep_folders(&self, lock: &SweepLock<S>) -> Result<u64, Error> {
        let mut trimmed = Trimmed::default();
        // Shards, inner shards, tag folders, buckets.
        self.trim_below(lock, &top(DATA), 4, &mut trimmed)?;
        Ok(trimmed.folders)
    }

    /// Both in one shard: dead links go, then the folders that are empty, and what stays is counted. A name that is not
    /// ours is told to `foreign`. After each bucket `go_on` is asked; whoever was stopped goes on with the number of
    /// buckets that [`Trimmed::stopped`] says.
    ///
    /// # Errors
    /// As for [`sweep_links`](Self::sweep_links) and [`sweep_folders`](Self::sweep_folders).
    pub fn trim_shard(
        &self,
        lock: &SweepLock<S>,
        shard: Shard,
        buckets: u32,
        foreign: OnForeign<'_>,
        go_on: GoOn<'_>,
    ) -> Result<Trimmed, Error> {
        let mut trim =
            Trim { root: self, lock, foreign, go_on, skip: buckets, done: 0, is: Trimmed::default() };
        trim.shard(&shard.folder())?;
        Ok(trim.is)
    }

    /// Removes an outer shard folder if it is empty; otherwise counts it.
    ///
    /// # Errors
    /// When it can be neither read nor removed for another reason than being in use.
    pub fn trim_outer(&self, lock: &SweepLock<S>, outer: u8) -> Result<Trimmed, Error> {
        let (foreign, go_on): (OnForeign<'_>, GoOn<'_>) = (&mut |_| Ok(false), &mut || true);
        let mut trim = Trim { root: self, lock, foreign, go_on, skip: 0, done: 0, is: Trimmed::default() };
        trim.outer(&Shard::outer_folder(outer))?;
        Ok(trim.is)
    }

    /// Empty folders below one, down to a depth.
    fn trim_below(
        &self,
        lock: &SweepLock<S>,
        path: &RelPath,
        depth: usize,
        trimmed: &mut Trimmed,
    ) -> Result<(), Error> {
        self.each_item::<Error>(path, &mut |inner, item| {
            if depth == 0 || item.kind != FileKind::Dir {
                return Ok(());
            }
            self.trim_below(lock, &inner, depth - 1, trimmed)?;
            self.drop_if_empty(lock, &inner, trimmed).map(drop)
        })
    }

    fn drop_if_empty(
        &self,
        lock: &SweepLock<S>,
        path: &RelPath,
        trimmed: &mut Trimmed,
    ) -> Result<bool, Error> {
        let went = if lock.only_counts() { self.is_empty(path)? } else { self.drop_folder(lock, path)? };
        trimmed.folders += u64::from(went);
        Ok(went)
    }

    fn is_empty(&self, path: &RelPath) -> Result<bool, Error> {
        let mut empty = true;
        self.each_item::<Error>(path, &mut |_, _| {
            empty = false;
            Ok(())
        })?;
        Ok(empty)
    }

    /// Removes a folder that is not in use. Whether it went.
    fn drop_folder(&self, lock: &SweepLock<S>, path: &RelPath) -> Result<bool, Error> {
        if lock.only_counts() {
            return Ok(true);
        }
        match self.sys().remove_dir(self.dir(), path.as_c_str()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.failed("remove", path.as_c_str())(errno)),
        }
    }

    /// Judges the file under a link: from outside, which is enough for a sound one, then open, and again under its lock,
    /// since it may have been born in between.
    fn sweep_link(&self, lock: &SweepLock<S>, path: &RelPath, link: LinkName) -> Result<bool, Error> {
        match self.sys().stat_at(self.dir(), path.as_c_str()) {
            Ok(stat) if is_true(&stat, link) => return Ok(false),
            Ok(_) => {}
            Err(Errno::NOENT) => return Ok(false),
            Err(errno) => return Err(self.failed("stat", path.as_c_str())(errno)),
        }
        let Some((file, stat)) = self.open_swept(path)? else { return Ok(false) };
        if is_true(&stat, link) {
            return Ok(false);
        }
        let Some((file, stat)) = self.lock_open(path, file)? else { return Ok(false) };
        if is_true(&stat, link) {
            return Ok(false);
        }
        if lock.only_counts() {
            return Ok(true);
        }
        self.sys().set_mtime(&file, POISON).map_err(self.failed("poison", path.as_c_str()))?;
        self.unlink_swept(path)
    }
}

/// Whether the file under a tag link is whole: as many names as the link says, and the inode that it says.
fn is_true(stat: &Stat, link: LinkName) -> bool {
    stat.ino == link.ino && Meta::from(*stat).standing(link.links) == Standing::Whole
}

/// The second walk in one shard, under way.
struct Trim<'a, S: Sys> {
    root: &'a Root<S>,
    lock: &'a SweepLock<S>,
    foreign: OnForeign<'a>,
    go_on: GoOn<'a>,
    /// Buckets that were done before, and stay.
    skip: u32,
    /// Buckets that were passed, and stay.
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
                FileKind::Dir if is_tag_folder(&item) => {
                    let stayed = self.tag(&path)?;
                    tags_space += stayed.unwrap_or(0);
                    stayed.is_some()
                }
                FileKind::Dir => self.foreign_folder(&path)?,
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

    /// The space that it takes, if it stays.
    fn tag(&mut self, tag: &RelPath) -> Result<Option<i64>, Error> {
        let Some((mut listing, space)) = self.open(tag)? else { return Ok(None) };
        let mut stays = false;
        while let Some((path, item)) = listing.next(self.root)? {
            stays |= match is_bucket(&item) {
                true => self.next_bucket(&path)?,
                false => !(self.foreign)(ForeignPath::new(path))?,
            };
            if self.is.stopped.is_some() {
                return Ok(None);
            }
        }
        let went = !stays && self.drop(tag)?;
        Ok((!went).then_some(space))
    }

    /// Whether it stays.
    fn next_bucket(&mut self, bucket: &RelPath) -> Result<bool, Error> {
        if self.done < self.skip {
            self.done += 1;
            return Ok(true);
        }
        let stays = self.bucket(bucket)?;
        // One that went is not met again by whoever goes on.
        self.done += u32::from(stays);
        if !(self.go_on)() {
            self.is.stopped = Some(self.done);
        }
        Ok(stays)
    }

    fn bucket(&mut self, bucket: &RelPath) -> Result<bool, Error> {
        let Some((mut listing, space)) = self.open(bucket)? else { return Ok(false) };
        let mut stays = false;
        while let Some((path, item)) = listing.next(self.root)? {
            let went = match link_name(&item) {
                Some(link) => {
                    let went = self.root.sweep_link(self.lock, &path, link)?;
                    self.is.links += u64::from(went);
                    went
                }
                None => (self.foreign)(ForeignPath::new(path))?,
            };
            stays |= !went;
        }
        self.leave(bucket, stays, space)
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
