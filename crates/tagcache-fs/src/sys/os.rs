//! The real system, through rustix.
//!
//! Calls that every Unix has stand here; calls that only Linux has stand in [`linux`], each beside its
//! substitute in [`portable`], under the same names.

use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::buffer::spare_capacity;
use rustix::fs::{self, AtFlags, FlockOperation, Mode, OFlags, Timespec, Timestamps};
use rustix::io::{self, retry_on_intr};

use super::{
    Custody, DirBatch, Env, Errno, FileKind, FsKind, OpenMode, Replace, Result, Signal, Stat, Sys, Work,
};
use crate::time::Time;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as special;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(target_os = "linux"))]
use portable as special;

/// The operating system that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Os;

/// Owner only: a cache may hold what others must not read.
const FILE_MODE: Mode = Mode::from_bits_retain(0o600);
const DIR_MODE: Mode = Mode::from_bits_retain(0o700);

fn flags(mode: OpenMode) -> OFlags {
    // NONBLOCK: a planted FIFO must not make us wait for a writer. It means nothing to a regular file.
    let always = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    always
        | match mode {
            OpenMode::Read => OFlags::RDONLY,
            OpenMode::Dir => OFlags::RDONLY | OFlags::DIRECTORY,
            OpenMode::Create => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
            OpenMode::ReadWrite => OFlags::RDWR | OFlags::CREATE,
            OpenMode::Append => OFlags::RDWR | OFlags::APPEND,
        }
}

fn creation_mode(mode: OpenMode) -> Mode {
    match mode {
        OpenMode::Create | OpenMode::ReadWrite => FILE_MODE,
        OpenMode::Read | OpenMode::Dir | OpenMode::Append => Mode::empty(),
    }
}

/// Makes the call again as long as signals interrupt it, and speaks our error.
fn call<T>(f: impl FnMut() -> io::Result<T>) -> Result<T> {
    retry_on_intr(f).map_err(|errno| Errno::from_raw(errno.raw_os_error()))
}

const OMIT: Timespec = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT };

fn timespec(time: Time) -> Timespec {
    // Both fit: seconds of a u64 of nanoseconds stay below 2^35, nanoseconds below 10^9.
    Timespec {
        tv_sec: i64::try_from(time.secs()).unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().try_into().unwrap_or(0),
    }
}

fn kind(mode: fs::RawMode) -> FileKind {
    match fs::FileType::from_raw_mode(mode) {
        fs::FileType::RegularFile => FileKind::File,
        fs::FileType::Directory => FileKind::Dir,
        _ => FileKind::Other,
    }
}

// The widths of these fields differ between systems; on this one some of the conversions say nothing.
#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions, clippy::unnecessary_cast)]
fn stat_of(stat: &fs::Stat) -> Stat {
    let time = |secs, nanos| Time::from_parts(secs, u32::try_from(nanos).unwrap_or(0));
    Stat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino,
        nlink: u64::try_from(stat.st_nlink).unwrap_or(0),
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mtime: time(stat.st_mtime, stat.st_mtime_nsec),
        atime: time(stat.st_atime, stat.st_atime_nsec),
        ctime: time(stat.st_ctime, stat.st_ctime_nsec),
        mode: u32::from(stat.st_mode) & 0o7777,
        kind: kind(stat.st_mode),
        allocated: u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512),
    }
}

impl Sys for Os {
    type File = OwnedFd;

    fn open_root(&self, path: &Path) -> Result<OwnedFd> {
        // The only path that comes from outside: here, and only here, links are the user's own affair.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        call(|| fs::openat(fs::CWD, path, flags, Mode::empty()))
    }

