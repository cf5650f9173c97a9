//! The bare calls of a sweep that finds everything in order.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, RawDir, fstat, statat};
use rustix::io::{Result, read};

use super::{FOLDER, READ, open_file};

/// A walk: every folder is read, every entry is opened and its head read (openat2, fstat, read, close), every link is
/// asked for its inode (fstatat). Returns how many entries there are.
///
/// # Errors
/// What the calls answer.
pub fn walk(dir: &OwnedFd, path: &CStr) -> Result<u64> {
    let folder = open_file(dir, path, FOLDER)?;
    let mut buffer = [MaybeUninit::<u8>::uninit(); 16 * 1024];
    let mut items = RawDir::new(&folder, &mut buffer);
    let mut entries = 0;
    while let Some(item) = items.next() {
        let item = item?;
        let name = item.file_name().to_bytes();
        if name.starts_with(b".") {
            continue;
        }
        let below = CString::new([path.to_bytes(), b"/", name].concat()).unwrap_or_default();
        if item.file_type() == FileType::Directory {
            entries += walk(dir, &below)?;
        } else if name.starts_with(b"key:") {
            look(dir, &below)?;
            entries += 1;
        } else {
            statat(dir, &below, AtFlags::SYMLINK_NOFOLLOW)?;
        }
    }
    Ok(entries)
}

fn look(dir: &OwnedFd, entry: &CStr) -> Result<()> {
    let file = open_file(dir, entry, READ)?;
    fstat(&file)?;
    read(&file, &mut [0u8; 4096])?;
    Ok(())
}
