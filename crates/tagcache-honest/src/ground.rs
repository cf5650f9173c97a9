//! The two kinds of ground that a sequence is played on, and what it needs beyond [`Sys`].

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{self, FileType, Mode, Timespec, Timestamps};
use tagcache_fs::sys::{Errno, Result, Sys};
use tagcache_fs::{Os, Time};
use tagcache_sim::{Sim, SimFile};

use crate::call::{Plant, TARGETS};

/// A system on which somebody else is at work, too.
pub(crate) trait Ground: Sys {
    /// Puts in the way what a cache never makes.
    fn plant(&self, dir: &Self::File, path: &CStr, what: Plant) -> Result<()>;

    /// dup(2).
    fn duplicate(&self, file: &Self::File) -> Result<Self::File>;

    /// futimens(2) of the modification time to a time that ours cannot say.
    fn set_before_epoch(&self, file: &Self::File, secs: i64) -> Result<()>;

    /// Whether a time came from its clock, rather than from a call: sequences are short, and no moment that they set is
    /// near.
    fn is_of_the_clock(&self, time: Time) -> bool {
        const NEAR: u64 = 24 * 60 * 60;
        self.now().secs().abs_diff(time.secs()) < NEAR
    }
}

fn target(index: usize) -> &'static CStr {
    TARGETS[index % TARGETS.len()]
}

fn ours<T>(result: rustix::io::Result<T>) -> Result<T> {
    result.map_err(|errno| Errno::from_raw(errno.raw_os_error()))
}

impl Ground for Os {
    fn plant(&self, dir: &OwnedFd, path: &CStr, what: Plant) -> Result<()> {
        let node = |kind| ours(fs::mknodat(dir, path, kind, Mode::from_raw_mode(0o600), 0));
        match what {
            Plant::Link(index) => ours(fs::symlinkat(target(index), dir, path)),
            Plant::Fifo => node(FileType::Fifo),
            Plant::Socket => node(FileType::Socket),
        }
    }

    fn duplicate(&self, file: &OwnedFd) -> Result<OwnedFd> {
        ours(rustix::io::dup(file))
    }

    fn set_before_epoch(&self, file: &OwnedFd, secs: i64) -> Result<()> {
        let last_access = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT };
        let last_modification = Timespec { tv_sec: -secs, tv_nsec: 5 };
        ours(fs::futimens(file, &Timestamps { last_access, last_modification }))
    }
}

impl Ground for Sim {
    fn plant(&self, dir: &SimFile, path: &CStr, what: Plant) -> Result<()> {
        use tagcache_sim::Special;
        let special = match what {
            Plant::Link(index) => Special::Link(target(index).to_bytes().into()),
            Plant::Fifo => Special::Fifo,
            Plant::Socket => Special::Socket,
        };
        Self::plant(self, dir, path, &special)
    }

    fn duplicate(&self, file: &SimFile) -> Result<SimFile> {
        Self::duplicate(self, file)
    }

    /// All that a cache can see of such a time is that it is not after the epoch.
    fn set_before_epoch(&self, file: &SimFile, _secs: i64) -> Result<()> {
        self.set_mtime(file, Time::EPOCH)
    }
}
