//! The bare calls of compute-through on a cold key.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FlockOperation, OFlags, flock, fstat, statat, unlinkat};
use rustix::io::Result;

use super::{GUARDS, Names, miss, open_file, put};

const LEASE: OFlags = OFlags::RDWR.union(OFlags::CREATE).union(GUARDS);

/// The look that finds nothing, the lease (openat2, flock, fstat, fstatat), another look, a [`put`], and the lease back
/// (unlinkat, close).
///
/// # Errors
/// What the calls answer.
pub fn fill(dir: &OwnedFd, log: &OwnedFd, lease: &CStr, names: &mut Names, record: &[u8]) -> Result<()> {
    let _ = miss(dir, &names.entry);
    let held = open_file(dir, lease, LEASE)?;
    flock(&held, FlockOperation::NonBlockingLockExclusive)?;
    fstat(&held)?;
    statat(dir, lease, AtFlags::SYMLINK_NOFOLLOW)?;
    let _ = miss(dir, &names.entry);
    put(dir, log, names, record)?;
    unlinkat(dir, lease, AtFlags::empty())
}

/// The file of a lease, as long as the cache names it.
///
/// # Panics
/// Never: there is no zero in such a path.
#[must_use]
pub fn lease_path(index: usize) -> CString {
    CString::new(format!("locks/{index:032x}")).expect("no zero")
}
