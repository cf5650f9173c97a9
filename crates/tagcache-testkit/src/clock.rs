//! A clock that stands until it is set.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tagcache_fs::Time;

use crate::layer::Layer;

/// Time and boot identity as a test sets them. Waiting lets the time pass at once.
#[derive(Debug)]
pub struct FixedClock(Mutex<State>);

#[derive(Debug)]
struct State {
    now: Time,
    elapsed: Duration,
    boot_id: [u8; 16],
}

/// Some day in 2026: late enough for every filesystem, early enough for those that end in 2038.
const START_SECS: i64 = 1_790_000_000;

impl Default for FixedClock {
    fn default() -> Self {
        let now = Time::from_parts(START_SECS, 0);
        Self(Mutex::new(State { now, elapsed: Duration::ZERO, boot_id: [0xb0; 16] }))
    }
}

impl FixedClock {
    /// The time that it shows.
    #[must_use]
    pub fn now(&self) -> Time {
        self.state().now
    }

    /// Sets the wall clock; it may step back.
    pub fn set(&self, now: Time) {
        self.state().now = now;
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state();
        state.now = state.now.after(duration);
        state.elapsed += duration;
    }

    /// The machine was booted anew, or back.
    pub fn set_boot_id(&self, boot_id: [u8; 16]) {
        self.state().boot_id = boot_id;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Layer for FixedClock {
    fn now(&self, _below: &dyn Fn() -> Time) -> Time {
        self.state().now
    }

    fn elapsed(&self, _below: &dyn Fn() -> Duration) -> Duration {
        self.state().elapsed
    }

    fn boot_id(&self, _below: &dyn Fn() -> [u8; 16]) -> [u8; 16] {
        self.state().boot_id
    }

    fn wait(&self, duration: Duration, _below: &dyn Fn(Duration)) {
        self.advance(duration);
        // Whoever is waited for may be another thread.
        thread::yield_now();
    }
}
