//! The floor: the bare system calls of an operation, through rustix, with every name made beforehand. What is missing
//! is what the cache adds to them: building names, checking, judging, counting.

pub mod invalidation;

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::fs::{
    AtFlags, FallocateFlags, FlockOperation, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT,
    fallocate, flock, fstat, futimens, linkat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::{Errno, Result, read, write};

/// An mtime of zero: the poison.
const POISON: i64 = 0;
/// The expiry of every entry that the floor writes, far away.
const EXPIRY: i64 = 4_000_000_000;
/// How much of a replaced entry is read to learn its tags.
const HEAD: usize = 4096;

const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOATIME);
const CREATE: OFlags = OFlags::RDWR.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::CLOEXEC);

/// A hit: openat, fstat, read, close.
///
/// # Errors
/// What the calls answer.
pub fn hit(dir: &OwnedFd, entry: &CStr, into: &mut Vec<u8>) -> Result<usize> {
    let file = openat(dir, entry, READ, Mode::empty())?;
    let size = fstat(&file)?.st_size;
    into.clear();
    into.reserve_exact(usize::try_from(size).unwrap_or(0));
    read(&file, spare_capacity(into))
}

/// A miss: one openat that finds nothing.
#[must_use]
pub fn miss(dir: &OwnedFd, entry: &CStr) -> bool {
    openat(dir, entry, READ, Mode::empty()).is_err_and(|errno| errno == Errno::NOENT)
}

/// The names that a put gives to a file.
#[derive(Debug)]
pub struct Names {
    /// In `tmp/`.
    pub draft: CString,
    /// Below the tags.
    pub links: Vec<CString>,
    /// That of the entry.
    pub entry: CString,
}

/// A put over a missing key: fstat of the log, create, flock, fstat, fallocate, write, futimens, linkat for each tag,
/// fstat of the log, renameat2, close.
///
/// # Errors
/// What the calls answer.
pub fn put(dir: &OwnedFd, log: &OwnedFd, names: &Names, record: &[u8]) -> Result<()> {
    let _file = linked_draft(dir, log, names, record)?;
    renameat_with(dir, &names.draft, dir, &names.entry, RenameFlags::NOREPLACE)
}

/// A put over an entry with the links `old`: as [`put`], whose renameat2 says that the name is taken, then openat,
/// fstat, renameat, futimens, read, unlinkat for each link, close.
///
/// # Errors
/// What the calls answer.
pub fn put_over(dir: &OwnedFd, log: &OwnedFd, names: &Names, old: &[CString], record: &[u8]) -> Result<()> {
    let _file = linked_draft(dir, log, names, record)?;
    match renameat_with(dir, &names.draft, dir, &names.entry, RenameFlags::NOREPLACE) {
        Err(Errno::EXIST) => {}
        other => return other,
    }
    let replaced = openat(dir, &names.entry, READ, Mode::empty())?;
    fstat(&replaced)?;
    renameat(dir, &names.draft, dir, &names.entry)?;
    set_mtime(&replaced, POISON)?;
    let mut head = [0u8; HEAD];
    read(&replaced, &mut head)?;
    old.iter().try_for_each(|link| unlinkat(dir, link, AtFlags::empty()))
}

/// Everything before the rename. The file is open still, as it holds the lock.
fn linked_draft(dir: &OwnedFd, log: &OwnedFd, names: &Names, record: &[u8]) -> Result<OwnedFd> {
    fstat(log)?;
    let file = openat(dir, &names.draft, CREATE, Mode::from_bits_retain(0o600))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    fstat(&file)?;
    fallocate(&file, FallocateFlags::KEEP_SIZE, 0, record.len() as u64)?;
    write(&file, record)?;
    set_mtime(&file, EXPIRY)?;
    for link in &names.links {
        linkat(dir, &names.draft, dir, link, AtFlags::empty())?;
    }
    fstat(log)?;
    Ok(file)
}

fn set_mtime(file: &OwnedFd, secs: i64) -> Result<()> {
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let mtime = Timespec { tv_sec: secs, tv_nsec: 0 };
    futimens(file, &Timestamps { last_access: omit, last_modification: mtime })
}
