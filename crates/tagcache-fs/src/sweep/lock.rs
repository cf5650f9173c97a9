//! The right to sweep.

use std::ffi::CStr;
use std::fmt;

use crate::error::Error;
use crate::name::{DATA, FORMAT};
use crate::root::Root;
use crate::sys::{Errno, OpenMode, Sys};

/// The right to sweep; one process at a time has it.
#[must_use = "another process may sweep as soon as this is dropped"]
pub struct SweepLock<S: Sys> {
    root: Root<S>,
    locked: S::File,
    only_counts: bool,
}

impl<S: Sys> Drop for SweepLock<S> {
    /// Not left to the end of the file: a child process that is being started right now has it, too.
    fn drop(&mut self) {
        let _ = self.root.sys().unlock(&self.locked);
    }
}

impl<S: Sys> fmt::Debug for SweepLock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SweepLock").field("only_counts", &self.only_counts).finish_non_exhaustive()
    }
}

impl<S: Sys> SweepLock<S> {
    /// Whoever sweeps with it from now on removes nothing, and counts what would be removed.
    ///
    /// ```
    /// # use tagcache_fs::Root;
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let draft = root.path().join("tmp/00000000000000000000000000000000.0000000000000000");
    /// std::fs::write(&draft, b"its writer is dead")?;
    /// let lock = root.try_sweep_lock()?.ok_or("another process sweeps")?;
    /// let lock = lock.only_counting();
    /// assert_eq!(root.sweep_drafts(&lock)?, 1);
    /// assert!(draft.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn only_counting(mut self) -> Self {
        self.only_counts = true;
        self
    }

    pub(super) fn only_counts(&self) -> bool {
        self.only_counts
    }
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
        self.lock_to_sweep(DATA, OpenMode::Dir)
    }

    /// The same for whoever is to tell what is wrong, also where `data/` is gone or something else has its name: nobody sweeps
    /// then, and one process at a time examines.
    ///
    /// ```
    /// # use tagcache_fs::Root;
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// std::fs::remove_dir(dir.path().join("data"))?;
    /// std::fs::write(dir.path().join("data"), b"somebody's")?;
    /// assert!(root.try_sweep_lock().is_err());
    /// assert!(root.try_examine_lock()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When neither `data/` nor, in its place, `tagcache.format` can be opened and locked.
    pub fn try_examine_lock(&self) -> Result<Option<SweepLock<S>>, Error> {
        match self.try_sweep_lock() {
            Err(error) if error.errno() == Errno::NOENT || error.errno().is_foreign_object() => {
                self.lock_to_sweep(FORMAT, OpenMode::Read)
            }
            other => other,
        }
    }

    fn lock_to_sweep(&self, name: &CStr, mode: OpenMode) -> Result<Option<SweepLock<S>>, Error> {
        let file = self.sys().open(self.dir(), name, mode).map_err(self.failed("open", name))?;
        match self.sys().try_lock(&file) {
            Ok(()) => Ok(Some(SweepLock { root: self.clone(), locked: file, only_counts: false })),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(self.failed("lock", name)(errno)),
        }
    }
}
