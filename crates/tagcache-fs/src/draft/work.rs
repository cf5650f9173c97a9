//! What every step of a draft carries along, and how it is taken back.

use std::fmt;
use std::sync::atomic::AtomicU64;

use crate::error::Error;
use crate::log::{Mark, Raced};
use crate::meta::POISON;
use crate::name::{Key, LinkName, RelPath, Tag};
use crate::root::Root;
use crate::sys::{Errno, Sys};

/// Why a draft did not become an entry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DraftError {
    /// An invalidation overtook it. Its value is its caller's, and nobody else's.
    Raced,
    /// A system call failed.
    Io(Error),
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raced => Raced.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DraftError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Raced => None,
            Self::Io(error) => Some(error),
        }
    }
}

impl From<Error> for DraftError {
    fn from(error: Error) -> Self {
        Self::Io(error)
    }
}

/// The file in `tmp/` and the names it has gained; dropped before it is published, it loses them all.
pub(super) struct Work<S: Sys> {
    pub(super) root: Root<S>,
    pub(super) key: Key,
    pub(super) mark: Mark<S>,
    pub(super) path: RelPath,
    /// Holds the lock that says: this draft is alive.
    pub(super) file: S::File,
    pub(super) tags: Vec<Tag>,
    /// Under so many of them, from the first on, it may have a link.
    pub(super) linked: usize,
    pub(super) link: LinkName,
    pub(super) published: bool,
    /// How many folders were made for its names.
    pub(super) folders: AtomicU64,
}

impl<S: Sys> Drop for Work<S> {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        let (sys, dir) = (self.root.sys(), self.root.dir());
        // Nothing can be done about failures here: what stays is dead, and the next sweep removes it. Poison first, in
        // case a rename that reported an error was done all the same.
        let _ = sys.set_mtime(&self.file, POISON);
        let _ = sys.unlink(dir, self.path.as_c_str());
        for tag in self.tags.iter().take(self.linked) {
            let _ = sys.unlink(dir, tag.link_path(self.link, self.root.layout()).as_c_str());
        }
    }
}

impl<S: Sys> Work<S> {
    pub(super) fn failed(&self, doing: &'static str) -> impl Fn(Errno) -> Error + '_ {
        // The path is looked at only when there is an error to tell.
        move |errno| self.root.failed(doing, self.path.as_c_str())(errno)
    }

    /// Whether the draft lost its name in `tmp/`: an invalidation of its key took it.
    pub(super) fn is_gone(&self) -> Result<bool, Error> {
        match self.root.sys().stat_at(self.root.dir(), self.path.as_c_str()) {
            Ok(_) => Ok(false),
            Err(Errno::NOENT) => Ok(true),
            Err(errno) => Err(self.failed("stat")(errno)),
        }
    }

    /// Tells a missing folder from a missing draft, after a call that names both was answered.
    pub(super) fn name_failed(&self, doing: &'static str, path: &RelPath, errno: Errno) -> DraftError {
        if errno == Errno::NOENT && self.is_gone().unwrap_or(false) {
            return DraftError::Raced;
        }
        self.root.failed(doing, path.as_c_str())(errno).into()
    }
}
