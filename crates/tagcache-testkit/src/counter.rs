//! Counting calls, and keeping a list of them.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tagcache_fs::sys::Result;

use crate::call::{At, Call};
use crate::counts::Counts;
use crate::layer::Layer;

/// Counts calls by name, those of closing files included; keeps a list of them while asked to.
#[derive(Debug)]
pub struct Counter {
    counts: [AtomicU64; Call::ALL.len()],
    trace: Mutex<Option<Vec<Made>>>,
}

/// A call that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    /// Which.
    pub call: Call,
    /// What it named, as in [`At::path`].
    pub path: CString,
    /// The second name of a link or a rename.
    pub to: Option<CString>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.path.to_string_lossy())?;
        self.to.as_ref().map_or(Ok(()), |to| write!(f, " -> {}", to.to_string_lossy()))
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self { counts: [const { AtomicU64::new(0) }; Call::ALL.len()], trace: Mutex::new(None) }
    }
}

impl Counter {
    /// All calls so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::NONE;
        for call in Call::ALL {
            counts.set(*call, self.counts[*call as usize].load(Ordering::Relaxed));
        }
        counts
    }

    /// The calls that `act` makes.
    pub fn during<T>(&self, act: impl FnOnce() -> T) -> (T, Counts) {
        let before = self.counts();
        let value = act();
        (value, self.counts().since(&before))
    }

    /// The calls that `act` makes, one by one.
    pub fn trace<T>(&self, act: impl FnOnce() -> T) -> (T, Vec<Made>) {
        *self.list() = Some(Vec::new());
        let value = act();
        let made = self.list().take().unwrap_or_default();
        (value, made)
    }

    fn list(&self) -> MutexGuard<'_, Option<Vec<Made>>> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, at: &At<'_>) {
        self.counts[at.call as usize].fetch_add(1, Ordering::Relaxed);
        if let Some(list) = &mut *self.list() {
            list.push(Made { call: at.call, path: at.path.to_owned(), to: at.to.map(CStr::to_owned) });
        }
    }
}

impl Layer for Counter {
    fn before(&self, at: &At<'_>) -> Result<()> {
        self.note(at);
        Ok(())
    }

    fn closing(&self, at: &At<'_>) {
        self.note(at);
    }
}
