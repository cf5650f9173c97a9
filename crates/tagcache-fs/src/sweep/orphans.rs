//! What dead processes left in `tmp/` and `locks/`: the lock of each file alone says whether somebody lives who wants it.

use std::ffi::CStr;

use super::lock::SweepLock;
use super::shards::top;
use crate::error::Error;
use crate::lease::LeftBehind;
use crate::meta::POISON;
use crate::name::{DATA, LOCKS, RelPath, TMP};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, FileKind, OpenMode, Stat, Sys};
use crate::walk::{ForeignPath, Listing};

/// Asked after each file whether to go on.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;

/// Tells the names that we give in a folder.
type OurNames = fn(&[u8]) -> bool;

/// How many files went, and whether all were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphans {
    /// Files removed.
    pub removed: u64,
    /// Whether the folder was read to its end.
    pub finished: bool,
}

impl Orphans {
    fn and(self, other: Self) -> Self {
        Self { removed: self.removed + other.removed, finished: self.finished && other.finished }
    }
}

impl<S: Sys> Root<S> {
    /// Removes the drafts whose writer is dead: those that can be locked.
    ///
    /// # Errors
    /// When `tmp/` cannot be read, or a draft can be neither opened nor removed.
    pub fn sweep_drafts(&self, lock: &SweepLock<S>) -> Result<u64, Error> {
        self.sweep_drafts_while(lock, &mut || true).map(|orphans| orphans.removed)
    }

    /// The same, as long as `go_on` says so.
    ///
    /// # Errors
    /// As for [`sweep_drafts`](Self::sweep_drafts).
    pub fn sweep_drafts_while(&self, lock: &SweepLock<S>, go_on: GoOn<'_>) -> Result<Orphans, Error> {
        let drafts = self.remove_unlocked(lock, TMP, scratch::is_in_tmp, |_| false, go_on)?;
        if !drafts.finished {
            return Ok(drafts);
        }
        // A probe that died leaves names in all three folders.
        Ok(drafts.and(self.remove_unlocked(lock, DATA, scratch::is_probe, |_| false, go_on)?))
    }

    /// Removes the leases that nobody holds: their holder died, or what it [left behind](LeftBehind) has had its time.
    ///
    /// # Errors
    /// As for [`sweep_drafts`](Self::sweep_drafts).
    pub fn sweep_leases(&self, lock: &SweepLock<S>) -> Result<u64, Error> {
        self.sweep_leases_while(lock, &mut || true).map(|orphans| orphans.removed)
    }

    /// The same, as long as `go_on` says so.
    ///
    /// # Errors
    /// As for [`sweep_drafts`](Self::sweep_drafts).
    pub fn sweep_leases_while(&self, lock: &SweepLock<S>, go_on: GoOn<'_>) -> Result<Orphans, Error> {
        let now = self.sys().now();
        let is_wanted = |stat: &Stat| LeftBehind::read(stat).is_some_and(|word| word.holds(now));
        self.remove_unlocked(lock, LOCKS, scratch::is_in_locks, is_wanted, go_on)
    }

    /// Visits the names in `tmp/` and `locks/` that are none of ours.
    ///
    /// # Errors
    /// When a folder cannot be read; and what `visit` answers.
    pub fn each_foreign_beside(
        &self,
        visit: &mut dyn FnMut(ForeignPath) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let folders: [(_, OurNames); 2] = [(TMP, scratch::is_in_tmp), (LOCKS, scratch::is_in_locks)];
        for (folder, is_ours) in folders {
            self.each_item::<Error>(&top(folder), &mut |path, item| {
                if item.kind == FileKind::File && is_ours(item.name.to_bytes()) {
                    return Ok(());
                }
                visit(ForeignPath::new(path))
            })?;
        }
        Ok(())
    }

    /// Removes the files of a folder that are ours by their names, can be locked and are not wanted for what they say, each
    /// while it is locked and still the one at its path.
    fn remove_unlocked(
        &self,
        lock: &SweepLock<S>,
        of: &CStr,
        is_ours: OurNames,
        is_wanted: impl Fn(&Stat) -> bool,
        go_on: GoOn<'_>,
    ) -> Result<Orphans, Error> {
        let mut orphans = Orphans { removed: 0, finished: true };
        let Some(dir) = self.open_folder(&top(of))? else { return Ok(orphans) };
        let mut listing = Listing::new(dir, top(of));
        while let Some((path, item)) = listing.next(self)? {
            // The names that are left are not even read: there may be very many.
            if !go_on() {
                orphans.finished = false;
                break;
            }
            if item.kind != FileKind::File || !is_ours(item.name.to_bytes()) {
                continue;
            }
            let Some((file, stat)) = self.lock_at(&path)? else { continue };
            if is_wanted(&stat) {
                continue;
            }
            if lock.only_counts() {
                orphans.removed += 1;
                continue;
            }
            // It may have been somebody's published entry a moment ago; as an orphan it must not become one.
            let poison = self.sys().set_mtime(&file, POISON);
            poison.map_err(self.failed("poison", path.as_c_str()))?;
            orphans.removed += u64::from(self.unlink_swept(&path)?);
        }
        Ok(orphans)
    }

    fn lock_at(&self, path: &RelPath) -> Result<Option<(S::File, Stat)>, Error> {
        match self.open_swept(path)? {
            Some((file, _)) => self.lock_open(path, file),
            None => Ok(None),
        }
    }

    pub(super) fn unlink_swept(&self, path: &RelPath) -> Result<bool, Error> {
        match self.sys().unlink(self.dir(), path.as_c_str()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.failed("remove", path.as_c_str())(errno)),
        }
    }

    /// A file of ours, or nothing: gone, or planted.
    pub(super) fn open_swept(&self, path: &RelPath) -> Result<Option<(S::File, Stat)>, Error> {
        let file = match self.sys().open(self.dir(), path.as_c_str(), OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) if errno.is_foreign_object() => return Ok(None),
            other => other.map_err(self.failed("open", path.as_c_str()))?,
        };
        let stat = self.sys().stat(&file).map_err(self.failed("stat", path.as_c_str()))?;
        Ok((stat.kind == FileKind::File).then_some((file, stat)))
    }

    /// Locks an open file; `None` when somebody else holds it, or when it is no longer the one at the path.
    pub(super) fn lock_open(&self, path: &RelPath, file: S::File) -> Result<Option<(S::File, Stat)>, Error> {
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
