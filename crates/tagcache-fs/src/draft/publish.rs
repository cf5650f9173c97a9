//! The last step: a draft takes its name, in place of what had it.

use std::sync::atomic::Ordering;

use super::work::{DraftError, StepError, Work};
use crate::entry::{Entry, Found};
use crate::error::Error;
use crate::sys::{Errno, Replace, Sys};

/// A draft that no invalidation has overtaken.
#[must_use = "a draft that is dropped is removed"]
pub struct Checked<S: Sys> {
    pub(super) work: Box<Work<S>>,
}

impl<S: Sys> Checked<S> {
    /// Gives it its name in one atomic step. What had the name before is poisoned and returned open, so that its tag
    /// links can be removed by [`Entry::remove_links`].
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tags) = (Key::new("k")?, [Tag::new("t")?]);
    /// for value in [&b"old"[..], b"new"] {
    ///     let mut draft = root.draft(&key, root.mark()?)?;
    ///     draft.write(value)?;
    ///     let published = draft.stamp(Time::MAX)?.link(&tags)?.check()?.publish()?;
    ///     if let Some(old) = published.replaced() {
    ///         assert_eq!(old.remove_links(&tags)?, 1);
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StepError`] gives the draft back: it may be published again without writing it anew, unless
    /// [`DraftError::Raced`] says that it was overtaken.
    pub fn publish(mut self) -> Result<Published<S>, StepError<Self>> {
        match self.rename() {
            Ok(replaced) => {
                self.work.published = true;
                Ok(Published { replaced, work: self.work })
            }
            Err(error) => Err(StepError { error, draft: self }),
        }
    }

    fn rename(&self) -> Result<Option<Entry<S>>, DraftError> {
        let work = &self.work;
        let replaced = if self.is_taken()? {
            let old = work.root.entry(&work.key)?;
            self.move_into_place()?;
            if let Found::Entry(old) = &old {
                // Not before the rename: a reader would be served nothing. A failure leaves it without its name: nobody
                // opens it any more, and to whoever holds it open it has changed.
                let _ = old.poison();
            }
            old.into_entry()
        } else {
            None
        };
        Ok(replaced)
    }

    /// Publishes under a free name, or says that the name is taken.
    fn is_taken(&self) -> Result<bool, DraftError> {
        let work = &self.work;
        if work.root.capabilities().rename_noreplace {
            return match self.try_move(Replace::Never) {
                Ok(()) => Ok(false),
                Err(Errno::EXIST) => Ok(true),
                Err(errno) => Err(self.move_failed(errno)),
            };
        }
        let path = work.key.rel_path(work.root.layout());
        let path = path.as_c_str();
        match work.root.sys().stat_at(work.root.dir(), path) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => self.move_into_place().map(|()| false),
            Err(errno) => Err(work.root.failed("stat", path)(errno).into()),
        }
    }

    fn move_into_place(&self) -> Result<(), DraftError> {
        self.try_move(Replace::Any).map_err(|errno| self.move_failed(errno))
    }

    fn try_move(&self, replace: Replace) -> Result<(), Errno> {
        let work = &self.work;
        let (sys, dir, to) = (work.root.sys(), work.root.dir(), work.key.rel_path(work.root.layout()));
        let (from, name) = (work.path.as_c_str(), to.as_c_str());
        work.root.with_folders(&to, &work.folders, || sys.rename(dir, from, name, replace))
    }

    fn move_failed(&self, errno: Errno) -> DraftError {
        self.work.name_failed("publish", &self.work.key.rel_path(self.work.root.layout()), errno)
    }
}

/// A published entry.
pub struct Published<S: Sys> {
    pub(super) work: Box<Work<S>>,
    replaced: Option<Entry<S>>,
}

impl<S: Sys> Published<S> {
    /// The number of its names. Keep it with the bytes: a reader needs it to judge the entry.
    #[must_use]
    pub fn links(&self) -> u64 {
        self.work.link.links
    }

    /// Its inode number, as in the names of its tag links.
    #[must_use]
    pub fn ino(&self) -> u64 {
        self.work.link.ino
    }

    /// How many folders were made for its names.
    #[must_use]
    pub fn folders(&self) -> u64 {
        self.work.folders.load(Ordering::Relaxed)
    }

    /// The entry that had the name before, if there was one: poisoned, and its tag links still there.
    #[must_use]
    pub fn replaced(&self) -> Option<&Entry<S>> {
        self.replaced.as_ref()
    }

    /// Waits until the entry is on disk, bytes and names.
    ///
    /// # Errors
    /// When fsync(2) or syncfs(2) fails: it may be lost by a power cut then.
    pub fn sync(&self) -> Result<(), Error> {
        self.work.root.sync_entry(&self.work.file).map_err(
            self.work.root.failed("sync", self.work.key.rel_path(self.work.root.layout()).as_c_str()),
        )
    }
}
