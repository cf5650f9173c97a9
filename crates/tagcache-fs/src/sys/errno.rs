//! The numbers by which the kernel says no.

use std::{fmt, io};

/// An error number of the system, as it came out of one call.
///
/// Cheaper than [`io::Error`] (four bytes, never on the heap) and comparable, so that the protocol can
/// decide on it: a missing name is a miss, a full disk is an error.
///
/// ```
/// use tagcache_fs::Errno;
///
/// assert_eq!(format!("{:?}", Errno::NOENT), "ENOENT");
/// assert!(Errno::LOOP.is_foreign_object() && !Errno::MFILE.is_foreign_object());
/// assert_eq!(std::io::Error::from(Errno::NOENT).kind(), std::io::ErrorKind::NotFound);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(i32);

macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        impl Errno {
            $($(#[$doc])* pub const $name: Self = Self(rustix::io::Errno::$name.raw_os_error());)*

            fn symbol(self) -> Option<&'static str> {
                $(if self == Self::$name { return Some(concat!("E", stringify!($name))); })*
                None
            }
        }
    };
}

errnos! {
    /// No such file or directory: for a cache, a miss.
    NOENT;
    /// The name exists already.
    EXIST;
    /// The lock is held by another (`EWOULDBLOCK` is the same number).
    AGAIN;
    /// The call was interrupted by a signal.
    INTR;
    /// A last component is a symbolic link, and links are not followed.
    LOOP;
    /// A folder on the way is not a directory.
    NOTDIR;
    /// The name is a directory.
    ISDIR;
    /// The directory still has entries.
    NOTEMPTY;
    /// Permission denied.
    ACCESS;
    /// Operation not permitted.
    PERM;
    /// Too many links to one inode.
    MLINK;
    /// The two names are on different filesystems; from `openat2`, the path leads out of the root.
    XDEV;
    /// No space left on the device.
    NOSPC;
    /// The quota is used up.
    DQUOT;
    /// The device failed.
    IO;
    /// The filesystem is read-only.
    ROFS;
    /// The process has no descriptors left.
    MFILE;
    /// The machine has no descriptors left.
    NFILE;
    /// No memory for the call.
    NOMEM;
    /// An argument is not supported here.
    INVAL;
    /// The call does not exist here.
    NOSYS;
    /// The operation is not supported by this filesystem.
    OPNOTSUPP;
    /// A name is too long for this filesystem.
    NAMETOOLONG;
    /// No such device or address: a socket or a device without a driver was opened.
    NXIO;
    /// No such device: a device node without a driver was opened.
    NODEV;
    /// The file handle is stale (network filesystems).
    STALE;
    /// No locks available.
    NOLCK;
}

impl Errno {
    /// The number as the system counts it.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0
    }

    /// The error with this number.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Self {
        Self(raw)
    }

    /// Whether opening a name failed because of *what lies there* (a symbolic link, a socket, a device, a
    /// file where a folder should be) rather than because the environment failed.
    #[must_use]
    pub fn is_foreign_object(self) -> bool {
        [Self::LOOP, Self::NOTDIR, Self::ISDIR, Self::NXIO, Self::NODEV, Self::XDEV].contains(&self)
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.symbol() {
            Some(symbol) => f.write_str(symbol),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from(*self).fmt(f)
    }
}

impl std::error::Error for Errno {}

impl From<Errno> for io::Error {
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.0)
    }
}
