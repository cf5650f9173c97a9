//! What the filesystem under a root can do, found out by doing it.
//!
//! The cache rests on a few promises that most filesystems keep and some do not: a link count that counts every
//! link, an mtime that holds an expiry, a lock that excludes. They are tried once, when the root is made, and
//! what was found is kept in `tagcache.format`. Two things are asked at every opening: whether the directory is
//! local, and whether a new link to the sentinel pair (`CACHEDIR.TAG`, `tagcache.format`) is counted; in the lower
//! layer of an overlay it is not.

mod survey;

use std::ffi::CStr;
use std::fmt;

use crate::meta::POISON;
use crate::name::{CACHEDIR_TAG, DATA, FORMAT, LOCKS, RelPath, TMP};
use crate::scratch;
use crate::sys::{Errno, FsKind, OpenMode, Replace, Sys};
use crate::time::Time;

pub use survey::{Survey, Tried, survey};

/// What the filesystem can do, as far as the protocol asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// What it promises about order and about being seen by others.
    pub kind: FsKind,
    /// The last mtime that it can hold. An expiry after that is held as this.
    pub mtime_max: Time,
    /// Times are multiples of this many nanoseconds.
    pub mtime_granularity: u64,
    /// Whether a rename can refuse to replace a name in one atomic call.
    pub rename_noreplace: bool,
}

/// A promise that this filesystem does not keep, so that it cannot hold a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It lies on another machine, or in a program: what one process sees of a file may be seconds old.
    Remote,
    /// It has no hard links.
    NoHardLinks,
    /// It has hard links and does not count them truthfully.
    LinksNotCounted,
    /// The root comes from a lower layer of an overlay, where names are copies.
    LowerLayer,
    /// The mtime does not come back as it was set: no expiry, no poison.
    NoTimes,
    /// Permission bits do not come back as they were set: no soft expiry.
    NoModes,
    /// A lock that one open file holds is given to another.
    LocksDoNotExclude,
    /// The folders of the root lie on different filesystems.
    SeveralFilesystems,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Remote => {
                "it is a network or user-space filesystem, where link counts, times and locks seen by one \
                 process may be old or local; use a local disk, or allow it knowingly"
            }
            Self::NoHardLinks => "it has no hard links; use another filesystem",
            Self::LinksNotCounted => "it does not count hard links truthfully; use another filesystem",
            Self::LowerLayer => {
                "it lies in a read-only layer of an overlay, where links are not counted; remove it, or use a \
                 directory made at run time or a volume"
            }
            Self::NoTimes => "it does not keep modification times; use another filesystem",
            Self::NoModes => "it does not keep permission bits; use another filesystem",
            Self::LocksDoNotExclude => "its file locks do not exclude each other; use another filesystem",
            Self::SeveralFilesystems => "its folders lie on different filesystems; use one for all of them",
        })
    }
}

/// How a probe ends that could not give capabilities.
#[derive(Debug)]
pub(crate) enum Failure {
    Unfit(Unfit),
    Errno(Errno),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

type Outcome<T> = Result<T, Failure>;

/// How often a count of links is asked again because somebody else added or removed one in the same instant.
const TRIES: usize = 16;

/// A mode under which a root is opened although it is remote, see [`Unfit::Remote`].
pub(crate) fn kind<S: Sys>(sys: &S, dir: &S::File, allow_remote: bool) -> Outcome<FsKind> {
    match sys.fs_kind(dir)? {
        FsKind::Remote if !allow_remote => Err(Unfit::Remote.into()),
        kind => Ok(kind),
    }
}

/// Names that exist during a probe only, removed whatever happens.
struct Scratch<'a, S: Sys> {
    sys: &'a S,
    dir: &'a S::File,
    a: RelPath,
    b: RelPath,
}

impl<'a, S: Sys> Scratch<'a, S> {
    fn new(sys: &'a S, dir: &'a S::File, folder: &CStr) -> Self {
        let [a, b] = scratch::probe(folder, sys.random());
        Self { sys, dir, a, b }
    }
}

impl<S: Sys> Drop for Scratch<'_, S> {
    fn drop(&mut self) {
        for path in [&self.a, &self.b] {
            // Most often one of them is already gone; what stays is removed by the next sweep.
            let _ = self.sys.unlink(self.dir, path.as_c_str());
        }
    }
}

/// Finds out everything, in the folders of a root that is being made.
pub(crate) fn probe<S: Sys>(sys: &S, dir: &S::File, kind: FsKind) -> Outcome<Capabilities> {
    one_filesystem(sys, dir)?;
    let names = Scratch::new(sys, dir, TMP);
    let file = sys.open(dir, names.a.as_c_str(), OpenMode::Create)?;
    // Held while the probe runs, so that a sweep does not take the file for an orphan.
    sys.try_lock(&file)?;
    links(sys, dir, &file, &names)?;
    let rename_noreplace = rename(sys, dir, &names)?;
    let (mtime_max, mtime_granularity) = times(sys, &file)?;
    modes(sys, &file)?;
    locks(sys, dir, names.a.as_c_str())?;
    Ok(Capabilities { kind, mtime_max, mtime_granularity, rename_noreplace })
}

