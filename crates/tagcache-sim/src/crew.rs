//! The processes: coroutines with stacks of their own, on one thread, used again from run to run.
//!
//! A process runs the released code. It gives up control in one place only, [`pause`], which every simulated call passes
//! through. The yielder that does it lies on the coroutine's own stack and is found through a scoped thread-local, one
//! for each process, so that nothing here is unsafe.

use corosensei::{Coroutine, CoroutineResult, Yielder};
use scoped_tls::{ScopedKey, scoped_thread_local};

/// How many processes a run may have.
pub(crate) const MAX_PROCESSES: usize = LAST as usize + 1;

/// The last of them.
pub(crate) const LAST: u8 = 7;

/// What a process does, from beginning to end.
pub(crate) type Job = Box<dyn FnOnce()>;

/// What goes in when a process is resumed.
enum Go {
    Begin(Job),
    On,
}

/// Why it came out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Before a call.
    Paused,
    /// At the end of its job.
    Done,
}

type Slot = ScopedKey<Yielder<Go, Stop>>;

scoped_thread_local!(static SLOT0: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT1: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT2: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT3: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT4: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT5: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT6: Yielder<Go, Stop>);
scoped_thread_local!(static SLOT7: Yielder<Go, Stop>);
static SLOTS: [&Slot; MAX_PROCESSES] = [&SLOT0, &SLOT1, &SLOT2, &SLOT3, &SLOT4, &SLOT5, &SLOT6, &SLOT7];

/// The coroutines of one thread.
pub(crate) struct Crew {
    workers: Vec<Coroutine<Go, Stop, ()>>,
}

thread_local! {
    static IDLE: std::cell::Cell<Option<Crew>> = const { std::cell::Cell::new(None) };
}

impl Crew {
    /// Runs something with this thread's crew.
    ///
    /// # Panics
    /// When the thread's crew is at work already: the slots are one set per thread.
    pub(crate) fn with<R>(act: impl FnOnce(&mut Self) -> R) -> R {
        let mut crew = IDLE.take().unwrap_or_else(Self::new);
        let result = act(&mut crew);
        // After a panic the crew is dropped instead, and the next run makes a new one.
        IDLE.set(Some(crew));
        result
    }

    fn new() -> Self {
        assert!(SLOTS.iter().all(|slot| !slot.is_set()), "one crew per thread");
        Self { workers: (0..MAX_PROCESSES).map(worker).collect() }
    }

    /// Gives a process its job, and runs it until it stops for the first time.
    pub(crate) fn begin(&mut self, process: usize, job: Job) -> Stop {
        self.resume(process, Go::Begin(job))
    }

    /// Lets a process go on.
    pub(crate) fn go_on(&mut self, process: usize) -> Stop {
        self.resume(process, Go::On)
    }

    fn resume(&mut self, process: usize, go: Go) -> Stop {
        match self.workers[process].resume(go) {
            CoroutineResult::Yield(stop) => stop,
            CoroutineResult::Return(()) => Stop::Done,
        }
    }
}

fn worker(process: usize) -> Coroutine<Go, Stop, ()> {
    Coroutine::new(move |yielder: &Yielder<Go, Stop>, first| {
        SLOTS[process].set(yielder, || {
            let mut next = first;
            loop {
                if let Go::Begin(job) = next {
                    job();
                }
                next = yielder.suspend(Stop::Done);
            }
        });
    })
}

/// Stops the running process until the scheduler lets it go on. The caller makes sure that `process` is running.
pub(crate) fn pause(process: usize) {
    let slot = SLOTS[process];
    if slot.is_set() {
        slot.with(|yielder| yielder.suspend(Stop::Paused));
    }
}
