//! What each filesystem does, where filesystems differ: as data.
//!
//! Where the protocol might care, it is a setting of the simulator ([`Traits`]); where it does not, it is a difference
//! that the comparison does not count.

use std::ffi::{CStr, CString};
use std::path::Path;

use tagcache_fs::sys::{Env, Errno, FileKind, OpenMode, Replace, Result, Sys};
use tagcache_fs::{Os, Time};
use tagcache_sim::Traits;

use crate::call::Call;
use crate::side::Answer;

/// A filesystem that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filesystem {
    /// Its name.
    pub name: &'static str,
    /// Its number in statfs(2).
    magic: u64,
    /// The last time that an mtime can hold; later ones become this one.
    pub last: Time,
    /// Times are multiples of this many nanoseconds.
    pub granularity: u64,
    /// How many names one file may have, where that is few enough to try.
    pub max_links: Option<u32>,
    /// Whether reading a directory returns no name that was added after it was opened.
    pub lists_as_of_open: bool,
    /// Whether a name may come twice when others are renamed in the directory that is being read: on a tmpfs, where a
    /// renamed name keeps its place and gets a new position. The protocol renames into directories, and never within one.
    pub may_repeat: bool,
    /// Whether renaming over a directory that is not empty is `EEXIST` instead of `ENOTEMPTY`. The protocol renames files.
    pub full_exists: bool,
    /// Whether a directory counts the folders in it as links. The protocol never asks.
    pub counts_folders: bool,
    /// Whether a folder's ctime is a stamp of its own when a name comes or goes there. A tmpfs gives it the file's, which
    /// need not be newer than its last. The protocol looks at the ctime of files only.
    pub stamps_folders: bool,
    /// Whether reading a directory as a file, after it was listed to its end, is `EINVAL` instead of `EISDIR`: the end
    /// lies too far out. The protocol reads what it has seen to be a file.
    pub end_is_far: bool,
}

/// That many seconds after the epoch.
const fn second(secs: u64) -> Time {
    Time::from_nanos(secs * 1_000_000_000)
}

const EXT4: Filesystem = Filesystem {
    name: "ext4",
    magic: 0xef53,
    last: second(15_032_385_535),
    granularity: 1,
    max_links: Some(65_000),
    lists_as_of_open: false,
    may_repeat: false,
    full_exists: false,
    counts_folders: true,
    stamps_folders: true,
    end_is_far: true,
};

/// With inodes of 128 bytes, where there is no room for more.
const EXT4_128: Filesystem =
    Filesystem { name: "ext4-128", last: second(2_147_483_647), granularity: 1_000_000_000, ..EXT4 };

const XFS: Filesystem = Filesystem {
    name: "xfs",
    magic: 0x5846_5342,
    last: second(16_299_260_424),
    max_links: None,
    full_exists: true,
    end_is_far: false,
    ..EXT4
};

const BTRFS: Filesystem = Filesystem {
    name: "btrfs",
    magic: 0x9123_683e,
    last: Time::MAX,
    max_links: Some(65_535),
    lists_as_of_open: true,
    counts_folders: false,
    ..EXT4
};

const TMPFS: Filesystem = Filesystem {
    name: "tmpfs",
    magic: 0x0102_1994,
    last: Time::MAX,
    max_links: None,
    may_repeat: true,
    stamps_folders: false,
    end_is_far: false,
    ..EXT4
};

/// Its writable layer being on a tmpfs.
const OVERLAY: Filesystem = Filesystem { name: "overlay", magic: 0x794c_7630, ..TMPFS };

/// All that are known.
pub const FILESYSTEMS: [Filesystem; 6] = [EXT4, EXT4_128, XFS, BTRFS, TMPFS, OVERLAY];

/// How the simulator is set, and what is not compared.
#[derive(Clone, Debug)]
pub struct Habits {
    /// Which filesystem it is.
    pub filesystem: Filesystem,
    /// The simulator's settings.
    pub traits: Traits,
    /// Whether every change moves the ctime of an inode that was looked at before, as since Linux 6.13 where times are fine
    /// enough. Elsewhere two changes within one tick have the same.
    pub ctime_is_fine: bool,
}

