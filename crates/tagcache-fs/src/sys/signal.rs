//! Something that happens once, for threads and tasks that wait for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

/// Something that happens once. Any number of threads and tasks may wait for it.
///
/// ```
/// use tagcache_fs::sys::Signal;
///
/// let done = Signal::new();
/// std::thread::scope(|scope| {
///     scope.spawn(|| done.give());
///     done.wait(std::time::Duration::MAX);
/// });
/// assert!(done.is_given());
/// ```
#[derive(Debug, Default)]
pub struct Signal {
    state: Mutex<State>,
    given: Condvar,
}

#[derive(Debug, Default)]
struct State {
    given: bool,
    wakers: Vec<Waker>,
}

impl Signal {
    /// One that was not given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes everybody who waits, and lets nobody wait any more.
    pub fn give(&self) {
        let wakers = {
            let mut state = self.state();
            state.given = true;
            std::mem::take(&mut state.wakers)
        };
        self.given.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.state().given
    }

    /// Blocks the thread until the signal is given, or `limit` has passed. Through [`Env::wait_for`](super::Env::wait_for)
    /// unless real time is meant.
    pub fn wait(&self, limit: Duration) {
        // A poisoned lock belongs to a thread that died of something else: a boolean is whole all the same.
        let waited = self.given.wait_timeout_while(self.state(), limit, |state| !state.given);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Wakes this task, too, when the signal is given; at once if it was. For a future that is polled: it asks
    /// [`is_given`](Self::is_given) after this, and not before.
    pub fn wake(&self, waker: &Waker) {
        let mut state = self.state();
        if state.given {
            drop(state);
            waker.wake_by_ref();
        } else if !state.wakers.iter().any(|known| known.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
