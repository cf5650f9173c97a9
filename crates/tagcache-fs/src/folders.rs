//! Folders come and go: a writer makes those that its name needs, a sweep removes empty ones at any time.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::name::RelPath;
use crate::root::Root;
use crate::sys::{Errno, Result, Sys};

/// How often a writer makes its folders again because a sweep removed them in between.
const TRIES: usize = 16;
/// How often all folders may be found in place before the missing name must be another one.
const IDLE_TRIES: usize = 2;

impl<S: Sys> Root<S> {
    /// Does something that puts the name `path` into its folder, and makes the folders only when they are missing.
    /// `made` counts them.
    pub(crate) fn with_folders(
        &self,
        path: &RelPath,
        made: &AtomicU64,
        mut act: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let mut idle = 0;
        for _ in 0..TRIES {
            match act() {
                Err(Errno::NOENT) if idle < IDLE_TRIES => {
                    if !self.make_folders(path, made)? {
                        idle += 1;
                    }
                }
                other => return other,
            }
        }
        act()
    }

    /// Makes the folders above `path`, outermost first; whether one of them was missing.
    fn make_folders(&self, path: &RelPath, count: &AtomicU64) -> Result<bool> {
        let mut made = false;
        for folder in path.parents() {
            match self.sys().make_dir(self.dir(), folder.as_c_str()) {
                Ok(()) => {
                    count.fetch_add(1, Ordering::Relaxed);
                    made = true;
                }
                Err(Errno::EXIST) => {}
                // The folder above was removed in this instant: the caller's next try makes it again.
                Err(Errno::NOENT) => return Ok(true),
                Err(errno) => return Err(errno),
            }
        }
        Ok(made)
    }
}
