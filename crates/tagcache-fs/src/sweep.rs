//! The parts of a sweep that need no look into the files: orphaned drafts, dead links, leases that nobody holds, empty
//! folders. Which entries to remove is decided above, where records are understood.
//!
//! Safe beside everything else: a draft that is being born is locked, whatever is taken away is poisoned first and
//! stays open until its name is gone, and a folder is only removed by a call that refuses a folder in use.

use crate::error::Error;
use crate::meta::{Meta, POISON, Standing};
use crate::name::{DATA, LOCKS, LinkName, RelPath, TMP};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, FileKind, OpenMode, Stat, Sys};
use crate::walk::{is_bucket, link_name};

/// The right to sweep; one process at a time has it.
#[must_use = "another process may sweep as soon as this is dropped"]
pub struct SweepLock<S: Sys> {
    _dir: S::File,
}

impl<S: Sys> std::fmt::Debug for SweepLock<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SweepLock")
    }
}

/// What a part of a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Drafts whose writer is dead.
    pub drafts: u64,
    /// Tag links of files that are dead.
    pub links: u64,
    /// Leases that nobody holds.
    pub leases: u64,
    /// Folders that were empty.
    pub folders: u64,
}

impl<S: Sys> Root<S> {
    /// Takes the right to sweep, or says that another process has it: `None`.
    ///
    /// The parts are called in this order, since the links of an orphaned draft are dead only once the draft is gone:
    ///
    /// ```
    /// # use tagcache_fs::Root;
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// if let Some(lock) = root.try_sweep_lock()? {
    ///     let drafts = root.sweep_drafts(&lock)?;
    ///     let links = root.sweep_links(&lock)?;
    ///     let leases = root.sweep_leases(&lock)?;
    ///     let folders = root.sweep_folders(&lock)?;
    ///     assert_eq!((drafts, links, leases, folders), (0, 0, 0, 0), "a fresh root is clean");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When `data/` can be neither opened nor locked.
    pub fn try_sweep_lock(&self) -> Result<Option<SweepLock<S>>, Error> {
        let dir = self.sys().open(self.dir(), DATA, OpenMode::Dir).map_err(self.failed("open", DATA))?;
        match self.sys().try_lock(&dir) {
            Ok(()) => Ok(Some(SweepLock { _dir: dir })),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(self.failed("lock", DATA)(errno)),
        }
    }

    /// Removes the drafts whose writer is dead: those that can be locked.
    ///
    /// # Errors
    /// When `tmp/` cannot be read, or a draft can be neither opened nor removed.
    pub fn sweep_drafts(&self, _lock: &SweepLock<S>) -> Result<u64, Error> {
        // A probe that died leaves names in all three folders.
        Ok(self.remove_unlocked(TMP, scratch::is_in_tmp)? + self.remove_unlocked(DATA, scratch::is_probe)?)
    }

    /// Removes the leases that nobody holds: their holder died.
    ///
    /// # Errors
    /// As for [`sweep_drafts`](Self::sweep_drafts).
    pub fn sweep_leases(&self, _lock: &SweepLock<S>) -> Result<u64, Error> {
        self.remove_unlocked(LOCKS, scratch::is_in_locks)
    }

