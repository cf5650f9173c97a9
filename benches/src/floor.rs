//! The floor: the bare system calls of an operation, through rustix, with every name made beforehand that can be. What is
//! missing is what the cache adds to them: building names, checking, judging, counting.
//!
//! They are the same calls: files are opened by openat2(2), which refuses symbolic links and ways out of the directory.
//! It takes longer than openat(2), and the suites measure by how much.

pub mod fill;
pub mod invalidation;
mod link;
pub mod memory;
pub mod open;
pub mod sweep;

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::fs::{
    AtFlags, FallocateFlags, FlockOperation, Mode, OFlags, RenameFlags, ResolveFlags, Timespec, Timestamps,
    UTIME_OMIT, fallocate, flock, fstat, futimens, linkat, openat2, renameat, renameat_with, unlinkat,
};
use rustix::io::{Errno, Result, read, write};
use rustix::rand::{GetRandomFlags, getrandom};

pub use link::Link;

/// An mtime of zero: the poison.
const POISON: i64 = 0;
/// The expiry of every entry that the floor writes, far away.
const EXPIRY: i64 = 4_000_000_000;
/// How much of a replaced entry is read to learn its tags.
const HEAD: usize = 4096;

const GUARDS: OFlags = OFlags::NONBLOCK.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const READ: OFlags = OFlags::RDONLY.union(GUARDS).union(OFlags::NOATIME);
const FOLDER: OFlags = OFlags::RDONLY.union(GUARDS).union(OFlags::DIRECTORY);
const CREATE: OFlags = OFlags::RDWR.union(OFlags::CREATE).union(OFlags::EXCL).union(GUARDS);

/// Opens as the cache does.
///
/// # Errors
/// What the call answers.
pub fn open_file(dir: &OwnedFd, path: &CStr, flags: OFlags) -> Result<OwnedFd> {
    let mode = if flags.contains(OFlags::CREATE) { Mode::from_bits_retain(0o600) } else { Mode::empty() };
    openat2(dir, path, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS)
}

/// A hit: openat2, fstat, read, close.
///
/// # Errors
/// What the calls answer.
pub fn hit(dir: &OwnedFd, entry: &CStr, into: &mut Vec<u8>) -> Result<usize> {
    let file = open_file(dir, entry, READ)?;
    let size = fstat(&file)?.st_size;
    into.clear();
    into.reserve_exact(usize::try_from(size).unwrap_or(0));
    read(&file, spare_capacity(into))
}

/// A miss: one openat2 that finds nothing.
#[must_use]
pub fn miss(dir: &OwnedFd, entry: &CStr) -> bool {
    open_file(dir, entry, READ).is_err_and(|errno| errno == Errno::NOENT)
}

/// The names that a put gives to a file.
#[derive(Debug)]
pub struct Names {
    /// In `tmp/`.
    pub draft: CString,
    /// Below the tags.
    pub links: Vec<Link>,
    /// That of the entry.
    pub entry: CString,
}

/// A put over a missing key: fstat of the log, getrandom, create, flock, fstat, fallocate, write, futimens, linkat for each tag,
/// fstat of the log, renameat2, close.
///
/// # Errors
/// What the calls answer.
pub fn put(dir: &OwnedFd, log: &OwnedFd, names: &mut Names, record: &[u8]) -> Result<()> {
    let _file = linked_draft(dir, log, names, record)?;
    renameat_with(dir, &names.draft, dir, &names.entry, RenameFlags::NOREPLACE)
}

/// A put over an entry with the names `old`: as [`put`], whose renameat2 says that the name is taken, then openat2,
/// fstat, renameat, futimens, read, unlinkat for each link, close.
///
/// # Errors
/// What the calls answer.
pub fn put_over(dir: &OwnedFd, log: &OwnedFd, names: &mut Names, old: &Names, record: &[u8]) -> Result<()> {
    let _file = linked_draft(dir, log, names, record)?;
    match renameat_with(dir, &names.draft, dir, &names.entry, RenameFlags::NOREPLACE) {
        Err(Errno::EXIST) => {}
        other => return other,
    }
    let replaced = open_file(dir, &names.entry, READ)?;
    fstat(&replaced)?;
    renameat(dir, &names.draft, dir, &names.entry)?;
    set_mtime(&replaced, POISON)?;
    let mut head = [0u8; HEAD];
    read(&replaced, &mut head)?;
    old.links.iter().try_for_each(|link| unlinkat(dir, link.path(), AtFlags::empty()))
}

/// Everything before the rename. The file is open still, as it holds the lock.
fn linked_draft(dir: &OwnedFd, log: &OwnedFd, names: &mut Names, record: &[u8]) -> Result<OwnedFd> {
    fstat(log)?;
    getrandom(&mut [0u8; 8], GetRandomFlags::empty())?;
    let file = open_file(dir, &names.draft, CREATE)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let ino = fstat(&file)?.st_ino;
    fallocate(&file, FallocateFlags::KEEP_SIZE, 0, record.len() as u64)?;
    write(&file, record)?;
    set_mtime(&file, EXPIRY)?;
    for link in &mut names.links {
        linkat(dir, &names.draft, dir, link.name(ino), AtFlags::empty())?;
    }
    fstat(log)?;
    Ok(file)
}

fn set_mtime(file: &OwnedFd, secs: i64) -> Result<()> {
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let mtime = Timespec { tv_sec: secs, tv_nsec: 0 };
    futimens(file, &Timestamps { last_access: omit, last_modification: mtime })
}
