//! Leases: the right to regenerate one key, held by at most one on this machine.
//!
//! A lease is a lock on a file in `locks/` that exists while the lease is held. The kernel frees the lock when its
//! holder dies; the file that then stays behind is taken over by the next comer. Since the holder removes the file,
//! a comer may win the lock of a file that is no longer at the path: it compares, and tries again.
//!
//! A holder whose work failed may leave the file behind on purpose, unlocked, with a word for the next comer in its
//! times: [`LeftBehind`]. A comer looks at the inode in any case, so reading it costs no call.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::name::{Key, LOCKS, RelPath};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Stat, Sys};
use crate::time::Time;

/// How often a comer meets a lease that its holder removed in the same instant before it says "held".
const TRIES: usize = 64;

/// What a holder whose work failed said to the next one: "not before".
///
/// The access time of the file is when it failed, the modification time is until when nobody should try again. A file
/// that a holder who died left behind has both from the instant in which it was made, and says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// When the work failed.
    pub failed_at: Time,
    /// Until when nobody should try again. Later than the failure.
    pub not_before: Time,
}

impl LeftBehind {
    pub(crate) fn read(stat: &Stat) -> Option<Self> {
        let said = Self { failed_at: stat.atime, not_before: stat.mtime };
        (said.failed_at < said.not_before).then_some(said)
    }

    /// How long the holder wanted nobody to try.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.not_before.since(self.failed_at)
    }

    /// Whether the time is not over. A failure later than `now` is not believed: the clock was set back, and the end of
    /// the delay may be far away.
    #[must_use]
    pub fn holds(&self, now: Time) -> bool {
        (self.failed_at..self.not_before).contains(&now)
    }
}

/// The right to regenerate one key. Dropping it gives it back; so does the death of the process.
#[must_use = "a lease that is dropped is given back at once"]
pub struct Lease<S: Sys> {
    root: Root<S>,
    path: RelPath,
    /// Holds the lock.
    file: S::File,
    left_behind: Option<LeftBehind>,
    /// The file stays when the lock goes.
    stays: bool,
}

impl<S: Sys> Lease<S> {
    /// What the holder before this one left behind, if it left something.
    #[must_use]
    pub fn left_behind(&self) -> Option<LeftBehind> {
        self.left_behind
    }

    /// Gives the lease back and leaves word for the next comer. A sweep keeps the file until its time is over.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tagcache_fs::{Key, LeftBehind, Root, sys::Env};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let key = Key::new("report")?;
    /// let lease = root.try_lease(&key)?.expect("nobody has it");
    /// let failed_at = root.sys().now();
    /// lease.leave_behind(LeftBehind { failed_at, not_before: failed_at.after(Duration::from_secs(60)) })?;
    ///
    /// let next = root.try_lease(&key)?.expect("nobody has it");
    /// assert!(next.left_behind().is_some_and(|word| word.holds(failed_at)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the times cannot be set: the lease is given back as if it was dropped.
    pub fn leave_behind(mut self, word: LeftBehind) -> Result<(), Error> {
        let sys = self.root.sys();
        let failed = self.root.failed("set the times of", self.path.as_c_str());
        // In this order: in between, the modification time is older than the failure, and says nothing.
        sys.set_atime(&self.file, word.failed_at).map_err(&failed)?;
        sys.set_mtime(&self.file, word.not_before).map_err(&failed)?;
        self.stays = true;
        Ok(())
    }

    /// Gives the lease back, and leaves the file as it was found: what was left behind holds on.
    pub fn leave_as_found(mut self) {
        self.stays = true;
    }
}

impl<S: Sys> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.path).finish()
    }
}

impl<S: Sys> Drop for Lease<S> {
    fn drop(&mut self) {
        // While it is held: whoever waits on this file finds another one, or none, at the path and comes again. A
        // failure leaves a file that nobody holds.
        if !self.stays {
            let _ = self.root.sys().unlink(self.root.dir(), self.path.as_c_str());
        }
    }
}

impl<S: Sys> Root<S> {
    /// Takes the lease of a key, or says at once that another holds it: `None`.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let key = Key::new("report")?;
    /// let lease = root.try_lease(&key)?;
    /// assert!(lease.is_some());
    /// assert!(root.try_lease(&key)?.is_none(), "not even to the same process");
    /// drop(lease);
    /// assert!(root.try_lease(&key)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the file in `locks/` can be neither opened nor locked.
    pub fn try_lease(&self, key: &Key) -> Result<Option<Lease<S>>, Error> {
        let path = scratch::lease(key);
        let failed = |doing| self.failed(doing, path.as_c_str());
        let sys = self.sys();
        for _ in 0..TRIES {
            let file = match sys.open(self.dir(), path.as_c_str(), OpenMode::ReadWrite) {
                Err(Errno::NOENT) => {
                    match sys.make_dir(self.dir(), LOCKS) {
                        Ok(()) | Err(Errno::EXIST) => continue,
                        Err(errno) => return Err(self.failed("make", LOCKS)(errno)),
                    };
                }
                other => other.map_err(failed("open"))?,
            };
            match sys.try_lock(&file) {
                Err(Errno::AGAIN) => return Ok(None),
                other => other.map_err(failed("lock"))?,
            }
            let held = sys.stat(&file).map_err(failed("stat"))?;
            match sys.stat_at(self.dir(), path.as_c_str()) {
                Ok(named) if named.same_file(&held) => {
                    let left_behind = LeftBehind::read(&held);
                    return Ok(Some(Lease { root: self.clone(), path, file, left_behind, stays: false }));
                }
                // The holder before us removed it in between.
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(failed("stat")(errno)),
            }
        }
        Ok(None)
    }
}
