//! The log: what was invalidated, for fills in flight.
//!
//! A fill remembers its place in the log before it computes ([`Root::mark`]) and reads what the log gained after its
//! links are visible ([`check`]). An invalidation appends first and removes the links that it sees afterwards. So
//! one of the two always sees the other.
//!
//! The log is one file, replaced by a new one when it is large. Each names its predecessor, so a fill that was
//! marked in the one before can still be judged. Whether a log is the current one is written in its mode, where
//! every `fstat` sees it, a full disk cannot prevent it, and a foreign hard link does not hide it:
//!
//! | mode | meaning |
//! |---|---|
//! | 0600 | current |
//! | 0400 | retired: its successor is there or about to be; what is appended now must be appended again |
//! | 0500 | broken: a record could not be written; every fill marked in it is raced, the next mark makes a new log |

mod append;
pub(crate) mod format;
mod mark;
mod rotate;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::name::LOG;
use crate::root::Root;
use crate::sys::{Errno, OpenMode, Stat, Sys};
use format::{HEADER_BYTES, Header, RECORD_BYTES, Serial};

pub(crate) use format::Kind;
pub use mark::{Mark, Raced};

const CURRENT_MODE: u32 = 0o600;
const RETIRED_MODE: u32 = 0o400;
const BROKEN_MODE: u32 = 0o500;

/// How often a step is tried again because another process rotated the log meanwhile.
const TRIES: usize = 100;

/// How long to wait for another process that is rotating it.
const PAUSE: Duration = Duration::from_millis(1);

/// A log that is larger than this gets a successor. 32 768 invalidations.
const ROTATE_BYTES: u64 = 1 << 20;

/// A log of this process, open; which of them is current only the file itself knows.
pub(crate) struct OpenLog<S: Sys> {
    file: S::File,
    serial: Serial,
}

/// The log that this process used last.
pub(crate) struct CurrentLog<S: Sys>(Mutex<Option<Arc<OpenLog<S>>>>);

impl<S: Sys> Default for CurrentLog<S> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<S: Sys> CurrentLog<S> {
    fn get(&self) -> Option<Arc<OpenLog<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, log: Option<Arc<OpenLog<S>>>) {
        let old = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), log);
        // Closed outside of the lock.
        drop(old);
    }
}

/// What a log says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Current,
    Retired,
    Broken,
}

fn state(stat: &Stat) -> State {
    let whole_records =
        stat.size >= HEADER_BYTES as u64 && (stat.size - HEADER_BYTES as u64) % RECORD_BYTES as u64 == 0;
    if stat.mode & 0o100 != 0 || !whole_records {
        State::Broken
    } else if stat.nlink == 0 || stat.mode & 0o200 == 0 {
        State::Retired
    } else {
        State::Current
    }
}

impl<S: Sys> Root<S> {
    /// The current log, as far as this process knows; opened or made when it knows none.
    fn log(&self) -> Result<Arc<OpenLog<S>>, Error> {
        if let Some(log) = self.inner.log.get() {
            return Ok(log);
        }
        let log = Arc::new(self.open_log()?);
        self.inner.log.set(Some(Arc::clone(&log)));
        Ok(log)
    }

    fn forget_log(&self) {
        self.inner.log.set(None);
    }

    /// Opens the log at its path; one that is retired or broken gets its successor first.
    fn open_log(&self) -> Result<OpenLog<S>, Error> {
        let sys = self.sys();
        for _ in 0..TRIES {
            let file = match sys.open(self.dir(), LOG, OpenMode::Append) {
                Err(Errno::NOENT) => {
                    self.make_first_log()?;
                    continue;
                }
                // Retired, and its mode keeps us from writing.
                Err(Errno::ACCESS) => {
                    self.rotate()?;
                    continue;
                }
                other => other.map_err(self.failed("open", LOG))?,
            };
            let current = state(&self.stat_log(&file)?) == State::Current;
            match self.read_header(&file)? {
                Some(header) if current => return Ok(OpenLog { file, serial: header.serial }),
                _ => self.rotate()?,
            }
        }
        Err(self.failed("open", LOG)(Errno::AGAIN))
    }

    fn stat_log(&self, file: &S::File) -> Result<Stat, Error> {
        self.sys().stat(file).map_err(self.failed("stat", LOG))
    }

    fn read_header(&self, file: &S::File) -> Result<Option<Header>, Error> {
        let mut bytes = Vec::new();
        self.sys().read_at(file, 0, &mut bytes, HEADER_BYTES).map_err(self.failed("read", LOG))?;
        Ok(Header::parse(&bytes))
    }
}
