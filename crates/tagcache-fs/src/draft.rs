//! From nothing to a published entry, one step after the other.
//!
//! ```text
//! mark ──draft──▶ Draft ──stamp──▶ Stamped ──link──▶ Linked ──check──▶ Checked ──publish──▶ Published
//! ```
//!
//! Each step takes the one before, so that no other order compiles. What is dropped before it is published takes its
//! names back with it.

mod publish;
mod work;

use std::fmt;
use std::sync::atomic::AtomicU64;

use crate::error::Error;
use crate::log::{Mark, Raced};
use crate::meta;
use crate::name::{Key, LinkName, RelPath, Tag};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Sys};
use crate::time::Time;

pub use publish::{Checked, Published};
use work::Work;
pub use work::{DraftError, StepError};

/// How often a draft is made again because a sweep took it before it was locked.
const TRIES: usize = 16;

impl<S: Sys> Root<S> {
    /// Makes an empty draft of an entry whose value was computed after `mark` was taken.
    ///
    /// # Errors
    /// When the file cannot be made: no space, no descriptors, a read-only filesystem.
    pub fn draft(&self, key: &Key, mark: Mark<S>) -> Result<Draft<S>, Error> {
        let sys = self.sys();
        let mut last = Errno::AGAIN;
        for _ in 0..TRIES {
            let path = scratch::draft(key, sys.random());
            let file = match sys.open(self.dir(), path.as_c_str(), OpenMode::Create) {
                Err(errno @ Errno::EXIST) => {
                    last = errno;
                    continue;
                }
                other => other.map_err(self.failed("create", path.as_c_str()))?,
            };
            match self.claim(&file, &path) {
                Ok(Some(ino)) => {
                    let link = LinkName { links: 1, ino };
                    let (root, key, tags) = (self.clone(), key.clone(), Vec::new());
                    let (linked, folders) = (0, AtomicU64::new(0));
                    let work =
                        Work { root, key, mark, path, file, tags, linked, link, published: false, folders };
                    return Ok(Draft { work: Box::new(work) });
                }
                Ok(None) => last = Errno::AGAIN,
                Err(error) => {
                    let _ = sys.unlink(self.dir(), path.as_c_str());
                    return Err(error);
                }
            }
        }
        Err(self.failed("create", c"tmp")(last))
    }

    /// Locks a file that was just made and gives its inode number; `None` when it was taken in the instant before. Until
    /// it is locked it is an orphan to a sweep, which holds it still, or has removed it. An invalidation of the key may
    /// have removed it as well: of that the log will tell.
    fn claim(&self, file: &S::File, path: &RelPath) -> Result<Option<u64>, Error> {
        let sys = self.sys();
        let failed = |doing| move |errno| self.failed(doing, path.as_c_str())(errno);
        match sys.try_lock(file) {
            Err(Errno::AGAIN) => return Ok(None),
            other => other.map_err(failed("lock"))?,
        }
        let stat = sys.stat(file).map_err(failed("stat"))?;
        if stat.nlink == 0 {
            return Ok(None);
        }
        if stat.mode & 0o777 != 0o600 {
            // An umask that takes bits from the owner would make every entry look softly expired.
            sys.set_mode(file, 0o600).map_err(failed("set the mode of"))?;
        }
        Ok(Some(stat.ino))
    }
}

/// A draft that is being written.
///
/// The only way from here to an entry is `stamp`, `link`, `check`, `publish`, in this order:
///
/// ```
/// # use tagcache_fs::{Key, Root, Tag, Time};
/// # let dir = tempfile::tempdir()?;
/// # let root = Root::open(dir.path())?;
/// let mut draft = root.draft(&Key::new("k")?, root.mark()?)?;
/// draft.write(b"value")?;
/// let published = draft.stamp(Time::MAX)?.link(&[Tag::new("t")?])?.check()?.publish()?;
/// assert_eq!(published.links(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// No step can be left out. The time comes before the links, so that no poison is erased:
///
/// ```compile_fail,E0599
/// # use tagcache_fs::{Draft, Os, Tag};
/// fn link_before_the_time(draft: Draft<Os>, tags: &[Tag]) {
///     let _ = draft.link(tags);
/// }
/// ```
///
/// The links come before the check, so that no invalidation is missed:
///
/// ```compile_fail,E0599
/// # use tagcache_fs::{Os, Stamped};
/// fn check_before_the_links(draft: Stamped<Os>) {
///     let _ = draft.check();
/// }
/// ```
///
/// The check comes before the name:
///
/// ```compile_fail,E0599
/// # use tagcache_fs::{Linked, Os};
/// fn publish_before_the_check(draft: Linked<Os>) {
///     let _ = draft.publish();
/// }
/// ```
///
/// And nothing is written once the time is set, since a write would set another:
///
/// ```compile_fail,E0599
/// # use tagcache_fs::{Os, Stamped};
/// fn write_after_the_time(mut draft: Stamped<Os>) {
///     let _ = draft.write(b"more");
/// }
/// ```
#[must_use = "a draft that is dropped is removed"]
pub struct Draft<S: Sys> {
    work: Box<Work<S>>,
}

