//! Entries: opening, reading, and what can be done to one through its open file.

use std::ffi::CStr;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::held::Held;
use crate::meta::{self, Meta, POISON};
use crate::name::{Key, LinkName, RelPath, Tag};
use crate::root::Root;
use crate::sys::{Errno, FileKind, OpenMode, Sys};
use crate::time::Time;

/// What lies at the place of a key.
// On the stack on purpose: a hit allocates for its bytes only.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Found<S: Sys> {
    /// A file, open. Whether it may be served is for its [`Meta`] and its bytes to say.
    Entry(Entry<S>),
    /// Nothing.
    Absent,
    /// Something that is no file of ours: a link, a FIFO, a device, a directory. It was neither followed nor read.
    NotAFile,
}

impl<S: Sys> Found<S> {
    /// The entry, if there is one.
    #[must_use]
    pub fn into_entry(self) -> Option<Entry<S>> {
        match self {
            Self::Entry(entry) => Some(entry),
            Self::Absent | Self::NotAFile => None,
        }
    }
}

/// An open entry: its bytes never change, and its inode tells what became of it.
pub struct Entry<S: Sys> {
    root: Root<S>,
    file: S::File,
    path: RelPath,
    meta: Meta,
    mode: u32,
    poisoned: AtomicBool,
    /// Before it was opened.
    looked: Time,
}

impl<S: Sys> fmt::Debug for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("path", &self.path).field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl<S: Sys> Root<S> {
    /// Opens what lies at the place of a key. Two calls to the kernel, or one for a miss.
    ///
    /// # Errors
    /// When the environment keeps the file from being opened: permission, descriptors, the device. What lies planted
    /// there is [`Found::NotAFile`].
    pub fn entry(&self, key: &Key) -> Result<Found<S>, Error> {
        self.entry_at(&key.rel_path(self.layout()))
    }

    pub(crate) fn entry_at(&self, path: &RelPath) -> Result<Found<S>, Error> {
        let name = path.as_c_str();
        // A name that is lost between the open and the stat moves the change time beyond this: see `Entry::hold`.
        let looked = self.sys().now();
        let file = match self.sys().open(self.dir(), name, OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(Found::Absent),
            Err(errno) if errno.is_foreign_object() => return Ok(Found::NotAFile),
            other => other.map_err(self.failed("open", name))?,
        };
        let stat = self.sys().stat(&file).map_err(self.failed("stat", name))?;
        if stat.kind != FileKind::File {
            return Ok(Found::NotAFile);
        }
        let meta = Meta::from(stat);
        let poisoned = AtomicBool::new(meta.mtime == POISON);
        let (root, mode) = (self.clone(), stat.mode);
        Ok(Found::Entry(Entry { root, file, path: *path, meta, mode, poisoned, looked }))
    }
}

impl<S: Sys> Entry<S> {
    /// What its inode said when it was opened, or at the last [`refresh`](Self::refresh).
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(crate) fn root(&self) -> &Root<S> {
        &self.root
    }

    /// Its place, relative to the root.
    #[must_use]
    pub fn path(&self) -> &CStr {
        self.path.as_c_str()
    }