    fn make_root(&self, path: &Path) -> Result<()> {
        match call(|| fs::mkdirat(fs::CWD, path, DIR_MODE)) {
            Err(Errno::NOENT) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                self.make_root(parent.ok_or(Errno::NOENT)?)?;
                match call(|| fs::mkdirat(fs::CWD, path, DIR_MODE)) {
                    Err(Errno::EXIST) => Ok(()),
                    other => other,
                }
            }
            Err(Errno::EXIST) => Ok(()),
            other => other,
        }
    }

    fn open(&self, dir: &OwnedFd, path: &CStr, mode: OpenMode) -> Result<OwnedFd> {
        special::open(dir, path, flags(mode), creation_mode(mode), mode == OpenMode::Read)
    }

    fn stat(&self, file: &OwnedFd) -> Result<Stat> {
        call(|| fs::fstat(file)).map(|stat| stat_of(&stat))
    }

    fn stat_at(&self, dir: &OwnedFd, path: &CStr) -> Result<Stat> {
        call(|| fs::statat(dir, path, AtFlags::SYMLINK_NOFOLLOW)).map(|stat| stat_of(&stat))
    }

    fn read(&self, file: &OwnedFd, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let room = |into: &mut Vec<u8>| call(|| io::read(file, spare_capacity(into)));
        bounded(into, limit, room, |part| call(|| io::read(file, &mut *part)))
    }

    fn read_at(&self, file: &OwnedFd, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let room = |into: &mut Vec<u8>| call(|| io::pread(file, spare_capacity(into), offset));
        bounded(into, limit, room, |part| call(|| io::pread(file, &mut *part, offset)))
    }

    fn write(&self, file: &OwnedFd, bytes: &[u8]) -> Result<usize> {
        call(|| io::write(file, bytes))
    }

    fn write_at(&self, file: &OwnedFd, offset: u64, bytes: &[u8]) -> Result<usize> {
        call(|| io::pwrite(file, bytes, offset))
    }

    fn allocate(&self, file: &OwnedFd, len: u64) -> Result<()> {
        match special::allocate(file, len) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            other => other,
        }
    }

    fn set_mtime(&self, file: &OwnedFd, mtime: Time) -> Result<()> {
        let times = Timestamps { last_access: OMIT, last_modification: timespec(mtime) };
        call(|| fs::futimens(file, &times))
    }

    fn set_atime(&self, file: &OwnedFd, atime: Time) -> Result<()> {
        let times = Timestamps { last_access: timespec(atime), last_modification: OMIT };
        call(|| fs::futimens(file, &times))
    }

    fn set_mode(&self, file: &OwnedFd, mode: u32) -> Result<()> {
        let mode = fs::RawMode::try_from(mode & 0o7777).map_err(|_| Errno::INVAL)?;
        call(|| fs::fchmod(file, Mode::from_raw_mode(mode)))
    }

    fn link(&self, dir: &OwnedFd, from: &CStr, to: &CStr) -> Result<()> {
        call(|| fs::linkat(dir, from, dir, to, AtFlags::empty()))
    }

    fn rename(&self, dir: &OwnedFd, from: &CStr, to: &CStr, replace: Replace) -> Result<()> {
        match replace {
            Replace::Any => call(|| fs::renameat(dir, from, dir, to)),
            Replace::Never => special::rename_new(dir, from, to),
        }
    }

    fn unlink(&self, dir: &OwnedFd, path: &CStr) -> Result<()> {
        call(|| fs::unlinkat(dir, path, AtFlags::empty()))
    }

    fn make_dir(&self, dir: &OwnedFd, path: &CStr) -> Result<()> {
        call(|| fs::mkdirat(dir, path, DIR_MODE))
    }

    fn remove_dir(&self, dir: &OwnedFd, path: &CStr) -> Result<()> {
        call(|| fs::unlinkat(dir, path, AtFlags::REMOVEDIR))
    }

    fn read_dir(&self, dir: &OwnedFd, batch: &mut DirBatch) -> Result<()> {
        batch.clear();
        special::read_dir(dir, batch)
    }

    fn try_lock(&self, file: &OwnedFd) -> Result<()> {
        call(|| fs::flock(file, FlockOperation::NonBlockingLockExclusive))
    }

    fn unlock(&self, file: &OwnedFd) -> Result<()> {
        call(|| fs::flock(file, FlockOperation::NonBlockingUnlock))
    }

    fn sync(&self, file: &OwnedFd) -> Result<()> {
        call(|| fs::fsync(file))
    }

    fn sync_fs(&self, file: &OwnedFd) -> Result<()> {
        special::sync_fs(file)
    }

    fn custody(&self, dir: &OwnedFd) -> Result<Custody> {
        let stat = call(|| fs::fstat(dir))?;
        let (owner, user) = (stat.st_uid, rustix::process::geteuid().as_raw());
        let mode = stat_of(&stat).mode;
        Ok(match (owner == user, mode & 0o022) {
            (false, _) => Custody::Foreign { owner, user },
            (true, 0) => Custody::Own,
            (true, _) => Custody::Shared { mode },
        })
    }

    fn born(&self, file: &OwnedFd) -> Result<Option<Time>> {
        special::born(file)
    }

    fn fs_kind(&self, dir: &OwnedFd) -> Result<FsKind> {
        special::fs_kind(dir.as_fd())
    }
}