fn one_filesystem<S: Sys>(sys: &S, dir: &S::File) -> Outcome<()> {
    let root = sys.stat(dir)?.dev;
    for folder in [DATA, TMP, LOCKS] {
        if sys.stat_at(dir, folder)?.dev != root {
            return Err(Unfit::SeveralFilesystems.into());
        }
        let names = Scratch::new(sys, dir, folder);
        let _made = sys.open(dir, names.a.as_c_str(), OpenMode::Create)?;
        let to = Scratch::new(sys, dir, TMP);
        match sys.link(dir, names.a.as_c_str(), to.a.as_c_str()) {
            Err(Errno::XDEV) => return Err(Unfit::SeveralFilesystems.into()),
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
                return Err(Unfit::NoHardLinks.into());
            }
            other => other?,
        }
    }
    Ok(())
}

/// The count is compared with what it was, and the test repeated: a backup may add and remove hard links of its own
/// meanwhile. Where links are not counted no try succeeds.
fn links<S: Sys>(sys: &S, dir: &S::File, file: &S::File, names: &Scratch<'_, S>) -> Outcome<()> {
    for _ in 0..TRIES {
        let alone = sys.stat(file)?.nlink;
        sys.link(dir, names.a.as_c_str(), names.b.as_c_str())?;
        let (open, named) = (sys.stat(file)?, sys.stat_at(dir, names.b.as_c_str())?);
        if open.nlink > alone && named.nlink > alone && open.same_file(&named) {
            return Ok(());
        }
        sys.unlink(dir, names.b.as_c_str())?;
    }
    Err(Unfit::LinksNotCounted.into())
}

fn rename<S: Sys>(sys: &S, dir: &S::File, names: &Scratch<'_, S>) -> Outcome<bool> {
    let (from, to) = (names.a.as_c_str(), names.b.as_c_str());
    match sys.rename(dir, from, to, Replace::Never) {
        Err(Errno::EXIST) => {}
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(false),
        Err(errno) => return Err(errno.into()),
        Ok(()) => return Ok(false),
    }
    // Some systems refuse only what exists and do not know the flag on a free name.
    sys.unlink(dir, to)?;
    let moved = sys.rename(dir, from, to, Replace::Never).is_ok();
    if moved {
        sys.rename(dir, to, from, Replace::Any)?;
    }
    Ok(moved)
}

/// The range and the granularity of the mtime, and that the poison comes back.
fn times<S: Sys>(sys: &S, file: &S::File) -> Outcome<(Time, u64)> {
    let set = |time| -> Outcome<Time> {
        sys.set_mtime(file, time)?;
        Ok(sys.stat(file)?.mtime)
    };
    if set(POISON)? != POISON {
        return Err(Unfit::NoTimes.into());
    }
    let second = 1_000_000_000;
    let back = set(Time::from_parts(1_000_000_001, 999_999_999))?;
    let lost = Time::from_parts(1_000_000_002, 0).as_nanos().saturating_sub(back.as_nanos());
    if lost == 0 || lost > 2 * second {
        return Err(Unfit::NoTimes.into());
    }
    // A time that the filesystem cannot hold is clamped, and the clamped one is what it can hold.
    let max = set(Time::from_nanos(Time::MAX.as_nanos() / second * second))?;
    if set(max)? != max || max <= sys.now() {
        return Err(Unfit::NoTimes.into());
    }
    Ok((max, lost))
}

fn modes<S: Sys>(sys: &S, file: &S::File) -> Outcome<()> {
    for mode in [0o400, 0o600] {
        sys.set_mode(file, mode)?;
        if sys.stat(file)?.mode & 0o700 != mode {
            return Err(Unfit::NoModes.into());
        }
    }
    Ok(())
}

/// The probe holds the lock already: a second open file must not get it.
fn locks<S: Sys>(sys: &S, dir: &S::File, path: &CStr) -> Outcome<()> {
    let second = sys.open(dir, path, OpenMode::ReadWrite)?;
    match sys.try_lock(&second) {
        Err(Errno::AGAIN) => Ok(()),
        Err(errno) => Err(errno.into()),
        Ok(()) => Err(Unfit::LocksDoNotExclude.into()),
    }
}

/// The sentinel pair: a third link to it must be seen by the others. A lower layer of an overlay gives the link to
/// a copy and leaves the count as it was.
pub(crate) fn sentinel<S: Sys>(sys: &S, dir: &S::File) -> Outcome<()> {
    for _ in 0..TRIES {
        let names = Scratch::new(sys, dir, TMP);
        let before = sys.stat_at(dir, FORMAT)?;
        match sys.link(dir, CACHEDIR_TAG, names.a.as_c_str()) {
            // Nothing can be changed here, so nothing can be counted wrongly either.
            Err(Errno::ROFS) => return Ok(()),
            // The owner took the right to write from himself: the same.
            Err(Errno::ACCESS | Errno::PERM) => return Ok(()),
            // No room for one more name. What is stored can be read, and a lower layer has no quota to exceed.
            Err(Errno::NOSPC | Errno::DQUOT) => return Ok(()),
            other => other?,
        }
        let after = sys.stat_at(dir, FORMAT)?;
        // Another opener may be at the same test, so the count may have risen by more than one.
        if after.same_file(&before) && after.nlink >= 3 {
            return Ok(());
        }
        match sys.stat_at(dir, names.a.as_c_str()) {
            // Nobody holds a lock on the third name, so a sweep in this instant takes it for an orphan.
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
            Ok(_) => return Err(Unfit::LowerLayer.into()),
        }
    }
    Err(Unfit::LowerLayer.into())
}
