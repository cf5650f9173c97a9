//! The bare calls of opening a cache that is there.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, StatxFlags, fstat, fstatfs, linkat, openat, statat, statx, unlinkat,
};
use rustix::io::{Result, read};
use rustix::rand::{GetRandomFlags, getrandom};

use super::{READ, open_file};

const SETTINGS: &CStr = c"tagcache.format";
const SENTINEL: &CStr = c"CACHEDIR.TAG";
const SCRATCH: [&CStr; 2] = [c"tmp/probe-0123456789abcdef-a", c"tmp/probe-0123456789abcdef-b"];

/// Openat of the directory, fstatfs, fstat; its settings (openat2, fstat, statx, read, close); fstatat of the pair and of the
/// three folders; a name for
/// the probe, and whether a link shows (linkat, fstatat); its names away again; close.
///
/// # Errors
/// What the calls answer.
pub fn open(root: &Path) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir: OwnedFd = openat(CWD, root, flags, Mode::empty())?;
    fstatfs(&dir)?;
    fstat(&dir)?;
    let settings = open_file(&dir, SETTINGS, READ)?;
    fstat(&settings)?;
    statx(&settings, c"", AtFlags::EMPTY_PATH, StatxFlags::BTIME)?;
    read(&settings, &mut [0u8; 4096])?;
    drop(settings);
    statat(&dir, SENTINEL, AtFlags::SYMLINK_NOFOLLOW)?;
    for folder in [c"data", c"tmp", c"locks"] {
        statat(&dir, folder, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    getrandom(&mut [0u8; 8], GetRandomFlags::empty())?;
    statat(&dir, SETTINGS, AtFlags::SYMLINK_NOFOLLOW)?;
    linkat(&dir, SENTINEL, &dir, SCRATCH[0], AtFlags::empty())?;
    statat(&dir, SETTINGS, AtFlags::SYMLINK_NOFOLLOW)?;
    unlinkat(&dir, SCRATCH[0], AtFlags::empty())?;
    // There is no such name: the probe makes sure of it.
    let _ = unlinkat(&dir, SCRATCH[1], AtFlags::empty());
    Ok(())
}