    /// Removes the tag links of files that are dead: poisoned, or with another number of names than theirs says. A file
    /// that is being born is locked, and stays.
    ///
    /// # Errors
    /// When a folder cannot be read, or a link can be neither opened, poisoned nor removed.
    pub fn sweep_links(&self, _lock: &SweepLock<S>) -> Result<u64, Error> {
        let mut removed = 0;
        self.each_tag_folder(&mut |tag| {
            self.each_item::<Error>(&tag.path, &mut |bucket, item| {
                if !is_bucket(&item) {
                    return Ok(());
                }
                self.each_item(&bucket, &mut |path, item| {
                    if let Some(link) = link_name(&item) {
                        removed += u64::from(self.sweep_link(&path, link)?);
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
    pub fn sweep_folders(&self, _lock: &SweepLock<S>) -> Result<u64, Error> {
        let mut removed = 0;
        // Shards, inner shards, tag folders, buckets.
        self.sweep_folder(&folder(DATA), 4, &mut removed)?;
        Ok(removed)
    }

    fn sweep_folder(&self, path: &RelPath, depth: usize, removed: &mut u64) -> Result<(), Error> {
        self.each_item::<Error>(path, &mut |inner, item| {
            if depth == 0 || item.kind != FileKind::Dir {
                return Ok(());
            }
            self.sweep_folder(&inner, depth - 1, removed)?;
            match self.sys().remove_dir(self.dir(), inner.as_c_str()) {
                Ok(()) => *removed += 1,
                Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                Err(errno) => return Err(self.failed("remove", inner.as_c_str())(errno)),
            }
            Ok(())
        })
    }

    /// Removes the files of a folder that are ours by their names and can be locked, each while it is locked and still
    /// the one at its path.
    fn remove_unlocked(&self, of: &std::ffi::CStr, is_ours: fn(&[u8]) -> bool) -> Result<u64, Error> {
        let mut removed = 0;
        self.each_item::<Error>(&folder(of), &mut |path, item| {
            if item.kind != FileKind::File || !is_ours(item.name.to_bytes()) {
                return Ok(());
            }
            let Some((file, _)) = self.lock_at(&path)? else { return Ok(()) };
            // It may have been somebody's published entry a moment ago; as an orphan it must not become one.
            let poison = self.sys().set_mtime(&file, POISON);
            poison.map_err(self.failed("poison", path.as_c_str()))?;
            removed += u64::from(self.unlink_swept(&path)?);
            Ok(())
        })?;
        Ok(removed)
    }

    /// Judges the file under a link, and again under its lock, since it may have been born in between.
    fn sweep_link(&self, path: &RelPath, link: LinkName) -> Result<bool, Error> {
        let Some((file, stat)) = self.open_at(path)? else { return Ok(false) };
        if is_true(&stat, link) {
            return Ok(false);
        }
        let Some((file, stat)) = self.lock_open(path, file)? else { return Ok(false) };
        if is_true(&stat, link) {
            return Ok(false);
        }
        self.sys().set_mtime(&file, POISON).map_err(self.failed("poison", path.as_c_str()))?;
        self.unlink_swept(path)
    }

    fn unlink_swept(&self, path: &RelPath) -> Result<bool, Error> {
        match self.sys().unlink(self.dir(), path.as_c_str()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.failed("remove", path.as_c_str())(errno)),
        }
    }

    fn lock_at(&self, path: &RelPath) -> Result<Option<(S::File, Stat)>, Error> {
        match self.open_at(path)? {
            Some((file, _)) => self.lock_open(path, file),
            None => Ok(None),
        }
    }

    /// A file of ours, or nothing: gone, or planted.
    fn open_at(&self, path: &RelPath) -> Result<Option<(S::File, Stat)>, Error> {
        let file = match self.sys().open(self.dir(), path.as_c_str(), OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) if errno.is_foreign_object() => return Ok(None),
            other => other.map_err(self.failed("open", path.as_c_str()))?,
        };
        let stat = self.sys().stat(&file).map_err(self.failed("stat", path.as_c_str()))?;
        Ok((stat.kind == FileKind::File).then_some((file, stat)))
    }

    /// Locks an open file; `None` when somebody else holds it, or when it is no longer the one at the path.
    fn lock_open(&self, path: &RelPath, file: S::File) -> Result<Option<(S::File, Stat)>, Error> {
        match self.sys().try_lock(&file) {
            Err(Errno::AGAIN) => return Ok(None),
            other => other.map_err(self.failed("lock", path.as_c_str()))?,
        }
        let stat = self.sys().stat(&file).map_err(self.failed("stat", path.as_c_str()))?;
        match self.sys().stat_at(self.dir(), path.as_c_str()) {
            Ok(named) if named.same_file(&stat) => Ok(Some((file, stat))),
            Ok(_) | Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failed("stat", path.as_c_str())(errno)),
        }
    }
}

fn folder(name: &std::ffi::CStr) -> RelPath {
    RelPath::join(&[name.to_bytes()]).unwrap_or(RelPath::new())
}

/// Whether the file under a tag link is whole: as many names as the link says, and the inode that it says.
fn is_true(stat: &Stat, link: LinkName) -> bool {
    stat.ino == link.ino && Meta::from(*stat).standing(link.links) == Standing::Whole
}
