//! The one door to the kernel, to time and to chance.
//!
//! Everything that this crate does to the world goes through [`Sys`]. [`Os`] is the real system and the only
//! place that names `rustix` or the clock; a test puts a simulated world behind the same trait, and the code
//! above cannot tell. No lock of ours is held across any of these calls, so a scheduler may stop a caller at
//! each of them.

mod errno;
mod os;
mod signal;
mod types;

use std::ffi::CStr;
use std::path::Path;
use std::time::Duration;

pub use errno::Errno;
pub use os::Os;
pub use signal::Signal;
pub use types::{Custody, DirBatch, DirItem, FileKind, FsKind, OpenMode, Replace, Stat};

use crate::time::Time;

/// How long somebody who looks for a signal pauses at first, and at last.
const FIRST_LOOK: Duration = Duration::from_micros(200);
const LAST_LOOK: Duration = Duration::from_millis(10);

/// What a call gives back.
pub type Result<T> = std::result::Result<T, Errno>;

/// The system calls of the protocol, about twenty, each one call to the kernel.
///
/// Paths are relative to a directory that is held open. An implementation resolves them without following a
/// symbolic link in the last component; [`Sys::open`] refuses links in any component where the system can.
/// A call that a signal interrupts is made again by the implementation and never answers [`Errno::INTR`].
pub trait Sys: Env {
    /// An open file or directory. Dropping it closes it.
    type File: Send + Sync + 'static;

    /// Opens the root directory by a path of the outside world: `openat(AT_FDCWD, …, O_DIRECTORY)`.
    ///
    /// # Errors
    /// What open(2) answers.
    fn open_root(&self, path: &Path) -> Result<Self::File>;

    /// Makes the root directory and the folders above it, mode 0700 each: mkdir(2).
    ///
    /// # Errors
    /// What mkdir(2) answers, except that an existing directory is fine.
    fn make_root(&self, path: &Path) -> Result<()>;

    /// openat2(2), or openat(2) where there is no openat2. Never follows a link, never waits for a writer of a
    /// FIFO, always closes on exec.
    ///
    /// # Errors
    /// What openat(2) answers.
    fn open(&self, dir: &Self::File, path: &CStr, mode: OpenMode) -> Result<Self::File>;

    /// fstat(2).
    ///
    /// # Errors
    /// What fstat(2) answers.
    fn stat(&self, file: &Self::File) -> Result<Stat>;

    /// fstatat(2) with `AT_SYMLINK_NOFOLLOW`.
    ///
    /// # Errors
    /// What fstatat(2) answers.
    fn stat_at(&self, dir: &Self::File, path: &CStr) -> Result<Stat>;

    /// read(2): appends at most `limit` bytes at the file's position to `into`; 0 is the end.
    ///
    /// # Errors
    /// What read(2) answers.
    fn read(&self, file: &Self::File, into: &mut Vec<u8>, limit: usize) -> Result<usize>;

