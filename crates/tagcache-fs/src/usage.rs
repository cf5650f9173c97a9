//! How much there is, without a walk: the file `usage`.
//!
//! Whoever stores something under a limit appends one record to it, and reads now and then what the others appended. A
//! sweep counts each outer folder as it comes by and appends what it counted, which takes the place of all that was
//! believed of that folder. So a tally that was lost (a process that died, a power cut, a writer that keeps no tally) is
//! wrong until the next sweep, and no longer. The same file says where a sweep stopped that was not finished.
//!
//! Nothing that the cache promises rests on it, so it is never synced, and whoever cannot write it goes on.

mod record;
mod renew;
mod totals;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::name::{LOCKS, LOG, USAGE};
use crate::root::Root;
use crate::sweep::Shard;
use crate::sys::{Errno, FileKind, OpenMode, Sys};
use crate::time::Time;
use record::{RECORD_BYTES, Record};
use renew::{needs_successor, read_records, renew};
use totals::Totals;

pub use record::{Place, Tally, Walk};

/// How often a look is made again because the file was made anew meanwhile.
const TRIES: usize = 4;

/// How much the cache takes on its filesystem, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Entries; each is one file.
    pub files: u64,
    /// Disk space in bytes: of the entries, the folders, the log and the file `usage`.
    pub bytes: u64,
    /// Whether a sweep has counted everything since tallies are kept. If not, what was there before is not in it.
    pub counted: bool,
}

/// The tallies of one root, as this process knows them.
///
/// ```
/// # use tagcache_fs::{Key, Root, Tally};
/// # let dir = tempfile::tempdir()?;
/// # let root = Root::open(dir.path())?;
/// let ours = root.ledger();
/// ours.add(Key::new("k")?.shard(), Tally { files: 1, bytes: 4096, folder_bytes: 0 })?;
///
/// // In any process:
/// let theirs = root.ledger();
/// assert_eq!(theirs.refresh()?.files, 1);
/// assert!(!theirs.usage().counted, "no sweep has been here");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ledger<S: Sys> {
    root: Root<S>,
    state: Mutex<State<S>>,
}

struct State<S: Sys> {
    open: Option<Arc<Open<S>>>,
    read_to: u64,
    totals: Totals,
    /// What this process added since it last read the file.
    unseen: Tally,
    /// The log and the file itself.
    beside: u64,
}

/// The right to evict; one at a time has it, so that two do not make the same room twice.
#[must_use = "another process may evict as soon as this is dropped"]
pub struct EvictLock<S: Sys> {
    root: Root<S>,
    file: S::File,
}

impl<S: Sys> Drop for EvictLock<S> {
    /// Not left to the end of the file: a child process that is being started right now has it, too.
    fn drop(&mut self) {
        let _ = self.root.sys().unlock(&self.file);
    }
}

impl<S: Sys> fmt::Debug for EvictLock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EvictLock")
    }
}

struct Open<S: Sys> {
    file: S::File,
    id: (u64, u64),
    /// What one new folder takes here.
    folder: u64,
}

impl<S: Sys> fmt::Debug for Ledger<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("root", &self.root.path()).finish_non_exhaustive()
    }
}

impl<S: Sys> Root<S> {
    /// The tallies. Nothing is opened or made before they are used.
    #[must_use]
    pub fn ledger(&self) -> Ledger<S> {
        let state =
            State { open: None, read_to: 0, totals: Totals::default(), unseen: Tally::default(), beside: 0 };
        Ledger { root: self.clone(), state: Mutex::new(state) }
    }
}

impl<S: Sys> Ledger<S> {
    /// Notes that something was stored in a shard or taken from it. One call to the kernel.
    ///
    /// # Errors
    /// When the file can be neither opened nor made nor written: a full disk, above all.
    pub fn add(&self, shard: Shard, by: Tally) -> Result<(), Error> {
        let open = self.opened()?;
        let unseen = &mut self.state().unseen;
        *unseen = unseen.plus(by);
        self.append(&open, &Record::Changed { outer: shard.outer(), by }.print())
    }

