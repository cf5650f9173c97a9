//! From nothing to a published entry, one step after the other.
//!
//! ```text
//! mark ──draft──▶ Draft ──stamp──▶ Stamped ──link──▶ Linked ──check──▶ Checked ──publish──▶ Published
//! ```
//!
//! Each step takes the one before, so that no other order compiles. What is dropped before it is published takes its
//! names back with it.

use std::fmt;

use crate::entry::{Entry, Found};
use crate::error::Error;
use crate::log::{Mark, Raced};
use crate::meta::{self, POISON};
use crate::name::{Key, LinkName, RelPath, Tag};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Replace, Sys};
use crate::time::Time;

/// How often a draft is made again because a sweep took it before it was locked.
const TRIES: usize = 16;

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
struct Work<S: Sys> {
    root: Root<S>,
    key: Key,
    mark: Mark<S>,
    path: RelPath,
    /// Holds the lock that says: this draft is alive.
    file: S::File,
    tags: Vec<Tag>,
    link: LinkName,
    published: bool,
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
        for tag in &self.tags {
            let _ = sys.unlink(dir, tag.link_path(self.link).as_c_str());
        }
    }
}

impl<S: Sys> Work<S> {
    fn failed(&self, doing: &'static str) -> impl Fn(Errno) -> Error + '_ {
        self.root.failed(doing, self.path.as_c_str())
    }

    /// Whether the draft lost its name in `tmp/`: an invalidation of its key took it.
    fn is_gone(&self) -> Result<bool, Error> {
        match self.root.sys().stat_at(self.root.dir(), self.path.as_c_str()) {
            Ok(_) => Ok(false),
            Err(Errno::NOENT) => Ok(true),
            Err(errno) => Err(self.failed("stat")(errno)),
        }
    }

    /// Tells a missing folder from a missing draft, after a call that names both was answered.
    fn name_failed(&self, doing: &'static str, path: &RelPath, errno: Errno) -> DraftError {
        if errno == Errno::NOENT && self.is_gone().unwrap_or(false) {
            return DraftError::Raced;
        }
        self.root.failed(doing, path.as_c_str())(errno).into()
    }
}

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
                    let work = Work { root, key, mark, path, file, tags, link, published: false };
                    return Ok(Draft { work });
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
        let (sys, failed) = (self.sys(), |doing| self.failed(doing, path.as_c_str()));
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
    work: Work<S>,
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
        while !bytes.is_empty() {
            let written =
                self.work.root.sys().write(&self.work.file, bytes).map_err(self.work.failed("write"))?;
            if written == 0 {
                return Err(self.work.failed("write")(Errno::NOSPC));
            }
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
    work: Work<S>,
}

impl<S: Sys> Stamped<S> {
    /// Links it under each tag; a tag that is given twice counts once.
    ///
    /// # Errors
    /// [`DraftError::Raced`] when an invalidation of the key took the draft; [`DraftError::Io`] when a link or a folder
    /// cannot be made, with [`Errno::MLINK`] when the filesystem allows no more links to one file.
    pub fn link(self, tags: &[Tag]) -> Result<Linked<S>, DraftError> {
        let mut work = self.work;
        let mut distinct: Vec<Tag> = Vec::with_capacity(tags.len());
        for tag in tags {
            if !distinct.contains(tag) {
                distinct.push(tag.clone());
            }
        }
        work.link.links = meta::links_of(distinct.len() as u64);
        for tag in distinct {
            let path = tag.link_path(work.link);
            // Counted as made before it is: what is taken back need not be there.
            work.tags.push(tag);
            let (sys, dir) = (work.root.sys(), work.root.dir());
            let linked =
                work.root.with_folders(&path, || sys.link(dir, work.path.as_c_str(), path.as_c_str()));
            match linked {
                Ok(()) => {}
                Err(Errno::EXIST) => {
                    if let Err(error) = own_link(&work, &path) {
                        work.tags.pop();
                        return Err(error);
                    }
                }
                Err(errno) => return Err(work.name_failed("link", &path, errno)),
            }
        }
        Ok(Linked { work })
    }
}

/// A link that is there already is fine when it is ours (a network filesystem may make a link, lose the answer and
/// try again); anything else by that name is not ours to remove.
fn own_link<S: Sys>(work: &Work<S>, path: &RelPath) -> Result<(), DraftError> {
    match work.root.sys().stat_at(work.root.dir(), path.as_c_str()) {
        Ok(stat) if stat.ino == work.link.ino => Ok(()),
        Ok(_) => Err(work.root.failed("link", path.as_c_str())(Errno::EXIST).into()),
        Err(errno) => Err(work.root.failed("stat", path.as_c_str())(errno).into()),
    }
}

/// A draft whose tag links every invalidation can see.
#[must_use = "a draft that is dropped is removed"]
pub struct Linked<S: Sys> {
    work: Work<S>,
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

/// A draft that no invalidation has overtaken.
#[must_use = "a draft that is dropped is removed"]
pub struct Checked<S: Sys> {
    work: Work<S>,
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
    /// [`PublishError`] gives the draft back: it may be published again without writing it anew, unless
    /// [`DraftError::Raced`] says that it was overtaken.
    #[allow(clippy::result_large_err)] // the error gives the work back, and is not passed far
    pub fn publish(mut self) -> Result<Published<S>, PublishError<S>> {
        match self.rename() {
            Ok(replaced) => {
                self.work.published = true;
                Ok(Published { replaced, work: self.work })
            }
            Err(error) => Err(PublishError { error, draft: self }),
        }
    }

