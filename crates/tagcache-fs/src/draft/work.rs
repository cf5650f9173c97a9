//! What every step of a draft carries along, and how it is taken back.

use std::fmt;
use std::sync::atomic::AtomicU64;

use crate::error::Error;
use crate::log::{Mark, Raced};
use crate::meta::{self, POISON};
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
            // Its text is the whole text of this one.
            Self::Io(error) => error.source(),
        }
    }
}

impl From<Error> for DraftError {
    fn from(error: Error) -> Self {
        Self::Io(error)
    }
}

/// A step that failed, and the draft as it was before it.
#[derive(Debug)]
pub struct StepError<D> {
    /// Why.
    pub error: DraftError,
    /// The draft, unharmed.
    pub draft: D,
}

impl<D> fmt::Display for StepError<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<D: fmt::Debug> std::error::Error for StepError<D> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<D> From<StepError<D>> for DraftError {
    fn from(failed: StepError<D>) -> Self {
        failed.error
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
        self.unlink_all();
    }
}

impl<S: Sys> Work<S> {
    pub(super) fn failed(&self, doing: &'static str) -> impl Fn(Errno) -> Error + '_ {
        // The path is looked at only when there is an error to tell.
        move |errno| self.root.failed(doing, self.path.as_c_str())(errno)
    }

    pub(super) fn link_all(&mut self, tags: &[Tag]) -> Result<(), DraftError> {
        self.tags.reserve_exact(tags.len());
        for tag in tags {
            if !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
        self.link.links = meta::links_of(self.tags.len() as u64);
        for index in 0..self.tags.len() {
            let path = self.tags[index].link_path(self.link, self.root.layout());
            // Counted as made before it is: what is taken back need not be there.
            self.linked = index + 1;
            let (sys, dir, to) = (self.root.sys(), self.root.dir(), path.as_c_str());
            let make = || sys.link(dir, self.path.as_c_str(), to);
            match self.root.with_folders(&path, &self.folders, make) {
                Ok(()) => {}
                Err(Errno::EXIST) => {
                    if let Err(error) = self.own_link(&path) {
                        self.linked = index;
                        return Err(error);
                    }
                }
                Err(errno) => return Err(self.name_failed("link", &path, errno)),
            }
        }
        Ok(())
    }

    /// A link that is there already is fine when it is ours (a network filesystem may make a link, lose the answer and
    /// try again); anything else by that name is not ours to remove.
    fn own_link(&self, path: &RelPath) -> Result<(), DraftError> {
        match self.root.sys().stat_at(self.root.dir(), path.as_c_str()) {
            Ok(stat) if stat.ino == self.link.ino => Ok(()),
            Ok(_) => Err(self.root.failed("link", path.as_c_str())(Errno::EXIST).into()),
            Err(errno) => Err(self.root.failed("stat", path.as_c_str())(errno).into()),
        }
    }

    /// Takes the links back, as far as that can be done.
    pub(super) fn unlink_all(&mut self) {
        let (sys, dir) = (self.root.sys(), self.root.dir());
        for tag in self.tags.drain(..).take(self.linked) {
            let _ = sys.unlink(dir, tag.link_path(self.link, self.root.layout()).as_c_str());
        }
        self.linked = 0;
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
