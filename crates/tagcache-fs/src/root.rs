//! Opening a root: made when it is missing, recognised when it is there, refused when it cannot be trusted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::format::Durability;
use crate::layout::Layout;
use crate::log::CurrentLog;
use crate::probe::{Capabilities, Unfit};
use crate::sys::{Custody, Errno, Os, Sys};

/// A cache directory, open. A cheap clone; all clones are the same root.
///
/// Everything is done relative to the open directory, so a root that is renamed meanwhile goes on working.
pub struct Root<S: Sys = Os> {
    pub(crate) inner: Arc<Inner<S>>,
}

pub(crate) struct Inner<S: Sys> {
    pub(crate) sys: Arc<S>,
    pub(crate) dir: S::File,
    pub(crate) path: PathBuf,
    /// How it was opened, in case it must be opened again.
    pub(crate) options: Options,
    pub(crate) durability: Durability,
    pub(crate) layout: Layout,
    pub(crate) was_copied: bool,
    pub(crate) can: Capabilities,
    pub(crate) log: CurrentLog<S>,
}

impl<S: Sys> Clone for Root<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: Sys> fmt::Debug for Root<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// How a root is opened.
///
/// ```
/// use tagcache_fs::{Durability, OpenError, Options};
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("cache");
/// assert!(Options::new().existing_only(true).open(&path).is_err(), "there is none yet");
/// let root = Options::new().durability(Durability::Full).open(&path)?;
/// assert_eq!(root.durability(), Durability::Full);
///
/// let other = Options::new().durability(Durability::Volatile).open(&path);
/// assert!(matches!(other, Err(OpenError::DurabilityDiffers { fixed: Durability::Full, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) durability: Option<Durability>,
    pub(crate) layout: Option<Layout>,
    pub(crate) allow_remote: bool,
    pub(crate) existing_only: bool,
}

impl Options {
    /// A root is made if there is none, with [`Durability::Invalidations`] and [`Layout::Spread`]; a remote filesystem is refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the root with this durability; an existing root must have it.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }

    /// Makes the root with this layout; an existing root must have it.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = Some(layout);
        self
    }

    /// Opens the root although it lies on a network or user-space filesystem. It was never tested there: what one
    /// process removed, another may serve for as long as the filesystem keeps attributes in its cache.
    #[must_use]
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// Makes nothing: a missing root is an error.
    #[must_use]
    pub fn existing_only(mut self, existing_only: bool) -> Self {
        self.existing_only = existing_only;
        self
    }

    /// Opens the root on the machine's own filesystem. A relative path is taken from the working directory of this moment,
    /// also when the root must be opened anew later.
    ///
    /// # Errors
    /// See [`Options::open_on`].
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Root, OpenError> {
        let path = path.as_ref();
        // Where there is no working directory, the system says so.
        self.open_on(Os, std::path::absolute(path).unwrap_or_else(|_| path.into()))
    }

    /// Opens the root through any [`Sys`].
    ///
    /// # Errors
    /// [`OpenError::NotACache`] when the directory holds something else, [`OpenError::Layout`] when a later version
    /// made it, [`OpenError::NotOurs`] when another user owns it or may write in it, [`OpenError::Umask`] when what was made
    /// lacks its owner's permissions, [`OpenError::Unfit`] when the filesystem
    /// does not keep a promise that the cache needs, [`OpenError::DurabilityDiffers`] or [`OpenError::LayoutDiffers`] when
    /// another one was fixed, [`OpenError::Io`] when a call failed.
    pub fn open_on<S: Sys>(&self, sys: S, path: impl AsRef<Path>) -> Result<Root<S>, OpenError> {
        crate::open::open(self, sys, path.as_ref())
    }
}