    /// Appends at most `limit` more of its bytes to `into`; less only at the end of the file. One call to the kernel
    /// for what fits in one.
    ///
    /// # Errors
    /// When read(2) fails, or there is no memory for the bytes.
    pub fn read(&self, into: &mut Vec<u8>, limit: u64) -> Result<(), Error> {
        let limit = usize::try_from(limit).map_err(|_| self.failed("read")(Errno::NOMEM))?;
        let start = into.len();
        while into.len() - start < limit {
            let missing = limit - (into.len() - start);
            if self.root.sys().read(&self.file, into, missing).map_err(self.failed("read"))? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Appends at most `limit` of its bytes from `offset` on to `into`; less only at the end of the file. Where
    /// [`read`](Self::read) goes on is not changed.
    ///
    /// # Errors
    /// When pread(2) fails, or there is no memory for the bytes.
    pub fn read_at(&self, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<(), Error> {
        let start = into.len();
        while into.len() - start < limit {
            let (done, sys) = (into.len() - start, self.root.sys());
            let read = sys.read_at(&self.file, offset + done as u64, into, limit - done);
            if read.map_err(self.failed("read"))? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Asks its inode again: one `fstat`. What it says of the names is not proof that the entry still has *its* names; who
    /// serves an entry from an open file uses [`hold`](Self::hold).
    ///
    /// # Errors
    /// When fstat(2) fails.
    pub fn refresh(&mut self) -> Result<&Meta, Error> {
        let stat = self.root.sys().stat(&self.file).map_err(self.failed("stat"))?;
        (self.meta, self.mode) = (Meta::from(stat), stat.mode);
        Ok(&self.meta)
    }

    /// Keeps it open, to be served later without opening the key again. Costs no call. `None` when it is too young: a
    /// change in this very instant might not show; ask again when the key is opened next.
    ///
    /// `now` is read after it was opened; a clock that was set back in between makes the look worthless.
    ///
    /// See [`Held`] for what is promised.
    #[must_use = "what is held is served without opening the key again"]
    pub fn hold(self, now: Time) -> Option<Held<S>> {
        let trusted = self.looked <= now && self.meta.is_settled(self.looked, self.root.capabilities());
        trusted.then(|| Held::new(self.root.shared_sys(), self.file, self.meta))
    }

    /// Whether this file is still the one at its path: an entry that was replaced is superseded, not invalid.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// # let key = Key::new("k")?;
    /// # let put = || -> Result<u64, Box<dyn std::error::Error>> {
    /// #     let draft = root.draft(&key, root.mark()?)?;
    /// #     Ok(draft.stamp(Time::MAX)?.link(&[])?.check()?.publish()?.links())
    /// # };
    /// let links = put()?;
    /// let mut entry = root.entry(&key)?.into_entry().ok_or("absent")?;
    /// put()?;
    /// assert!(!entry.refresh()?.is_fresh(links, Time::EPOCH));
    /// assert!(!entry.is_at_its_path()?, "superseded: open again");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When fstatat(2) fails for another reason than a missing name.
    pub fn is_at_its_path(&self) -> Result<bool, Error> {
        self.is_named(&self.path)
    }

    /// Whether this file is the one at the place of a key: for an entry that was opened by a tag link.
    ///
    /// # Errors
    /// As for [`is_at_its_path`](Self::is_at_its_path).
    pub fn is_at(&self, key: &Key) -> Result<bool, Error> {
        self.is_named(&key.rel_path(self.root.layout()))
    }

    fn is_named(&self, path: &RelPath) -> Result<bool, Error> {
        match self.root.sys().stat_at(self.root.dir(), path.as_c_str()) {
            Ok(stat) => Ok((stat.dev, stat.ino) == self.meta.id),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.root.failed("stat", path.as_c_str())(errno)),
        }
    }

    /// Records a use, for eviction by age of use. The expiry is untouched.
    ///
    /// # Errors
    /// When futimens(2) fails: a read-only filesystem, another owner.
    pub fn touch(&self, now: Time) -> Result<(), Error> {
        self.root.sys().set_atime(&self.file, now).map_err(self.failed("touch"))
    }

    /// Marks it as never to be served again. Names are removed only after this.
    ///
    /// # Errors
    /// When futimens(2) fails: it may still be served then.
    pub(crate) fn poison(&self) -> Result<(), Error> {
        self.root.sys().set_mtime(&self.file, POISON).map_err(self.failed("poison"))?;
        self.poisoned.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Marks it as true but to be refreshed.
    pub(crate) fn expire_softly(&self) -> Result<(), Error> {
        let mode = meta::softly_expired_mode(self.mode);
        self.root.sys().set_mode(&self.file, mode).map_err(self.failed("expire"))
    }

    /// Poisons it and removes its name in `data/`, if that still stands for it. A put that takes the name in this very
    /// instant may lose its entry with it, never its truth.
    ///
    /// # Errors
    /// When a call fails; [`Error::doing`] tells whether it was poisoned already.
    pub fn remove(&self) -> Result<(), Error> {
        self.poison()?;
        if !self.is_at_its_path()? {
            return Ok(());
        }
        match self.root.sys().unlink(self.root.dir(), self.path.as_c_str()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.failed("remove")(errno)),
        }
    }

    /// Removes the tag links of an entry that was replaced or removed; one that is not poisoned yet is poisoned first.
    /// Its inode stays open here, so a link of that number is its own. Each tag is given once, as it was published.
    /// Returns how many links there were.
    ///
    /// # Errors
    /// When it is not poisoned and cannot be: then all links stay. Else the first failure; the other links are removed
    /// all the same. What stays is removed by the next sweep.
    pub fn remove_links(&self, tags: &[Tag]) -> Result<u64, Error> {
        if !self.poisoned.load(Ordering::Relaxed) {
            self.poison()?;
        }
        let link = LinkName { links: meta::links_of(tags.len() as u64), ino: self.meta.id.1 };
        let mut removed = 0;
        let mut first = Ok(());
        for tag in tags {
            let path = tag.link_path(link, self.root.layout());
            match self.root.sys().unlink(self.root.dir(), path.as_c_str()) {
                Ok(()) => removed += 1,
                Err(Errno::NOENT) => {}
                Err(errno) => first = first.and(Err(self.root.failed("unlink", path.as_c_str())(errno))),
            }
        }
        first.map(|()| removed)
    }

    fn failed(&self, doing: &'static str) -> impl Fn(Errno) -> Error + '_ {
        // The path is looked at only when there is an error to tell.
        move |errno| self.root.failed(doing, self.path.as_c_str())(errno)
    }
}
