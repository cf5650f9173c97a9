//! Tag links of dead files, and folders that are empty: what the second walk of a sweep removes.

use super::lock::SweepLock;
use super::shards::top;
use super::trim::Trimmed;
use crate::error::Error;
use crate::meta::{Meta, POISON, Standing};
use crate::name::{DATA, LinkName, RelPath};
use crate::root::Root;
use crate::sys::{Errno, FileKind, Stat, Sys};

impl<S: Sys> Root<S> {
    /// Removes the tag links of files that are dead: poisoned, or with another number of names than theirs says. A file
    /// that is being born is locked, and stays.
    ///
    /// # Errors
    /// When a folder cannot be read, or a link can be neither opened, poisoned nor removed.
    pub fn sweep_links(&self, lock: &SweepLock<S>) -> Result<u64, Error> {
        let mut removed = 0;
        self.each_tag_folder(&mut |tag| {
            self.each_name_below_tag::<Error>(&tag.path, &mut |path, link| {
                if let Some(link) = link {
                    removed += u64::from(self.sweep_link(lock, &path, link)?);
                }
                Ok(())
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
        self.trim_below(lock, &top(DATA), self.layout().folder_levels(), &mut trimmed)?;
        Ok(trimmed.folders)
    }

    /// Empty folders below one, down to a depth.
    pub(super) fn trim_below(
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

    pub(super) fn drop_if_empty(
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
    pub(super) fn drop_folder(&self, lock: &SweepLock<S>, path: &RelPath) -> Result<bool, Error> {
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
    pub(super) fn sweep_link(
        &self,
        lock: &SweepLock<S>,
        path: &RelPath,
        link: LinkName,
    ) -> Result<bool, Error> {
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
