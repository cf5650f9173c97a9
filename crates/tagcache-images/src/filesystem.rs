//! The filesystems: how an image is made, mended and mounted.

use std::fmt;
use std::fs::{self, File};
use std::path::Path;

use crate::halt::Halt;
use crate::tool::{E2FSCK, MKFS_BTRFS, MKFS_EXT4, MKFS_XFS};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filesystem {
    /// ext4 as it is by default.
    Ext4,
    /// ext4 without a journal: it orders nothing, and must be mended after each cut.
    Ext4NoJournal,
    /// ext4 with inodes of 128 bytes, as it was once made: times are whole seconds, until 2038.
    Ext4SmallInodes,
    /// xfs.
    Xfs,
    /// btrfs.
    Btrfs,
}

impl Filesystem {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Ext4, Self::Ext4NoJournal, Self::Ext4SmallInodes, Self::Xfs, Self::Btrfs];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Ext4NoJournal => "ext4-nojournal",
            Self::Ext4SmallInodes => "ext4-128",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
        }
    }

    /// Its name to mount(8).
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Ext4 | Self::Ext4NoJournal | Self::Ext4SmallInodes => "ext4",
            Self::Xfs => "xfs",
            Self::Btrfs => "btrfs",
        }
    }

    /// How it is mounted. A copy of an xfs has the identity of the original.
    #[must_use]
    pub const fn options(self) -> &'static str {
        match self {
            Self::Xfs => "loop,nouuid",
            _ => "loop",
        }
    }

    /// Whether `FS_IOC_SHUTDOWN` cuts its power. btrfs does not know it; without a journal ext4 does, and writes
    /// everything all the same when it is unmounted.
    #[must_use]
    pub const fn can_be_shut_down(self) -> bool {
        matches!(self, Self::Ext4 | Self::Ext4SmallInodes | Self::Xfs)
    }

    /// Whether what it recovers is the tree of one instant. e2fsck mends what is left of several as well as it can.
    #[must_use]
    pub const fn keeps_names(self) -> bool {
        !matches!(self, Self::Ext4NoJournal)
    }

    /// Whether its journal keeps everything in one order, so that an fsync of the log is a barrier.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Ext4 | Self::Ext4SmallInodes | Self::Xfs)
    }

    /// Makes a sparse image with an empty filesystem.
    ///
    /// # Errors
    /// When the image cannot be written; when its mkfs is missing or fails.
    pub fn make(self, image: &Path, bytes: u64) -> Result<(), Halt> {
        // What was there has other blocks, which no recovery should meet.
        let _ = fs::remove_file(image);
        let file = File::create(image).map_err(Halt::at("make", image))?;
        file.set_len(bytes).map_err(Halt::at("size", image))?;
        let image = image.as_os_str();
        match self {
            Self::Ext4 => MKFS_EXT4.run(&["-q".as_ref(), "-F".as_ref(), image], &[0]),
            Self::Ext4NoJournal => MKFS_EXT4
                .run(&["-q".as_ref(), "-F".as_ref(), "-O".as_ref(), "^has_journal".as_ref(), image], &[0]),
            Self::Ext4SmallInodes => {
                MKFS_EXT4.run(&["-q".as_ref(), "-F".as_ref(), "-I".as_ref(), "128".as_ref(), image], &[0])
            }
            Self::Xfs => MKFS_XFS.run(&["-q".as_ref(), image], &[0]),
            Self::Btrfs => MKFS_BTRFS.run(&["-q".as_ref(), image], &[0]),
        }
    }

    /// What must be done with an image before it can be mounted after a power cut. Journals are played back by
    /// mounting; without one it is e2fsck, which here answers its own questions, as it would at boot.
    ///
    /// # Errors
    /// When that fails.
    pub fn mend(self, image: &Path) -> Result<(), Halt> {
        match self {
            // 1 and 2: errors were found and mended.
            Self::Ext4NoJournal => E2FSCK.run(&["-f".as_ref(), "-y".as_ref(), image.as_os_str()], &[0, 1, 2]),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Filesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
