//! The calls that only Linux has. Its table of contents is also that of [`portable`](super::portable).

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{
    self, AtFlags, FallocateFlags, Mode, OFlags, RawDir, RenameFlags, ResolveFlags, StatxFlags,
};

use super::super::{DirBatch, Errno, FileKind, FsKind, Result};
use super::call;
use crate::time::Time;

/// openat2(2) with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS`; on a kernel before 5.6, or in a sandbox that does
/// not let it through, openat(2). Reads leave the access time alone where the owner asks.
pub(super) fn open(dir: &OwnedFd, path: &CStr, flags: OFlags, mode: Mode, quiet: bool) -> Result<OwnedFd> {
    if !quiet {
        return open_beneath(dir, path, flags, mode);
    }
    match open_beneath(dir, path, flags | OFlags::NOATIME, mode) {
        // Only the owner of a file may ask for that.
        Err(Errno::PERM) => open_beneath(dir, path, flags, mode),
        other => other,
    }
}

fn open_beneath(dir: &OwnedFd, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    static MISSING: AtomicBool = AtomicBool::new(false);
    if !MISSING.load(Ordering::Relaxed) {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match call(|| retry_again(|| fs::openat2(dir, path, flags, mode, resolve))) {
            Err(Errno::NOSYS) => MISSING.store(true, Ordering::Relaxed),
            other => return other,
        }
    }
    call(|| fs::openat(dir, path, flags, mode))
}

/// openat2(2) answers EAGAIN when a rename elsewhere kept it from proving that it stayed beneath.
fn retry_again<T>(mut f: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    const TRIES: usize = 64;
    for _ in 1..TRIES {
        match f() {
            Err(rustix::io::Errno::AGAIN) => {}
            other => return other,
        }
    }
    f()
}

/// fallocate(2) with `FALLOC_FL_KEEP_SIZE`: space for bytes that are then not written does not become zeroes of the file.
pub(super) fn allocate(file: &OwnedFd, len: u64) -> Result<()> {
    call(|| fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, len))
}

/// renameat2(2) with `RENAME_NOREPLACE`.
pub(super) fn rename_new(dir: &OwnedFd, from: &CStr, to: &CStr) -> Result<()> {
    call(|| fs::renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE))
}

/// syncfs(2), and then an fsync(2) of the same file, for the drive's own cache. The kernel makes a filesystem flush the
/// drive *before* the last blocks of its device are written: an ext4 without a journal, whose directories and inodes are
/// such blocks, then loses in a power cut what syncfs said was safe. An fsync flushes the drive at its end. Where
/// syncfs did all the work it finds nothing to do.
pub(super) fn sync_fs(file: &OwnedFd) -> Result<()> {
    call(|| fs::syncfs(file))?;
    match call(|| fs::fsync(file)) {
        // A file that cannot be synced alone: then syncfs is all there is.
        Err(Errno::INVAL) => Ok(()),
        other => other,
    }
}

/// statx(2) of `STATX_BTIME`. A kernel or a sandbox without it knows no birth.
pub(super) fn born(file: &OwnedFd) -> Result<Option<Time>> {
    match call(|| fs::statx(file, c"", AtFlags::EMPTY_PATH, StatxFlags::BTIME)) {
        Ok(said) if said.stx_mask & StatxFlags::BTIME.bits() != 0 => {
            Ok(Some(Time::from_parts(said.stx_btime.tv_sec, said.stx_btime.tv_nsec)))
        }
        Ok(_) | Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// getdents64(2), one call.
pub(super) fn read_dir(dir: &OwnedFd, batch: &mut DirBatch) -> Result<()> {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 16 * 1024];
    let mut entries = RawDir::new(dir, &mut buffer);
    loop {
        let Some(entry) = entries.next() else { return Ok(()) };
        let entry = entry.map_err(|errno| Errno::from_raw(errno.raw_os_error()))?;
        let kind = match entry.file_type() {
            fs::FileType::RegularFile => FileKind::File,
            fs::FileType::Directory => FileKind::Dir,
            fs::FileType::Unknown => FileKind::Unknown,
            _ => FileKind::Other,
        };
        let dots = matches!(entry.file_name().to_bytes(), b"." | b"..");
        if !dots {
            batch.push(entry.file_name(), kind, entry.ino());
        }
        // A batch that held only the dots is not the end.
        if entries.is_buffer_empty() && !batch.is_empty() {
            return Ok(());
        }
    }
}

/// Numbers of statfs(2): <https://man7.org/linux/man-pages/man2/statfs.2.html>.
mod magic {
    pub(super) const EXT: u64 = 0xef53;
    pub(super) const XFS: u64 = 0x5846_5342;
    pub(super) const REMOTE: [u64; 13] = [
        0x6969,      // NFS
        0x517b,      // SMB
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB2
        0x6573_5546, // FUSE
        0x0102_1997, // 9p
        0x00c3_6400, // Ceph
        0x5346_414f, // AFS
        0x0bd0_0bd0, // Lustre
        0x7461_636f, // OCFS2
        0x0116_1970, // GFS2
        0x786f_4256, // VirtualBox shared folders
        0x7375_7245, // Coda
    ];
}

/// fstatfs(2). ext2, ext3 and an ext4 without a journal share their number with ext4: sysfs knows better, and
/// without its word the filesystem counts as one without order.
// The width of the number differs between architectures; sign extension does not matter to a magic number.
#[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
pub(super) fn fs_kind(dir: BorrowedFd<'_>) -> Result<FsKind> {
    let number = call(|| fs::fstatfs(dir))?.f_type as u64 & 0xffff_ffff;
    Ok(match number {
        magic::XFS => FsKind::Journaled,
        magic::EXT => {
            let dev = call(|| fs::fstat(dir))?.st_dev;
            if ext4_has_journal(fs::major(dev), fs::minor(dev)) { FsKind::Journaled } else { FsKind::Local }
        }
        remote if magic::REMOTE.contains(&remote) => FsKind::Remote,
        _ => FsKind::Local,
    })
}

/// `/sys/fs/ext4/<device>/journal_task` holds the thread of the journal, or `<none>`.
fn ext4_has_journal(major: u32, minor: u32) -> bool {
    let device = std::fs::read_link(format!("/sys/dev/block/{major}:{minor}"));
    let Some(name) = device.ok().and_then(|path| path.file_name().map(PathBuf::from)) else { return false };
    let task = std::fs::read_to_string(Path::new("/sys/fs/ext4").join(name).join("journal_task"));
    task.is_ok_and(|task| task.trim().parse::<u32>().is_ok())
}

/// `/proc/sys/kernel/random/boot_id`. A system without one answers [`Errno::NOENT`]; every other error may pass.
pub(super) fn boot_id() -> Result<[u8; 16]> {
    let read = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let text = read.map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw))?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let mut id = [0; 16];
    if hex::decode_to_slice(&digits, &mut id).is_err() || id == [0; 16] {
        return Err(Errno::NOENT);
    }
    Ok(id)
}