/// Why a root could not be opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory exists and is not a cache; nothing in it was touched.
    NotACache {
        /// The directory.
        path: PathBuf,
        /// What was found there or missed.
        found: String,
    },
    /// A version of this software that came later made the root.
    Layout {
        /// The directory.
        path: PathBuf,
        /// Its layout, as it stands there.
        version: String,
    },
    /// Another user owns the directory, or may write in it. Whoever may do that decides what the cache says.
    NotOurs {
        /// The directory, or the folder in it that was there before the cache was made.
        path: PathBuf,
        /// Whose it is.
        custody: Custody,
    },
    /// The umask of the program takes the owner's own permissions from what it makes.
    Umask {
        /// What was made without them.
        path: PathBuf,
    },
    /// The filesystem cannot hold a cache.
    Unfit {
        /// The directory.
        path: PathBuf,
        /// The promise it does not keep.
        why: Unfit,
    },
    /// The root was made with another durability, and every process must agree on it.
    DurabilityDiffers {
        /// The directory.
        path: PathBuf,
        /// What was asked for.
        asked: Durability,
        /// What the root has.
        fixed: Durability,
    },
    /// The root was made with another layout than was asked for.
    LayoutDiffers {
        /// The directory.
        path: PathBuf,
        /// What was asked for.
        asked: Layout,
        /// What the root has.
        fixed: Layout,
    },
    /// A system call failed.
    Io(Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACache { path, found } => {
                write!(f, "{} is not a cache ({found}); choose an empty or a new directory", path.display())
            }
            Self::Layout { path, version } => write!(
                f,
                "{} has layout {version}, and this version knows only the layouts {} and {}; update the program, or \
                 choose another directory",
                path.display(),
                Layout::Spread.in_format(),
                Layout::Compact.in_format()
            ),
            Self::NotOurs { path, custody } => not_ours(path, *custody, f),
            Self::Umask { path } => write!(
                f,
                "{} was made without the permissions of its owner, since the umask of this program takes them away; use one \
                 like 077",
                path.display()
            ),
            Self::Unfit { path, why } => {
                write!(f, "the filesystem of {} cannot hold a cache: {why}", path.display())
            }
            Self::DurabilityDiffers { path, asked, fixed } => write!(
                f,
                "{} was made with durability {fixed}, and {asked} was asked for; it is fixed when the cache is \
                 made: remove the directory to change it",
                path.display()
            ),
            Self::LayoutDiffers { path, asked, fixed } => write!(
                f,
                "{} was made with layout {fixed}, and {asked} was asked for; it is fixed when the cache is made: \
                 ask for none to use it as it is, or remove the directory to change it",
                path.display()
            ),
            Self::Io(error) => error.fmt(f),
        }
    }
}

fn not_ours(path: &Path, custody: Custody, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let path = path.display();
    match custody {
        Custody::Foreign { owner, user } => write!(
            f,
            "{path} belongs to user {owner}, and this program runs as user {user}; a cache is for one user: run as its \
             owner, or use a directory of your own"
        ),
        Custody::Shared { mode } => write!(
            f,
            "others may write in {path} (mode {mode:o}), and could put anything in it; take that right away \
             (chmod go-w), and remove the directory first if they may have used it"
        ),
        Custody::Own => write!(f, "{path} is our own"),
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its text is the whole text of this one.
            Self::Io(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Io(error)
    }
}

impl Root {
    /// Opens the cache directory at `path`, made if it is missing, with the default [`Options`].
    ///
    /// # Errors
    /// See [`Options::open_on`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Options::new().open(path)
    }
}

impl<S: Sys> Root<S> {
    /// The path that it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What survives a power cut here.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.inner.durability
    }

    /// How its `data/` is divided into folders.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.inner.layout
    }

    /// Whether it was found to be a copy of another root when it was opened, and began empty: a copy knows nothing of later
    /// invalidations. Only the opener who emptied it is told.
    #[must_use]
    pub fn was_copied(&self) -> bool {
        self.inner.was_copied
    }

    /// What the filesystem under it can do.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        &self.inner.can
    }

    /// The system that it runs on: its clock, above all.
    #[must_use]
    pub fn sys(&self) -> &S {
        &self.inner.sys
    }

    /// The same to keep: the root that is [opened anew](Self::open_anew) in the place of this one is on it, too, and
    /// whoever keeps it keeps no directory open.
    #[must_use]
    pub fn shared_sys(&self) -> Arc<S> {
        Arc::clone(&self.inner.sys)
    }

    pub(crate) fn dir(&self) -> &S::File {
        &self.inner.dir
    }

    /// An [`Error`] about a path inside the root.
    pub(crate) fn error(&self, doing: &'static str, path: impl fmt::Display, errno: Errno) -> Error {
        Error::new(doing, self.inner.path.join(path.to_string()), errno)
    }

    /// The same for a path that the kernel saw.
    pub(crate) fn failed(&self, doing: &'static str, path: &std::ffi::CStr) -> impl Fn(Errno) -> Error {
        move |errno| self.error(doing, path.to_string_lossy(), errno)
    }
}
