//! What stands for the calls of [`linux`](super::linux) on other Unix systems, macOS above all.
//!
//! This file was never compiled by its authors: there is no such machine in the project. It is written to the
//! documentation of rustix and meant as a start for whoever has one.
//!
//! | Linux | here | what is lost |
//! |---|---|---|
//! | `openat2` beneath, without links | `openat` with `O_NOFOLLOW` | a link planted as a folder is followed |
//! | `O_NOATIME` | – | reads may dirty the inode |
//! | `fallocate` | nothing | one optimisation |
//! | `renameat2(NOREPLACE)` | look, then rename | one more call per put |
//! | `syncfs` | `fsync` of the file | a barrier is as strong as the filesystem's fsync |
//! | `getdents64` into our buffer | `readdir` of all names at once | memory for a large folder |
//! | `statx` | no birth is known | a copy that has the inode number of the original is not told from it |
//! | `statfs` magic numbers | every filesystem counts as local and unordered | network filesystems are not refused |
//! | `boot_id` | an identity of the process | a volatile root trusts only its own process |

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{self, Mode, OFlags};

use super::super::{DirBatch, Errno, FileKind, FsKind, Result};
use super::call;
use crate::time::Time;

pub(super) fn open(dir: &OwnedFd, path: &CStr, flags: OFlags, mode: Mode, _quiet: bool) -> Result<OwnedFd> {
    call(|| fs::openat(dir, path, flags, mode))
}

pub(super) fn allocate(_file: &OwnedFd, _len: u64) -> Result<()> {
    Err(Errno::NOSYS)
}

pub(super) fn rename_new(_dir: &OwnedFd, _from: &CStr, _to: &CStr) -> Result<()> {
    Err(Errno::INVAL)
}

pub(super) fn sync_fs(file: &OwnedFd) -> Result<()> {
    call(|| fs::fsync(file))
}

pub(super) fn read_dir(dir: &OwnedFd, batch: &mut DirBatch) -> Result<()> {
    // A duplicate shares the position, so that the next call finds the end; `Dir::read_from` would begin anew.
    let entries = call(|| fs::Dir::new(rustix::io::dup(dir)?))?;
    for entry in entries {
        let entry = entry.map_err(|errno| Errno::from_raw(errno.raw_os_error()))?;
        let kind = match entry.file_type() {
            fs::FileType::RegularFile => FileKind::File,
            fs::FileType::Directory => FileKind::Dir,
            fs::FileType::Unknown => FileKind::Unknown,
            _ => FileKind::Other,
        };
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            batch.push(entry.file_name(), kind, entry.ino());
        }
    }
    Ok(())
}

pub(super) fn born(_file: &OwnedFd) -> Result<Option<Time>> {
    Ok(None)
}

pub(super) fn fs_kind(_dir: BorrowedFd<'_>) -> Result<FsKind> {
    Ok(FsKind::Local)
}

pub(super) fn boot_id() -> Result<[u8; 16]> {
    Err(Errno::NOENT)
}
