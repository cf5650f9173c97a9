//! The words that [`Sys`](super::Sys) speaks.

use std::ffi::CStr;

use crate::time::Time;

/// How a file is opened. No mode follows a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// For reading, without touching the access time where the system allows it.
    Read,
    /// A directory, for reading and as the base of relative paths.
    Dir,
    /// A new file with mode 0600 for reading and writing: `O_CREAT | O_EXCL`.
    Create,
    /// For reading and writing, made with mode 0600 if it is missing: `O_CREAT`.
    ReadWrite,
    /// For reading and for writing at the end only: `O_APPEND`.
    Append,
}

/// Who else may do something with a directory: what a call may be asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Custody {
    /// It belongs to the user that the program runs as, and nobody else may write in it.
    Own,
    /// It belongs to another user.
    Foreign {
        /// The number of that user.
        owner: u32,
        /// The number of the user that the program runs as.
        user: u32,
    },
    /// It is our own, and its group or everybody may write in it.
    Shared {
        /// Its permission bits.
        mode: u32,
    },
}

/// What a rename may do to the name it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replace {
    /// Nothing: a name that exists is [`Errno::EXIST`](super::Errno::EXIST).
    Never,
    /// Take its place.
    Any,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A link, FIFO, socket or device: nothing of ours.
    Other,
    /// The directory does not say; `stat_at` will.
    Unknown,
}

/// What fstat(2) tells, as far as the protocol asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The device.
    pub dev: u64,
    /// The inode number, unique on the device while the inode lives.
    pub ino: u64,
    /// The number of names.
    pub nlink: u64,
    /// Length in bytes.
    pub size: u64,
    /// The modification time.
    pub mtime: Time,
    /// The access time.
    pub atime: Time,
    /// The change time: when the inode last changed in anything but its access time. The kernel sets it, and nobody else can.
    pub ctime: Time,
    /// Permission bits only.
    pub mode: u32,
    /// What it is.
    pub kind: FileKind,
    /// Disk space taken, in bytes.
    pub allocated: u64,
}

impl Stat {
    /// Whether both describe one and the same file.
    #[must_use]
    pub fn same_file(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }
}

/// What a filesystem promises about order and about being seen by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsKind {
    /// ext4 with a journal, or xfs: one ordered journal, so that one fsync puts everything earlier on disk.
    Journaled,
    /// A local filesystem of which no order is known: btrfs, tmpfs, overlayfs and all others.
    Local,
    /// A filesystem of another machine, or of a program (NFS, SMB, 9p, FUSE): link counts and times of an
    /// open file may be old, locks may be local only.
    Remote,
}

/// One name of a directory.
#[derive(Clone, Copy, Debug)]
pub struct DirItem<'a> {
    /// The name, without its folder.
    pub name: &'a CStr,
    /// What it stands for.
    pub kind: FileKind,
    /// The inode number.
    pub ino: u64,
}

/// Names read from a directory in one call, kept in one allocation that is used again.
#[derive(Debug, Default)]
pub struct DirBatch {
    names: Vec<u8>,
    items: Vec<(usize, FileKind, u64)>,
}

impl DirBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the names and keeps the memory.
    pub fn clear(&mut self) {
        self.names.clear();
        self.items.clear();
    }

    /// Adds a name.
    pub fn push(&mut self, name: &CStr, kind: FileKind, ino: u64) {
        self.items.push((self.names.len(), kind, ino));
        self.names.extend_from_slice(name.to_bytes_with_nul());
    }

    /// Whether there is no name: the end of the directory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The names, in the order of the directory.
    pub fn iter(&self) -> impl Iterator<Item = DirItem<'_>> {
        (0..self.items.len()).filter_map(|index| self.get(index))
    }

    /// The name in this place; `None` behind the last one.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<DirItem<'_>> {
        let &(start, kind, ino) = self.items.get(index)?;
        let name = CStr::from_bytes_until_nul(self.names.get(start..)?).ok()?;
        Some(DirItem { name, kind, ino })
    }
}
