//! The two sides of a comparison.

use std::fmt;
use std::time::{Duration, Instant};

/// Does a piece of work that many times and says how long that took. What has to be prepared for it is not counted.
type Run = Box<dyn FnMut(u64) -> Duration>;

/// How the sides take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As many operations as take about that long.
    Slices(Duration),
    /// One operation, which takes long enough.
    Once,
}

impl Pace {
    /// How many slices a round has, where it has `short` of the short ones.
    pub(crate) fn slices(self, short: usize) -> usize {
        match self {
            Self::Once => 1,
            Self::Slices(SLICE) => short,
            Self::Slices(_) => short.min(5),
        }
    }
}

/// Shorter than the time for which a busy scheduler lets one process run: most slices are not interrupted, and the
/// median is that of those.
const SLICE: Duration = Duration::from_millis(1);

/// One operation: as the cache does it, and as its bare system calls.
#[derive(Debug)]
pub struct Pair {
    /// What is done.
    pub name: String,
    /// How many times its floor it may take: what the page promises, and `--check` holds.
    pub budget: Option<f64>,
    /// How its sides take turns.
    pub pace: Pace,
    /// The bare calls, with every name made beforehand and every buffer at hand.
    pub floor: Side,
    /// The same through the cache.
    pub ours: Side,
}

impl Pair {
    /// One without a budget, in short slices.
    pub fn new(name: impl Into<String>, ours: Side, floor: Side) -> Self {
        Self { name: name.into(), budget: None, pace: Pace::Slices(SLICE), floor, ours }
    }

    /// The same with a budget.
    #[must_use]
    pub fn within(self, budget: f64) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The same at another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }
}

/// One side of a pair. What it works on is made at its first use, so a side that nobody asks for costs nothing.
pub struct Side {
    run: Run,
}

impl Side {
    pub(crate) fn new<R: FnMut(u64) -> Duration + 'static>(make: impl FnOnce() -> R + 'static) -> Self {
        let mut make = Some(make);
        let mut made: Option<R> = None;
        let run = move |count| match &mut made {
            Some(run) => run(count),
            None => make.take().map_or(Duration::ZERO, |make| made.insert(make())(count)),
        };
        Self { run: Box::new(run) }
    }

    /// Does the work that many times; how long it took, without what had to be prepared.
    pub fn run(&mut self, count: u64) -> Duration {
        (self.run)(count)
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Side").finish_non_exhaustive()
    }
}

/// How long something takes.
pub fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}
