//! The second walk of a sweep: tag links of dead files go, and folders that are empty then.

use super::lock::SweepLock;
use super::shards::{Shard, top};
use crate::error::Error;
use crate::meta::{Meta, POISON, Standing};
use crate::name::{DATA, LinkName, RelPath};
use crate::root::Root;
use crate::sys::{DirItem, Errno, FileKind, Stat, Sys};
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
    /// Names looked at, and folders.
    pub seen: u64,
    /// What the folders that stay take.
    pub kept: Tally,
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
    /// ours is told to `foreign`.
    ///
    /// # Errors
    /// As for [`sweep_links`](Self::sweep_links) and [`sweep_folders`](Self::sweep_folders).
    pub fn trim_shard(
        &self,
        lock: &SweepLock<S>,
        shard: Shard,
        foreign: OnForeign<'_>,
    ) -> Result<Trimmed, Error> {
        let mut trimmed = Trimmed::default();
        self.in_folder(lock, &shard.folder(), &mut trimmed, &mut |trimmed, path, item| {
            if item.kind != FileKind::Dir {
                // Entries are for the first walk, and so is what is foreign beside them.
                return Ok(false);
            }
            if !is_tag_folder(item) {
                let before = trimmed.folders;
                self.trim_below(lock, path, 2, trimmed)?;
                return self.drop_if_empty(lock, path, trimmed).map(|_| trimmed.folders > before);
            }
            self.trim_tag(lock, path, trimmed, foreign)
        })?;
        Ok(trimmed)
    }

    /// Removes an outer shard folder if it is empty; otherwise counts it.
    ///
    /// # Errors
    /// When it can be neither read nor removed for another reason than being in use.
    pub fn trim_outer(&self, lock: &SweepLock<S>, outer: u8) -> Result<Trimmed, Error> {
        let mut trimmed = Trimmed::default();
        self.in_folder(lock, &Shard::outer_folder(outer), &mut trimmed, &mut |_, _, _| Ok(false))?;
        Ok(trimmed)
    }

    fn trim_tag(
        &self,
        lock: &SweepLock<S>,
        tag: &RelPath,
        trimmed: &mut Trimmed,
        foreign: OnForeign<'_>,
    ) -> Result<bool, Error> {
        self.in_folder(lock, tag, trimmed, &mut |trimmed, bucket, item| {
            if !is_bucket(item) {
                return foreign(ForeignPath::new(*bucket));
            }
            self.in_folder(lock, bucket, trimmed, &mut |trimmed, path, item| {
                let Some(link) = link_name(item) else { return foreign(ForeignPath::new(*path)) };
                let went = self.sweep_link(lock, path, link)?;
                trimmed.links += u64::from(went);
                Ok(went)
            })
        })
    }

    /// Does something with each name in a folder, and then removes the folder if nothing stayed in it, or counts it.
    /// `act` says whether its name went. Whether the folder went.
    fn in_folder(
        &self,
        lock: &SweepLock<S>,
        folder: &RelPath,
        trimmed: &mut Trimmed,
        act: Act<'_>,
    ) -> Result<bool, Error> {
        let Some(dir) = self.open_folder(folder)? else { return Ok(false) };
        let stat = self.sys().stat(&dir).map_err(self.failed("stat", folder.as_c_str()))?;
        let mut stays = false;
        let mut listing = Listing::new(dir, *folder);
        trimmed.seen += 1;
        while let Some((path, item)) = listing.next(self)? {
            trimmed.seen += 1;
            stays |= !act(trimmed, &path, &item)?;
        }
        let went = !stays && self.drop_folder(lock, folder)?;
        if went {
            trimmed.folders += 1;
        } else {
            let folder_bytes = i64::try_from(stat.allocated).unwrap_or(i64::MAX);
            trimmed.kept = trimmed.kept.plus(Tally { folder_bytes, ..Tally::default() });
        }
        Ok(went)
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

    /// Judges the file under a link, and again under its lock, since it may have been born in between.
    fn sweep_link(&self, lock: &SweepLock<S>, path: &RelPath, link: LinkName) -> Result<bool, Error> {
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

/// Does something with a name. Whether the name went.
type Act<'a> = &'a mut dyn FnMut(&mut Trimmed, &RelPath, &DirItem<'_>) -> Result<bool, Error>;

/// Whether the file under a tag link is whole: as many names as the link says, and the inode that it says.
fn is_true(stat: &Stat, link: LinkName) -> bool {
    stat.ino == link.ino && Meta::from(*stat).standing(link.links) == Standing::Whole
}
