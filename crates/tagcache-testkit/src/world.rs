//! The wrappers by their usual names, and all of them in one stack.

use std::sync::Arc;

use tagcache_fs::Os;

use crate::clock::FixedClock;
use crate::counter::Counter;
use crate::faults::Faults;
use crate::hook::Hook;
use crate::layered::Layered;

/// A system whose calls are counted.
pub type Counting<S> = Layered<S, Counter>;
/// A system whose calls fail when told to.
pub type Faulty<S> = Layered<S, Faults>;
/// A system with a clock that is set.
pub type Clocked<S> = Layered<S, FixedClock>;
/// A system in which something happens before a call.
pub type Hooked<S, F> = Layered<S, Hook<F>>;

/// The real system under a clock, faults and a counter.
pub type TestSys = Counting<Faulty<Clocked<Os>>>;

/// One simulated process on the real filesystem: its own counter, faults and clock. Two worlds over one directory are
/// two processes.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Counts its calls.
    pub counter: Arc<Counter>,
    /// Makes its calls fail.
    pub faults: Arc<Faults>,
    /// Its time and boot identity.
    pub clock: Arc<FixedClock>,
}

impl World {
    /// No call counted, no fault, a clock that stands.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The system to open a root on.
    #[must_use]
    pub fn sys(&self) -> TestSys {
        let clocked = Clocked::over(Os, &self.clock);
        Counting::over(Faulty::over(clocked, &self.faults), &self.counter)
    }
}