    /// What is known without asking: what was last read, and what this process added since.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let state = self.state();
        let sum = state.totals.sum().plus(state.unseen);
        let natural = |number: i64| u64::try_from(number).unwrap_or(0);
        Usage {
            files: natural(sum.files),
            bytes: natural(sum.bytes.saturating_add(sum.folder_bytes)).saturating_add(state.beside),
            counted: state.totals.is_counted(),
        }
    }

    /// Reads what all processes added since the last time. Three calls to the kernel, and more after many puts.
    ///
    /// # Errors
    /// When the file can be neither opened nor made nor read.
    pub fn refresh(&self) -> Result<Usage, Error> {
        let sys = self.root.sys();
        for _ in 0..TRIES {
            let open = self.opened()?;
            let stat = match sys.stat_at(self.root.dir(), USAGE) {
                Ok(stat) if (stat.dev, stat.ino) == open.id => stat,
                // It was made anew, or removed from outside.
                Ok(_) | Err(Errno::NOENT) => {
                    self.move_on(&open)?;
                    continue;
                }
                Err(errno) => return Err(self.root.failed("stat", USAGE)(errno)),
            };
            let log = sys.stat_at(self.root.dir(), LOG).map_or(0, |log| log.allocated);
            let beside = stat.allocated.saturating_add(log);
            if self.read_on(&open, stat.size, beside)? || needs_successor(&stat, true) {
                // Where it cannot be made anew it goes on growing, and is read as it is.
                if renew(&self.root).is_ok() {
                    self.move_on(&open)?;
                    continue;
                }
            }
            return Ok(self.usage());
        }
        Ok(self.usage())
    }

    /// What so many new folders take.
    #[must_use]
    pub fn folders(&self, count: u64) -> i64 {
        let folder = self.state().open.as_ref().map_or(0, |open| open.folder);
        i64::try_from(count.saturating_mul(folder)).unwrap_or(i64::MAX)
    }

    /// Where a sweep stopped that was not finished, when [`refresh`](Self::refresh) was last called.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.state().totals.place()
    }

    /// When a sweep was last finished.
    #[must_use]
    pub fn finished(&self) -> Option<Time> {
        self.state().totals.finished()
    }

    /// Notes that a sweep counted outer folders, and found this in each.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn counted(&self, walk: Walk, outers: RangeInclusive<u8>, tally: Tally) -> Result<(), Error> {
        let record = |outer| match walk {
            Walk::Entries => Record::Entries { outer, tally },
            Walk::Links => Record::Folders { outer, tally },
        };
        let records: Vec<u8> = outers.flat_map(|outer| record(outer).print()).collect();
        if records.is_empty() { Ok(()) } else { self.append(&*self.opened()?, &records) }
    }

    /// Notes where a sweep stops for a while.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn stopped(&self, place: Place) -> Result<(), Error> {
        self.append(&*self.opened()?, &Record::Stopped(place).print())
    }

    /// Notes that a sweep reached the end.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn finish(&self, at: Time) -> Result<(), Error> {
        self.append(&*self.opened()?, &Record::Finished { at }.print())
    }

    /// Notes that all entries were taken away.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    pub fn emptied(&self) -> Result<(), Error> {
        self.counted(Walk::Entries, 0..=u8::MAX, Tally::default())
    }

    /// Takes the right to evict, or says that another process, or another thread of this one, has it: `None`. It is given
    /// back when what is returned is dropped.
    ///
    /// # Errors
    /// When the file can be neither opened nor locked.
    pub fn try_evict_lock(&self) -> Result<Option<EvictLock<S>>, Error> {
        self.opened()?;
        // An open file of its own: a lock is shared by all who share the open file.
        let file = self.root.sys().open(self.root.dir(), USAGE, OpenMode::Read);
        let file = file.map_err(self.root.failed("open", USAGE))?;
        match self.root.sys().try_lock(&file) {
            Ok(()) => Ok(Some(EvictLock { root: self.root.clone(), file })),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(self.root.failed("lock", USAGE)(errno)),
        }
    }

    /// Whether somebody keeps tallies here: the file is there.
    ///
    /// # Errors
    /// When fstatat(2) fails for another reason than a missing name.
    pub fn exists(&self) -> Result<bool, Error> {
        match self.root.sys().stat_at(self.root.dir(), USAGE) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.root.failed("stat", USAGE)(errno)),
        }
    }

    fn append(&self, open: &Open<S>, records: &[u8]) -> Result<(), Error> {
        match self.root.sys().write(&open.file, records) {
            Ok(written) if written == records.len() => Ok(()),
            // A part of a record: whoever looks next makes the file anew.
            Ok(_) => Err(self.root.failed("append to", USAGE)(Errno::NOSPC)),
            Err(errno) => Err(self.root.failed("append to", USAGE)(errno)),
        }
    }

    /// Reads the file from where it was last read to. Whether something in it was no record.
    fn read_on(&self, open: &Arc<Open<S>>, end: u64, beside: u64) -> Result<bool, Error> {
        let (from, mut totals, unseen) = {
            let state = self.state();
            (state.read_to, state.totals.clone(), state.unseen)
        };
        let (read_to, is_sound) = read_records(&self.root, &open.file, from, end, &mut totals)?;
        let mut state = self.state();
        // Another thread may have read the same meanwhile, or met a successor.
        if state.read_to == from && state.is_open(open) {
            (state.read_to, state.totals, state.beside) = (read_to, totals, beside);
            state.unseen = state.unseen.minus(unseen);
        }
        Ok(!is_sound)
    }

    fn opened(&self) -> Result<Arc<Open<S>>, Error> {
        if let Some(open) = &self.state().open {
            return Ok(Arc::clone(open));
        }
        let open = Arc::new(self.open()?);
        let mut state = self.state();
        // Another thread may have been faster.
        Ok(Arc::clone(state.open.get_or_insert(open)))
    }

    fn open(&self) -> Result<Open<S>, Error> {
        let (sys, dir) = (self.root.sys(), self.root.dir());
        let file = match sys.open(dir, USAGE, OpenMode::Append) {
            Err(Errno::NOENT) => {
                sys.open(dir, USAGE, OpenMode::ReadWrite).map_err(self.root.failed("make", USAGE))?;
                sys.open(dir, USAGE, OpenMode::Append)
            }
            other => other,
        };
        let file = file.map_err(self.root.failed("open", USAGE))?;
        let stat = sys.stat(&file).map_err(self.root.failed("stat", USAGE))?;
        if stat.kind != FileKind::File {
            // Planted: neither written nor waited for.
            return Err(self.root.failed("open", USAGE)(Errno::INVAL));
        }
        // Seldom more than a few names in it, so it is as small as a new one.
        let folder = sys.stat_at(dir, LOCKS).map_or(0, |stat| stat.allocated);
        Ok(Open { file, id: (stat.dev, stat.ino), folder })
    }

    /// Leaves a file that has a successor. What was added to it since it was last read may have come too late for the
    /// successor, so it is added there: rather twice than never, until the next sweep.
    fn move_on(&self, open: &Arc<Open<S>>) -> Result<(), Error> {
        let Some((old, late)) = self.forget(open) else { return Ok(()) };
        // Closed outside of the lock.
        drop(old);
        if late == Tally::default() { Ok(()) } else { self.add(Shard::FIRST, late) }
    }

    fn forget(&self, open: &Arc<Open<S>>) -> Option<(Arc<Open<S>>, Tally)> {
        let mut state = self.state();
        if !state.is_open(open) {
            return None;
        }
        (state.read_to, state.totals) = (0, Totals::default());
        let late = std::mem::take(&mut state.unseen);
        state.open.take().map(|old| (old, late))
    }

    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sys> State<S> {
    fn is_open(&self, open: &Arc<Open<S>>) -> bool {
        self.open.as_ref().is_some_and(|mine| Arc::ptr_eq(mine, open))
    }
}

const _: () = assert!(renew::RENEW_BYTES % RECORD_BYTES as u64 == 0);
