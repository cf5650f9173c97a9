//! The bare calls of a hard invalidation.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, RawDir, fstat, fsync, syncfs, unlinkat};
use rustix::io::{Result, write};

use super::{FOLDER, POISON, READ, open_file, set_mtime};

/// One folder of links below a tag.
#[derive(Debug)]
pub struct Bucket {
    /// The folder.
    pub path: CString,
    /// What is in it.
    pub links: Vec<CString>,
}

/// How an invalidation waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// Not at all.
    None,
    /// One more record in the log, and its fsync: where there is one ordered journal.
    Log,
    /// The whole filesystem.
    Filesystem,
}

/// Write and fstat of the log; for each folder open, getdents to the end, close; for each link openat2, futimens,
/// unlinkat, close; rmdir for each folder; the barrier.
///
/// # Errors
/// What the calls answer.
pub fn invalidate(
    dir: &OwnedFd,
    log: &OwnedFd,
    tag: &CStr,
    buckets: &[Bucket],
    barrier: Barrier,
) -> Result<()> {
    append(log)?;
    list(dir, tag)?;
    for bucket in buckets {
        list(dir, &bucket.path)?;
        for link in &bucket.links {
            let file = open_file(dir, link, READ)?;
            set_mtime(&file, POISON)?;
            unlinkat(dir, link, AtFlags::empty())?;
        }
    }
    for bucket in buckets {
        unlinkat(dir, &bucket.path, AtFlags::REMOVEDIR)?;
    }
    unlinkat(dir, tag, AtFlags::REMOVEDIR)?;
    match barrier {
        Barrier::None => Ok(()),
        Barrier::Log => append(log).and_then(|()| fsync(log)),
        // Twice, for the drive's own cache: as the cache does.
        Barrier::Filesystem => syncfs(dir).and_then(|()| fsync(dir)),
    }
}

/// As long as a record of the log.
fn append(log: &OwnedFd) -> Result<()> {
    write(log, &[0; 32])?;
    fstat(log).map(|_| ())
}

pub(super) fn list(dir: &OwnedFd, path: &CStr) -> Result<()> {
    let folder = open_file(dir, path, FOLDER)?;
    let mut buffer = [MaybeUninit::<u8>::uninit(); 16 * 1024];
    let mut entries = RawDir::new(&folder, &mut buffer);
    while let Some(entry) = entries.next() {
        entry?;
    }
    Ok(())
}
