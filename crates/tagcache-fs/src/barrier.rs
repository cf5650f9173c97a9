//! What is on disk when a call returns.

use crate::error::Error;
use crate::format::Durability;
use crate::log::Kind;
use crate::name::Digest;
use crate::root::Root;
use crate::sys::{FsKind, Result as SysResult, Sys};

impl<S: Sys> Root<S> {
    /// Ends an invalidation: what this process *and every other* removed before is on disk afterwards. Needed also when
    /// nothing was found, since what is gone may have been removed by somebody who did not wait for the disk.
    pub(crate) fn barrier(&self) -> Result<(), Error> {
        match (self.durability(), self.capabilities().kind) {
            (Durability::Volatile, _) => Ok(()),
            (_, FsKind::Journaled) => {
                // The record is what makes the journal's newest transaction ours: without a change to the log its fsync
                // would find nothing to do.
                match self.append(Kind::Done, Digest::from_bytes([0; 16])).and_then(|()| self.sync_log()) {
                    Ok(()) => Ok(()),
                    Err(_) => self.sync_everything(),
                }
            }
            (_, FsKind::Local | FsKind::Remote) => self.sync_everything(),
        }
    }

    fn sync_everything(&self) -> Result<(), Error> {
        self.sys().sync_fs(self.dir()).map_err(self.failed("sync", c""))
    }

    /// Puts one published file on disk with its names: an fsync after the rename does it where there is one ordered
    /// journal.
    pub(crate) fn sync_entry(&self, file: &S::File) -> SysResult<()> {
        match self.capabilities().kind {
            FsKind::Journaled => self.sys().sync(file),
            FsKind::Local | FsKind::Remote => self.sys().sync_fs(self.dir()),
        }
    }
}
