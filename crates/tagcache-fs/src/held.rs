//! An entry that is served from its open file, again and again, without opening its key.

use std::fmt;
use std::sync::Arc;

use crate::meta::Meta;
use crate::sys::{Errno, Sys};
use crate::time::Time;

/// An open entry that was seen at rest under its key, and may be served as long as it
/// [is unchanged](Self::is_unchanged). Made by [`Entry::hold`](crate::Entry::hold).
///
/// A count that is right does not prove that an open file still has *its* names. Two writers of one key in the same
/// instant, or a removal beside a put, can take the key's name from an entry that neither of them looked at, so that it
/// is detached and not poisoned; a hard link that a backup adds then makes its count right again. Who opens the key is
/// never given it, but who has it open could serve it for ever. The change time tells: the kernel moves it whenever a
/// name comes or goes, and nobody can set it back.
///
/// So what is held is served while its inode says exactly what it said when it was opened by its key. Anything else is
/// asked of the key, whose path always tells the truth. A use that [`Entry::touch`](crate::Entry::touch) records is a
/// change like any other.
///
/// ```
/// # use tagcache_fs::{Key, Root, Time, sys::Env};
/// # let dir = tempfile::tempdir()?;
/// # let root = Root::open(dir.path())?;
/// # let key = Key::new("k")?;
/// # let draft = root.draft(&key, root.mark()?)?;
/// let links = draft.stamp(Time::MAX)?.link(&[])?.check()?.publish()?.links();
/// let held = loop {
///     let entry = root.entry(&key)?.into_entry().ok_or("absent")?;
///     match entry.hold(root.sys().now()) {
///         Some(held) => break held,
///         None => std::thread::yield_now(), // it is not a tenth of a second old
///     }
/// };
/// assert!(held.is_unchanged() && held.meta().is_fresh(links, root.sys().now()));
/// root.expire_key(&key)?;
/// assert!(!held.is_unchanged(), "open the key again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is promised, and to whom
///
/// While it is unchanged, it is the entry that its key leads to, with all its names. Two things are not seen: a clock
/// that is set back, and stamps a later change with the very tick that was seen (a nanosecond's chance, where times are
/// kept in nanoseconds); and a machine that does not run its clock interrupt for a tenth of a second. In both
/// cases a writer that did not look *and* a foreign link must meet in that instant to do harm.
///
/// Network filesystems stamp with another machine's clock, and answer from memory of their own: nothing may be held there.
pub struct Held<S: Sys> {
    /// Not the root: a value that is kept for long must not keep the directory of its root open.
    sys: Arc<S>,
    file: S::File,
    meta: Meta,
}

impl<S: Sys> Held<S> {
    pub(crate) fn new(sys: Arc<S>, file: S::File, meta: Meta) -> Self {
        Self { sys, file, meta }
    }

    /// What its inode said when it was opened, and says as long as it is unchanged.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Asks its inode whether nothing happened to it: one `fstat`. One that cannot be asked counts as changed; the key
    /// will tell what is wrong.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        let stat = self.sys.stat(&self.file);
        stat.is_ok_and(|stat| Meta::from(stat).is_unchanged_since(&self.meta))
    }
}

impl<S: Sys> Held<S> {
    /// Records a use, as [`Entry::touch`](crate::Entry::touch) does. It is a change like any other: the key is opened
    /// again the next time.
    ///
    /// # Errors
    /// What futimens(2) answers: a read-only filesystem, another owner. Bare, since what is held has no path any more.
    pub fn touch(&self, now: Time) -> Result<(), Errno> {
        self.sys.set_atime(&self.file, now)
    }
}

impl<S: Sys> fmt::Debug for Held<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("meta", &self.meta).finish_non_exhaustive()
    }
}