impl<S: Sys> Draft<S> {
    /// Asks for space for this many bytes in all, so that a full disk is met before the bytes are written, and so that
    /// ext4 does not force them out when the draft replaces an entry.
    ///
    /// # Errors
    /// When there is no space.
    pub fn reserve(&mut self, len: u64) -> Result<(), Error> {
        if len == 0 {
            return Ok(());
        }
        self.work.root.sys().allocate(&self.work.file, len).map_err(self.work.failed("reserve space for"))
    }

    /// Writes bytes behind those already written.
    ///
    /// # Errors
    /// When write(2) fails.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.write_from(&mut bytes)
    }

    /// The same, and leaves in `bytes` what is still to be written: nothing, or after an error the rest, with which it may be
    /// called again.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let mut draft = root.draft(&Key::new("k")?, root.mark()?)?;
    /// let mut rest = &b"value"[..];
    /// if draft.write_from(&mut rest).is_err() {
    ///     // Here room would be made.
    ///     draft.write_from(&mut rest)?;
    /// }
    /// assert!(rest.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When write(2) fails. What was written before that stays.
    pub fn write_from(&mut self, bytes: &mut &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let written =
                self.work.root.sys().write(&self.work.file, bytes).map_err(self.work.failed("write"))?;
            if written == 0 {
                return Err(self.work.failed("write")(Errno::NOSPC));
            }
            *bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Writes bytes over those that stand from `offset` on: what is known only at the end of a long value.
    ///
    /// # Errors
    /// When pwrite(2) fails.
    pub fn write_at(&mut self, mut offset: u64, mut bytes: &[u8]) -> Result<(), Error> {
        let work = &self.work;
        while !bytes.is_empty() {
            let written =
                work.root.sys().write_at(&work.file, offset, bytes).map_err(work.failed("write"))?;
            if written == 0 {
                return Err(work.failed("write")(Errno::NOSPC));
            }
            offset += written as u64;
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    /// Sets the expiry. From here on nobody but an invalidation touches the time, so no poison is ever erased.
    ///
    /// # Errors
    /// When the time cannot be set.
    pub fn stamp(self, expiry: Time) -> Result<Stamped<S>, Error> {
        let work = self.work;
        let mtime = meta::mtime_of(expiry, work.root.capabilities());
        work.root.sys().set_mtime(&work.file, mtime).map_err(work.failed("set the time of"))?;
        Ok(Stamped { work })
    }
}

/// A draft that has its bytes and its time.
#[must_use = "a draft that is dropped is removed"]
pub struct Stamped<S: Sys> {
    work: Box<Work<S>>,
}

impl<S: Sys> Stamped<S> {
    /// Links it under each tag; a tag that is given twice counts once.
    ///
    /// # Errors
    /// [`StepError`] gives the draft back, without links: it may be linked again. In it [`DraftError::Raced`] when an
    /// invalidation of the key took the draft; [`DraftError::Io`] when a link or a folder cannot be made, with
    /// [`Errno::MLINK`] when the filesystem allows no more links to one file.
    pub fn link(mut self, tags: &[Tag]) -> Result<Linked<S>, StepError<Self>> {
        match self.work.link_all(tags) {
            Ok(()) => Ok(Linked { work: self.work }),
            Err(error) => {
                self.work.unlink_all();
                Err(StepError { error, draft: self })
            }
        }
    }
}

/// A draft whose tag links every invalidation can see.
#[must_use = "a draft that is dropped is removed"]
pub struct Linked<S: Sys> {
    work: Box<Work<S>>,
}

impl<S: Sys> Linked<S> {
    /// Reads what the log gained since the mark. Asked after the links are visible: an invalidation that this does not
    /// see yet will see the links.
    ///
    /// # Errors
    /// [`DraftError::Raced`] when an invalidation of the key, of a tag or of everything is in it; [`DraftError::Io`]
    /// when the log cannot be read.
    pub fn check(self) -> Result<Checked<S>, DraftError> {
        let work = self.work;
        match work.root.check(&work.mark, &work.key, &work.tags)? {
            Ok(()) => Ok(Checked { work }),
            Err(Raced) => Err(DraftError::Raced),
        }
    }
}

macro_rules! debug_by_path {
    ($($step:ident)*) => {$(
        impl<S: Sys> fmt::Debug for $step<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($step)).field(&self.work.path).finish()
            }
        }
    )*};
}
debug_by_path!(Draft Stamped Linked Checked Published);