    fn rename(&self) -> Result<Option<Entry<S>>, DraftError> {
        let work = &self.work;
        let replaced = if self.is_taken()? {
            let old = work.root.entry_at(work.key.rel_path())?;
            if let Found::Entry(old) = &old {
                // Losing its name ends its count, but a foreign hard link makes the count right again, and whoever has it
                // open would take it for fresh until the poison comes, or for ever if we die before. So it stops
                // being fresh first, and is what readers are served as stale until the rename.
                old.expire_softly()?;
            }
            self.move_into_place(Replace::Any)?;
            if let Found::Entry(old) = &old {
                // Not before the rename: a reader would be served nothing. A failure leaves it without its name, and not
                // fresh.
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
            return match self.move_into_place(Replace::Never) {
                Ok(()) => Ok(false),
                Err(DraftError::Io(error)) if error.errno() == Errno::EXIST => Ok(true),
                Err(error) => Err(error),
            };
        }
        let path = work.key.path();
        match work.root.sys().stat_at(work.root.dir(), path) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => self.move_into_place(Replace::Any).map(|()| false),
            Err(errno) => Err(work.root.failed("stat", path)(errno).into()),
        }
    }

    fn move_into_place(&self, replace: Replace) -> Result<(), DraftError> {
        let work = &self.work;
        let (sys, dir, to) = (work.root.sys(), work.root.dir(), work.key.rel_path());
        work.root
            .with_folders(to, || sys.rename(dir, work.path.as_c_str(), to.as_c_str(), replace))
            .map_err(|errno| work.name_failed("publish", to, errno))
    }
}

/// A published entry.
pub struct Published<S: Sys> {
    work: Work<S>,
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
        self.work
            .root
            .sync_entry(&self.work.file)
            .map_err(self.work.root.failed("sync", self.work.key.path()))
    }
}

/// A draft that could not be published, and why.
pub struct PublishError<S: Sys> {
    /// Why.
    pub error: DraftError,
    /// The draft, unharmed.
    pub draft: Checked<S>,
}

impl<S: Sys> fmt::Display for PublishError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<S: Sys> std::error::Error for PublishError<S> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<S: Sys> From<PublishError<S>> for DraftError {
    fn from(failed: PublishError<S>) -> Self {
        failed.error
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

impl<S: Sys> fmt::Debug for PublishError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishError").field("error", &self.error).field("draft", &self.draft).finish()
    }
}
