//! What is done on both sides.

use std::ffi::CStr;
use std::fmt;

use tagcache_fs::Time;
use tagcache_fs::sys::{OpenMode, Replace};

/// How many files a sequence has open at once.
pub(crate) const SLOTS: usize = 5;

/// The place of an open file.
pub(crate) type Slot = usize;

/// What a path is relative to: the directory in a slot, or the root when the slot is empty or none.
pub(crate) type Base = Option<Slot>;

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Opens a path, and puts the file into a slot.
    Open(Base, Path, OpenMode, Slot),
    /// One more descriptor of an open file.
    Duplicate(Slot, Slot),
    /// Closes a descriptor.
    Close(Slot),
    /// Reads at the position, at most so many bytes.
    Read(Slot, usize),
    /// Reads at an offset.
    ReadAt(Slot, u64),
    /// Writes so many bytes.
    Write(Slot, usize),
    /// Reserves space.
    Allocate(Slot, u64),
    /// Sets the modification time to one of [`MOMENTS`].
    SetMtime(Slot, usize),
    /// Sets the access time to one of [`MOMENTS`].
    SetAtime(Slot, usize),
    /// Sets the modification time to this many seconds before the epoch, as only somebody else does.
    SetBeforeEpoch(Slot, i64),
    /// Sets the permission bits to one of a few.
    SetMode(Slot, usize),
    /// One more name.
    Link(Base, Path, Path),
    /// Another name.
    Rename(Base, Path, Path, Replace),
    /// One name less.
    Unlink(Base, Path),
    /// A directory.
    MakeDir(Base, Path),
    /// No directory any more.
    RemoveDir(Base, Path),
    /// What somebody else puts in the way: a link with one of [`TARGETS`], a FIFO, a socket.
    Plant(Base, Path, Plant),
    /// Reads a directory from where it was read before to its end.
    List(Slot),
    /// Locks, without waiting.
    Lock(Slot),
}

/// What is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A symbolic link to one of [`TARGETS`].
    Link(usize),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

/// One of the paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path(pub usize);

/// 256 bytes: one more than a name may have.
const LONG: &CStr = c"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

/// A small world, so that calls meet: files, folders, a path through a file, names that are too long.
pub const PATHS: [&CStr; 14] = [
    c"a", c"b", c"d", c"d/a", c"d/b", c"d/e", c"d/e/a", c"l", c"l/a", c"l/e", c"a/b", c"d/./b", LONG, c"d/l",
];

/// Where links lead: to files, to folders, to nothing, to themselves.
pub const TARGETS: [&CStr; 6] = [c"a", c"d", c"d/e", c"l", c"nothing", c"./e/a"];

/// The poison, and the ends of what filesystems can hold: 2038, 2446 (ext4), 2486 (xfs), 2554 (ours).
pub const MOMENTS: [(i64, u32); 12] = [
    (0, 0),
    (0, 1),
    (1, 5),
    (999, 999_999_999),
    (2_147_483_646, 7),
    (2_147_483_647, 7),
    (2_147_483_648, 7),
    (15_032_385_534, 7),
    (15_032_385_535, 7),
    (16_299_260_424, 7),
    (16_299_260_425, 7),
    (i64::MAX, 0),
];

/// For everything but directories.
pub(crate) const FILE_MODES: [u32; 5] = [0o600, 0o400, 0o000, 0o644, 0o200];
/// The owner of a directory keeps all rights: what a cache may do in a directory without them is not simulated.
pub(crate) const DIR_MODES: [u32; 5] = [0o700, 0o755, 0o711, 0o770, 0o750];

impl Path {
    /// The path of this name, if it is one of them.
    #[must_use]
    pub fn named(name: &CStr) -> Option<Self> {
        PATHS.iter().position(|path| *path == name).map(Self)
    }

    pub(crate) fn get(self) -> &'static CStr {
        PATHS[self.0 % PATHS.len()]
    }
}

pub(crate) fn moment(index: usize) -> Time {
    let (secs, nanos) = MOMENTS[index % MOMENTS.len()];
    Time::from_parts(secs, nanos)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.get() == LONG { f.write_str("n…(256)") } else { f.write_str(&self.get().to_string_lossy()) }
    }
}

/// ` in #2`, when a path is not relative to the root.
struct In(Base);

impl fmt::Display for In {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |slot| write!(f, " in #{slot}"))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Open(base, path, mode, slot) => {
                write!(f, "open {path}{} as {mode:?}, as #{slot}", In(base))
            }
            Self::Duplicate(slot, to) => write!(f, "dup #{slot} as #{to}"),
            Self::Close(slot) => write!(f, "close #{slot}"),
            Self::Read(slot, limit) => write!(f, "read #{slot}, {limit} bytes"),
            Self::ReadAt(slot, offset) => write!(f, "read #{slot} at {offset}"),
            Self::Write(slot, len) => write!(f, "write #{slot}, {len} bytes"),
            Self::Allocate(slot, len) => write!(f, "allocate #{slot}, {len} bytes"),
            Self::SetMtime(slot, index) => write!(f, "mtime of #{slot} to {}", Shown(moment(index))),
            Self::SetAtime(slot, index) => write!(f, "atime of #{slot} to {}", Shown(moment(index))),
            Self::SetBeforeEpoch(slot, secs) => write!(f, "mtime of #{slot} to {secs} s before the epoch"),
            Self::SetMode(slot, index) => write!(
                f,
                "mode of #{slot} to {:o} ({:o} for a directory)",
                FILE_MODES[index % FILE_MODES.len()],
                DIR_MODES[index % DIR_MODES.len()]
            ),
            Self::Link(base, from, to) => write!(f, "link {from} to {to}{}", In(base)),
            Self::Rename(base, from, to, Replace::Any) => write!(f, "rename {from} to {to}{}", In(base)),
            Self::Rename(base, from, to, Replace::Never) => {
                write!(f, "rename {from} to {to}{}, replacing nothing", In(base))
            }
            Self::Unlink(base, path) => write!(f, "unlink {path}{}", In(base)),
            Self::MakeDir(base, path) => write!(f, "mkdir {path}{}", In(base)),
            Self::RemoveDir(base, path) => write!(f, "rmdir {path}{}", In(base)),
            Self::Plant(base, path, Plant::Link(target)) => {
                let target = TARGETS[target % TARGETS.len()].to_string_lossy();
                write!(f, "symlink {path}{} -> {target}", In(base))
            }
            Self::Plant(base, path, what) => write!(f, "plant a {what:?} at {path}{}", In(base)),
            Self::List(slot) => write!(f, "list #{slot}"),
            Self::Lock(slot) => write!(f, "lock #{slot}"),
        }
    }
}

/// A time as seconds.
pub(crate) struct Shown(pub(crate) Time);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09} s", self.0.secs(), self.0.subsec_nanos())
    }
}