/// Makes room for `limit` bytes and reads once: into all the room that there is, or, where there is more of it than
/// the limit, into a part of that length. What the kernel gave beyond the limit would be lost to the next read.
fn bounded(
    into: &mut Vec<u8>,
    limit: usize,
    read_room: impl FnOnce(&mut Vec<u8>) -> Result<usize>,
    read_part: impl FnOnce(&mut [u8]) -> Result<usize>,
) -> Result<usize> {
    into.try_reserve_exact(limit).map_err(|_| Errno::NOMEM)?;
    let before = into.len();
    if into.capacity() - before == limit {
        return read_room(into);
    }
    into.resize(before + limit, 0);
    let outcome = read_part(into.get_mut(before..).unwrap_or_default());
    into.truncate(before + outcome.unwrap_or(0));
    outcome
}

/// In place of the identity of the boot: what is trusted only within one boot is then trusted by this process alone.
fn process_id() -> [u8; 16] {
    let mut id = [0xff; 16];
    id[..4].copy_from_slice(&std::process::id().to_le_bytes());
    id
}

impl Env for Os {
    fn now(&self) -> Time {
        Time::from(SystemTime::now())
    }

    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        let filled = call(|| rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()));
        match filled {
            Ok(8) => u64::from_le_bytes(bytes),
            // Chance only makes names differ; a clash is met with O_EXCL and another try.
            _ => self.now().as_nanos() ^ u64::from(std::process::id()).rotate_left(40) ^ self.task(),
        }
    }

    fn boot_id(&self) -> [u8; 16] {
        static BOOT: OnceLock<[u8; 16]> = OnceLock::new();
        if let Some(known) = BOOT.get() {
            return *known;
        }
        match special::boot_id() {
            Ok(id) => *BOOT.get_or_init(|| id),
            // There is none, and there will be none.
            Err(Errno::NOENT) => *BOOT.get_or_init(process_id),
            // Asked again the next time: a process that is out of descriptors for a moment must not take itself for
            // another boot as long as it lives.
            Err(_) => process_id(),
        }
    }

    fn wait(&self, duration: Duration) {
        thread::sleep(duration);
    }

    fn wait_for(&self, signal: &Signal, limit: Duration) {
        signal.wait(limit);
    }

    fn max_open_files(&self) -> u64 {
        use rustix::process::{Resource, getrlimit};
        getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
    }

    fn task(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        thread::current().id().hash(&mut hasher);
        hasher.finish()
    }

    fn spawn(&self, work: Work) -> Result<()> {
        let spawned = thread::Builder::new().name("tagcache".into()).spawn(work);
        spawned.map(drop).map_err(|_| Errno::AGAIN)
    }
}
