//! Calls that fail, and processes that die, when a test says so.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tagcache_fs::Errno;
use tagcache_fs::sys::Result;

use crate::call::{At, Call};
use crate::layer::Layer;

/// One fault: which call answers what, and when.
#[derive(Clone, Debug)]
pub struct Fault {
    call: Call,
    errno: Errno,
    below: String,
    to_pass: u64,
    for_ever: bool,
    short: Option<usize>,
}

impl Fault {
    /// The next call of this name answers `errno`, and is not made; the one after it is made again.
    #[must_use]
    pub fn on(call: Call, errno: Errno) -> Self {
        Self { call, errno, below: String::new(), to_pass: 0, for_ever: false, short: None }
    }

    /// The next write lets only this many bytes through, as on a disk that is nearly full.
    #[must_use]
    pub fn short_write(len: usize) -> Self {
        Self { short: Some(len), ..Self::on(Call::Write, Errno::NOSPC) }
    }

    /// Only for paths that begin so: `data/`, `log`.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        self.below = prefix.to_owned();
        self
    }

    /// Lets that many matching calls pass first.
    #[must_use]
    pub fn after(mut self, calls: u64) -> Self {
        self.to_pass = calls;
        self
    }

    /// Not once, but from then on, until [`Faults::mend`].
    #[must_use]
    pub fn for_ever(mut self) -> Self {
        self.for_ever = true;
        self
    }

    fn matches(&self, at: &At<'_>) -> bool {
        self.call == at.call && at.is_below(&self.below)
    }
}

/// Makes calls fail.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    /// How many more changes the process lives to make.
    left: Option<u64>,
}

impl State {
    /// Takes the fault that this call meets, if there is one.
    fn meet(&mut self, at: &At<'_>, is_short: bool) -> Option<Fault> {
        for index in 0..self.faults.len() {
            let fault = &mut self.faults[index];
            if fault.short.is_some() != is_short || !fault.matches(at) {
                continue;
            }
            if fault.to_pass > 0 {
                fault.to_pass -= 1;
                continue;
            }
            return Some(if fault.for_ever { fault.clone() } else { self.faults.remove(index) });
        }
        None
    }

    /// Whether the process is dead, or dies at this call.
    fn is_dead_at(&mut self, at: &At<'_>) -> bool {
        match &mut self.left {
            Some(0) => true,
            Some(left) if at.call.changes() => {
                *left -= 1;
                *left == 0
            }
            _ => false,
        }
    }
}

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// The process dies at its n-th change from now, counted from 1: that call is not made, and every call from then on
    /// answers [`Errno::IO`], so that destructors do nothing. Files that it drops are closed, as the kernel would.
    pub fn die_at_change(&self, n: u64) {
        self.state().left = Some(n);
    }

    /// Whether it died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state().left == Some(0)
    }

    /// Takes all faults away, death included.
    pub fn mend(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Layer for Faults {
    fn before(&self, at: &At<'_>) -> Result<()> {
        let mut state = self.state();
        if state.is_dead_at(at) {
            return Err(Errno::IO);
        }
        state.meet(at, false).map_or(Ok(()), |fault| Err(fault.errno))
    }

    fn write_len(&self, at: &At<'_>, len: usize) -> usize {
        self.state().meet(at, true).and_then(|fault| fault.short).unwrap_or(len)
    }
}
