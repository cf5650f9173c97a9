//! Leases: the right to regenerate one key, held by at most one on this machine.
//!
//! A lease is a lock on a file in `locks/` that exists while the lease is held. The kernel frees the lock when its
//! holder dies; the file that then stays behind is taken over by the next comer. Since the holder removes the file,
//! a comer may win the lock of a file that is no longer at the path: it compares, and tries again.

use std::fmt;

use crate::error::Error;
use crate::name::{Key, LOCKS, RelPath};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Sys};

/// How often a comer meets a lease that its holder removed in the same instant before it says "held".
const TRIES: usize = 64;

/// The right to regenerate one key. Dropping it gives it back; so does the death of the process.
#[must_use = "a lease that is dropped is given back at once"]
pub struct Lease<S: Sys> {
    root: Root<S>,
    path: RelPath,
    /// Holds the lock.
    _file: S::File,
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
        let _ = self.root.sys().unlink(self.root.dir(), self.path.as_c_str());
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
                    return Ok(Some(Lease { root: self.clone(), path, _file: file }));
                }
                // The holder before us removed it in between.
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(failed("stat")(errno)),
            }
        }
        Ok(None)
    }
}
