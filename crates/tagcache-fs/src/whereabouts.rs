//! Whether an open root is still the directory at its path: others may move it, remove it, or put another one there.

use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::name::{CACHEDIR_TAG, DATA, FORMAT, LOCKS, TMP};
use crate::open::{mark_again, open_shared};
use crate::root::{OpenError, Options, Root};
use crate::sys::{Errno, FileKind, Sys};

/// Where an open root is. Whoever goes on with one that is not [`AtItsPath`](Self::AtItsPath) shares it with fewer
/// processes than he thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whereabouts {
    /// At the path that it was opened by.
    AtItsPath,
    /// There as well, without some of its markers or folders: somebody is emptying it, or tidied up.
    Stripped,
    /// Somewhere else: it was moved, and nothing is in its place. It goes on working.
    Moved,
    /// Another directory is in its place.
    Replaced,
    /// It was removed.
    Gone,
}

impl<S: Sys> Root<S> {
    /// Looks where the root is, and whether it is whole: nine calls.
    ///
    /// ```
    /// use tagcache_fs::{Root, Whereabouts};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("cache");
    /// let root = Root::open(&path)?;
    /// assert_eq!(root.whereabouts()?, Whereabouts::AtItsPath);
    /// std::fs::remove_dir_all(&path)?;
    /// assert_eq!(root.whereabouts()?, Whereabouts::Gone);
    /// let root = root.open_anew()?;
    /// assert_eq!(root.whereabouts()?, Whereabouts::AtItsPath);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A root that was opened by a relative path on a [`Sys`] of one's own is not looked for: the working directory may be
    /// another one by now.
    ///
    /// # Errors
    /// When the directory at the path can be neither opened nor called absent.
    pub fn whereabouts(&self) -> Result<Whereabouts, Error> {
        let failed = |doing| move |errno| Error::new(doing, self.path(), errno);
        if self.path().is_relative() {
            return Ok(Whereabouts::AtItsPath);
        }
        match self.sys().open_root(self.path()) {
            Err(Errno::NOENT) => {
                return Ok(if self.kind_of(DATA)?.is_some() {
                    Whereabouts::Moved
                } else {
                    Whereabouts::Gone
                });
            }
            // A file, say.
            Err(errno) if errno.is_foreign_object() => return Ok(Whereabouts::Replaced),
            Err(errno) => return Err(failed("open")(errno)),
            Ok(there) => {
                let there = self.sys().stat(&there).map_err(failed("stat"))?;
                let here = self.sys().stat(self.dir()).map_err(failed("stat"))?;
                if !here.same_file(&there) {
                    return Ok(Whereabouts::Replaced);
                }
            }
        }
        let ours = [FORMAT, CACHEDIR_TAG].map(|name| (name, FileKind::File));
        let folders = [DATA, TMP, LOCKS].map(|name| (name, FileKind::Dir));
        for (name, kind) in ours.into_iter().chain(folders) {
            if self.kind_of(name)? != Some(kind) {
                return Ok(Whereabouts::Stripped);
            }
        }
        Ok(Whereabouts::AtItsPath)
    }

    /// Opens, or makes, the root that belongs at the path, with the durability that this one has. One that is made has its
    /// layout, too; one that another program put there is as it is.
    ///
    /// This root stays open, and what was begun in it ends in it: a draft whose [mark](Self::mark) was taken in one
    /// of the two is raced in the other. The folder above the root is not made.
    ///
    /// # Errors
    /// As [`Options::open_on`](crate::Options::open_on), and when the folder above is gone.
    pub fn open_anew(&self) -> Result<Self, OpenError> {
        let above = self.path().parent().filter(|above| !above.as_os_str().is_empty());
        let above = above.unwrap_or_else(|| Path::new("."));
        // Who removed more than the cache does not want it back.
        self.sys().open_root(above).map_err(|errno| Error::new("open", above, errno))?;
        let mut options = self.options_again();
        if self.whereabouts()? == Whereabouts::Replaced {
            options.layout = self.inner.options.layout;
        }
        open_shared(&options, &self.inner.sys, self.path())
    }

    /// Puts back what a [stripped](Whereabouts::Stripped) root lost, markers and folders. Its entries stay, and what is under way goes on.
    ///
    /// # Errors
    /// As [`Options::open_on`](crate::Options::open_on): [`OpenError::NotACache`] when something lies in it that is not ours.
    pub fn restore(&self) -> Result<(), OpenError> {
        mark_again(&self.options_again(), self)
    }

    fn options_again(&self) -> Options {
        let (durability, layout) = (Some(self.durability()), Some(self.layout()));
        Options { durability, layout, ..self.inner.options.clone() }
    }

    /// Whether both are clones of one.
    pub(crate) fn is_same_opening(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// What lies at a name of the root, if anything does.
    fn kind_of(&self, name: &std::ffi::CStr) -> Result<Option<FileKind>, Error> {
        match self.sys().stat_at(self.dir(), name) {
            Ok(stat) => Ok(Some(stat.kind)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failed("stat", name)(errno)),
        }
    }
}