    /// pread(2): appends at most `limit` bytes from `offset` to `into`; 0 is the end.
    ///
    /// # Errors
    /// What pread(2) answers.
    fn read_at(&self, file: &Self::File, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<usize>;

    /// write(2): writes at the position, or at the end of a file opened with [`OpenMode::Append`]. May write
    /// less than all.
    ///
    /// # Errors
    /// What write(2) answers.
    fn write(&self, file: &Self::File, bytes: &[u8]) -> Result<usize>;

    /// pwrite(2): writes from `offset` on, whatever the position, which stays. May write less than all.
    ///
    /// # Errors
    /// What pwrite(2) answers.
    fn write_at(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> Result<usize>;

    /// fallocate(2) from offset 0; the length of the file stays. A system or filesystem without it answers `Ok`: it is an optimisation.
    ///
    /// # Errors
    /// What fallocate(2) answers, [`Errno::NOSPC`] above all.
    fn allocate(&self, file: &Self::File, len: u64) -> Result<()>;

    /// futimens(2) of the modification time; the access time stays.
    ///
    /// # Errors
    /// What futimens(2) answers.
    fn set_mtime(&self, file: &Self::File, mtime: Time) -> Result<()>;

    /// futimens(2) of the access time; the modification time stays.
    ///
    /// # Errors
    /// What futimens(2) answers.
    fn set_atime(&self, file: &Self::File, atime: Time) -> Result<()>;

    /// fchmod(2).
    ///
    /// # Errors
    /// What fchmod(2) answers.
    fn set_mode(&self, file: &Self::File, mode: u32) -> Result<()>;

    /// linkat(2), both names relative to `dir`.
    ///
    /// # Errors
    /// What linkat(2) answers.
    fn link(&self, dir: &Self::File, from: &CStr, to: &CStr) -> Result<()>;

    /// renameat2(2), both names relative to `dir`. With [`Replace::Never`] an implementation that cannot
    /// refuse atomically answers [`Errno::INVAL`], and the caller takes another way.
    ///
    /// # Errors
    /// What renameat2(2) answers.
    fn rename(&self, dir: &Self::File, from: &CStr, to: &CStr, replace: Replace) -> Result<()>;

    /// unlinkat(2) of something that is not a directory.
    ///
    /// # Errors
    /// What unlinkat(2) answers.
    fn unlink(&self, dir: &Self::File, path: &CStr) -> Result<()>;

    /// mkdirat(2) with mode 0700.
    ///
    /// # Errors
    /// What mkdirat(2) answers.
    fn make_dir(&self, dir: &Self::File, path: &CStr) -> Result<()>;

    /// unlinkat(2) with `AT_REMOVEDIR`.
    ///
    /// # Errors
    /// What rmdir(2) answers.
    fn remove_dir(&self, dir: &Self::File, path: &CStr) -> Result<()>;

    /// getdents(2): replaces the content of `batch` by the next names, without `.` and `..`; an empty batch is
    /// the end.
    ///
    /// # Errors
    /// What getdents(2) answers.
    fn read_dir(&self, dir: &Self::File, batch: &mut DirBatch) -> Result<()>;

    /// flock(2) with `LOCK_EX | LOCK_NB`. The lock belongs to the open file and ends when it is closed.
    ///
    /// # Errors
    /// [`Errno::AGAIN`] when another open file holds it; what flock(2) answers.
    fn try_lock(&self, file: &Self::File) -> Result<()>;

    /// flock(2) with `LOCK_UN`: gives a lock back before its file is closed. Another program that is being started has a copy
    /// of every open file until it runs, and a lock lives as long as one of them. A world that starts none answers as it
    /// stands here.
    ///
    /// # Errors
    /// What flock(2) answers.
    fn unlock(&self, file: &Self::File) -> Result<()> {
        let _ = file;
        Ok(())
    }

    /// fsync(2).
    ///
    /// # Errors
    /// What fsync(2) answers.
    fn sync(&self, file: &Self::File) -> Result<()>;

    /// syncfs(2): everything that was done to this filesystem before is on disk afterwards, and not in the drive's cache.
    /// An implementation makes further calls where its system needs them for that.
    ///
    /// # Errors
    /// What syncfs(2) answers.
    fn sync_fs(&self, file: &Self::File) -> Result<()>;

    /// Who else may write in a directory: fstat(2), and geteuid(2). A world that knows no users answers as it stands here.
    ///
    /// # Errors
    /// What fstat(2) answers.
    fn custody(&self, dir: &Self::File) -> Result<Custody> {
        let _ = dir;
        Ok(Custody::Own)
    }

    /// When a file came into being, as statx(2) tells it. Nobody can set that: a copy has another time. `None` where it is not
    /// known, as in a world that does not tell.
    ///
    /// # Errors
    /// What statx(2) answers.
    fn born(&self, file: &Self::File) -> Result<Option<Time>> {
        let _ = file;
        Ok(None)
    }

    /// What kind of filesystem a directory lies on: fstatfs(2) and, for ext4, whether it has a journal.
    ///
    /// # Errors
    /// What fstatfs(2) answers.
    fn fs_kind(&self, dir: &Self::File) -> Result<FsKind>;
}

/// Time, chance, waiting and identity: what a program knows without the filesystem.
pub trait Env: Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Time;

    /// A clock that never steps back, for measuring how long something took.
    fn elapsed(&self) -> Duration;

    /// Sixty-four unpredictable bits.
    fn random(&self) -> u64;

    /// The identity of this boot of the machine. Not zero.
    fn boot_id(&self) -> [u8; 16];

    /// Lets `duration` pass.
    fn wait(&self, duration: Duration);

    /// Lets time pass until another thread of this process gives the signal, or `limit` is over.
    ///
    /// As it stands here it looks again and again and [waits](Self::wait) in between, so a world with a clock of its own
    /// needs nothing more. [`Os`] parks the thread.
    fn wait_for(&self, signal: &Signal, limit: Duration) {
        let began = self.elapsed();
        let mut pause = FIRST_LOOK;
        while !signal.is_given() {
            let left = limit.saturating_sub(self.elapsed().saturating_sub(began));
            if left.is_zero() {
                return;
            }
            self.wait(pause.min(left));
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// How many files this process may have open at once: its soft limit of now.
    fn max_open_files(&self) -> u64;

    /// An identity of the calling thread (or task) within this process: whoever asks twice for a lease is
    /// recognised by it.
    fn task(&self) -> u64;

    /// Runs `work` on a thread of its own, beside the caller, who does not wait for it.
    ///
    /// # Errors
    /// [`Errno::AGAIN`] when there is no thread to be had; `work` was dropped then and not run.
    fn spawn(&self, work: Work) -> Result<()>;
}

/// What [`Env::spawn`] runs.
pub type Work = Box<dyn FnOnce() + Send + 'static>;
