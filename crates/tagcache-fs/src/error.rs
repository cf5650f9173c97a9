//! The environment said no: which operation, on which path, and the system's own number.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::sys::Errno;

/// A failed system call. Only the environment (permission, descriptors, space, the device) makes one: a missing
/// entry is `None`, and what lies planted in the tree is a reason for a miss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    doing: &'static str,
    path: PathBuf,
    errno: Errno,
}

impl Error {
    pub(crate) fn new(doing: &'static str, path: impl Into<PathBuf>, errno: Errno) -> Self {
        Self { doing, path: path.into(), errno }
    }

    /// The operation, as a verb: `open`, `link`.
    #[must_use]
    pub fn doing(&self) -> &'static str {
        self.doing
    }

    /// The path that it was about.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system's number.
    #[must_use]
    pub fn errno(&self) -> Errno {
        self.errno
    }

    /// What to do about it, where something can be done.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self.errno {
            Errno::NOSPC | Errno::DQUOT => "free space, or sweep the cache to a smaller size",
            Errno::MFILE | Errno::NFILE => "raise the limit of open files (ulimit -n)",
            Errno::MLINK => "use fewer tags per entry: this filesystem limits the links of one file",
            Errno::ACCESS | Errno::PERM => "run as the owner of the cache directory, or use one of your own",
            Errno::ROFS => {
                "the filesystem is read-only: entries can be read, nothing can be stored or invalidated"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}", self.doing, self.path.display(), self.errno)?;
        self.advice().map_or(Ok(()), |advice| write!(f, " ({advice})"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.errno)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(Self::from(error.errno).kind(), error)
    }
}