impl Habits {
    /// The habits of the filesystem on which a directory lies. What depends on the machine is tried there.
    ///
    /// # Errors
    /// Why it cannot be compared.
    pub fn of(dir: &Path) -> std::result::Result<Self, String> {
        let name = dir.display();
        let number = rustix::fs::statfs(dir).map_err(|errno| format!("{name}: {errno}"))?.f_type;
        // Sign extension does not matter to a magic number, and its width differs between architectures.
        #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast)]
        let magic = number as u64 & 0xffff_ffff;
        let tried = Tried::at(dir).map_err(|errno| format!("{name}: {errno}"))?;
        let is_it =
            |one: &&Filesystem| one.magic == magic && one.granularity == tried.traits.mtime_granularity;
        let found = FILESYSTEMS.iter().find(is_it);
        let filesystem = *found.ok_or_else(|| format!("{name}: an unknown filesystem, {magic:#x}"))?;
        let max_links = filesystem.max_links.unwrap_or(u32::MAX);
        let Filesystem { last, lists_as_of_open, .. } = filesystem;
        let traits = Traits { mtime_max: last, max_links, lists_as_of_open, ..tried.traits };
        Ok(Self { filesystem, traits, ctime_is_fine: tried.ctime_is_fine })
    }

    /// What the simulator is expected to answer where the real one answered this.
    pub(crate) fn settle(&self, call: Call, answer: &Answer) -> Answer {
        match (call, answer) {
            (Call::Read(..) | Call::ReadAt(..), Err(Errno::INVAL)) if self.filesystem.end_is_far => {
                Err(Errno::ISDIR)
            }
            (Call::Rename(.., Replace::Any), Err(Errno::EXIST)) if self.filesystem.full_exists => {
                Err(Errno::NOTEMPTY)
            }
            _ => answer.clone(),
        }
    }

    /// Whether the movement of a ctime is as the simulator has it: where it is coarse it may stand still, and nowhere
    /// may it move when it should not.
    pub(crate) fn ctime_agrees(
        &self,
        kind: FileKind,
        real: Option<bool>,
        simulated: Option<bool>,
    ) -> std::result::Result<(), &'static str> {
        let is_stamped = self.filesystem.stamps_folders || kind != FileKind::Dir;
        match (real, simulated) {
            (Some(true), Some(false)) => Err("moved, and stood still where it is simulated"),
            (Some(false), Some(true)) if self.ctime_is_fine && is_stamped => {
                Err("stood still, and moved where it is simulated")
            }
            _ => Ok(()),
        }
    }
}

/// What was tried out.
struct Tried {
    traits: Traits,
    ctime_is_fine: bool,
}

impl Tried {
    fn at(dir: &Path) -> Result<Self> {
        let root = Os.open_root(dir)?;
        let name = CString::new(format!("tried-{}", Os.random())).unwrap_or_default();
        let file = Os.open(&root, &name, OpenMode::Create)?;
        let traits = Traits { kind: Os.fs_kind(&root)?, ..Traits::default() };
        let tried = Self { traits, ctime_is_fine: true }.with(&root, &name, &file);
        Os.unlink(&root, &name)?;
        tried
    }

    fn with<F>(mut self, root: &F, name: &CStr, file: &F) -> Result<Self>
    where
        Os: Sys<File = F>,
    {
        Os.set_mtime(file, Time::from_nanos(1_999_999_999))?;
        if Os.stat(file)?.mtime.subsec_nanos() == 0 {
            self.traits.mtime_granularity = 1_000_000_000;
        }
        for _ in 0..100 {
            let before = Os.stat(file)?.ctime;
            Os.set_mode(file, 0)?;
            self.ctime_is_fine &= Os.stat(file)?.ctime != before;
        }
        self.traits.superuser = Os.open(root, name, OpenMode::Read).is_ok();
        Ok(self)
    }
}
