//! Each capability by itself: the probe of an opener stops at the first promise that is not kept, and whoever looks for a
//! place for a cache wants to know all of them.

use std::path::Path;

use super::{Failure, Outcome, Scratch, Unfit};
use super::{links, locks, modes, one_filesystem, rename, sentinel, times};
use crate::error::Error;
use crate::name::{DATA, FORMAT, LOCKS, RelPath, TMP};
use crate::sys::{Errno, FsKind, OpenMode, Sys};
use crate::time::Time;
use crate::wipe::wipe;

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried<T = ()> {
    /// The filesystem can do it; what was found.
    Can(T),
    /// It cannot.
    Cannot(Unfit),
    /// The trial could not be made.
    Unknown(Errno),
}

impl<T> From<Outcome<T>> for Tried<T> {
    fn from(outcome: Outcome<T>) -> Self {
        match outcome {
            Ok(found) => Self::Can(found),
            Err(Failure::Unfit(why)) => Self::Cannot(why),
            Err(Failure::Errno(errno)) => Self::Unknown(errno),
        }
    }
}

/// What the filesystem under a directory can do, each capability tried by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Survey {
    /// What it promises about order and about being seen by others.
    pub kind: Tried<FsKind>,
    /// Hard links, between all of our folders.
    pub hard_links: Tried,
    /// A count of them that is true.
    pub counted_links: Tried,
    /// Modification times: the last that it holds, and of how many nanoseconds they are multiples.
    pub times: Tried<(Time, u64)>,
    /// Permission bits.
    pub modes: Tried,
    /// Locks that exclude.
    pub locks: Tried,
    /// Whether a rename can refuse to replace a name.
    pub rename_noreplace: Tried<bool>,
    /// Whether links to what is there already are counted: `None` where there is no cache yet.
    pub upper_layer: Option<Tried>,
}

/// Tries what the filesystem under an existing directory can do, in a folder that is there for the moment only. What else
/// lies in the directory is not touched.
///
/// # Errors
/// When the directory cannot be opened, or nothing can be made in it.
pub fn survey<S: Sys>(sys: &S, path: &Path) -> Result<Survey, Error> {
    let failed = |doing| move |errno| Error::new(doing, path, errno);
    let dir = sys.open_root(path).map_err(failed("open"))?;
    let mut name = RelPath::new();
    name.push(b"tagcache-doctor-").push_hex(&sys.random().to_be_bytes());
    sys.make_dir(&dir, name.as_c_str()).map_err(failed("make a folder in"))?;
    let found = in_folder(sys, &dir, &name);
    let cleaned = wipe(sys, &dir, name.as_c_str());
    let mut survey = found.map_err(failed("try something in"))?;
    cleaned.map_err(failed("remove a folder from"))?;
    survey.upper_layer = upper_layer(sys, &dir);
    Ok(survey)
}

fn in_folder<S: Sys>(sys: &S, dir: &S::File, name: &RelPath) -> Result<Survey, Errno> {
    let dir = sys.open(dir, name.as_c_str(), OpenMode::Dir)?;
    for folder in [DATA, TMP, LOCKS] {
        sys.make_dir(&dir, folder)?;
    }
    Ok(Survey {
        kind: sys.fs_kind(&dir).map_err(Failure::from).into(),
        hard_links: one_filesystem(sys, &dir).into(),
        counted_links: on_a_file(sys, &dir, |file, names| links(sys, &dir, file, names)).into(),
        times: on_a_file(sys, &dir, |file, _| times(sys, file)).into(),
        modes: on_a_file(sys, &dir, |file, _| modes(sys, file)).into(),
        locks: on_a_file(sys, &dir, |file, names| {
            sys.try_lock(file)?;
            locks(sys, &dir, names.a.as_c_str())
        })
        .into(),
        rename_noreplace: on_a_file(sys, &dir, |_, names| {
            // A file of its own and no link: this is about names, also where there are no links.
            sys.open(&dir, names.b.as_c_str(), OpenMode::Create)?;
            rename(sys, &dir, names)
        })
        .into(),
        upper_layer: None,
    })
}

/// A new file for each trial, so that none sees what another one left.
fn on_a_file<S: Sys, T>(
    sys: &S,
    dir: &S::File,
    attempt: impl FnOnce(&S::File, &Scratch<'_, S>) -> Outcome<T>,
) -> Outcome<T> {
    let names = Scratch::new(sys, dir, TMP);
    let file = sys.open(dir, names.a.as_c_str(), OpenMode::Create)?;
    attempt(&file, &names)
}

fn upper_layer<S: Sys>(sys: &S, dir: &S::File) -> Option<Tried> {
    match sys.stat_at(dir, FORMAT) {
        Err(Errno::NOENT) => None,
        Err(errno) => Some(Tried::Unknown(errno)),
        Ok(_) => Some(sentinel(sys, dir).into()),
    }
}
