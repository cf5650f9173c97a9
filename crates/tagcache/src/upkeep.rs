//! Who cleans up, and when.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Ledger, Sys};

use crate::cache::{Cache, Shared};
use crate::error::Error;
use crate::sweep::{Sweep, SweepOptions};

/// A sweep is begun when the last one was finished so long ago.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// How long the thread works at once.
const THREAD_SLICE: Duration = Duration::from_millis(50);
/// How long it rests between two slices of one sweep: a tenth of one core at most is spent.
const SHORT_REST: Duration = Duration::from_millis(450);
/// How long it rests when there is nothing to do.
const LONG_REST: Duration = Duration::from_secs(60);

/// Who calls for the upkeep of a cache: sweeps, an hour after the last one has ended, in whatever process; and evictions,
/// when [`Limits`](crate::Limits) are exceeded. Several processes share the work: the next slice goes on where the last one
/// stopped, whoever did it.
///
/// ```
/// use tagcache::{Builder, Policy, Raw, Upkeep};
///
/// # let dir = tempfile::tempdir()?;
/// let cache = Builder::new(Raw).upkeep(Upkeep::Thread).open(dir.path())?;
/// cache.put("page", &String::from("page"), &Policy::new())?;
/// drop(cache); // and the thread ends
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Upkeep {
    /// The program: by [`Cache::sweep`] or [`Cache::upkeep`], now and then. Under limits puts evict all the same.
    #[default]
    OnCall,
    /// Puts: every 64th one of a handle does a slice of at most five milliseconds, beyond what it is already at.
    ByPuts,
    /// A thread of this process, which works for at most fifty milliseconds at once, and no more than a tenth of the time.
    /// It ends when the last clone of the handle is dropped. Where no thread can be started, puts do it.
    Thread,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Does what is due, for about as long as it is told: makes room when a limit is exceeded, then goes on with the sweep
    /// that is under way, or begins one when the last one was finished an hour ago. [`Sweep::finished`] says whether
    /// anything is left to do.
    ///
    /// This is what [`Upkeep`] calls, for programs that have a timer of their own. It blocks, for about `at_most`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// while !cache.upkeep(Duration::from_millis(20))?.finished {
    ///     // something else
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub fn upkeep(&self, at_most: Duration) -> Result<Sweep, Error> {
        self.tend_memory();
        let options = SweepOptions::new().limits(self.shared.keeper.limits).at_most(at_most);
        self.run_upkeep(&options)
    }

    /// Whether a sweep is under way, or none was finished lately, by the tallies as they were last read.
    pub(crate) fn is_sweep_due(&self, ledger: &Ledger<S>) -> bool {
        let now = self.sys().now();
        let is_recent = |at| now.since(at) < SWEEP_EVERY && at <= now.after(SWEEP_EVERY);
        ledger.place().is_some() || !ledger.usage().counted || !ledger.finished().is_some_and(is_recent)
    }
}

/// The two ends of the word that wakes the thread. One word waits at most.
pub(crate) fn bell() -> (SyncSender<()>, Receiver<()>) {
    sync_channel(1)
}

/// Starts the thread. It holds no handle while it rests, so that dropping the last one ends it.
///
/// Where there is no thread to be had, puts do its work.
pub(crate) fn start<C: Codec, S: Sys>(shared: &Arc<Shared<C, S>>, bell: Receiver<()>) {
    let weak = Arc::downgrade(shared);
    if shared.sys.spawn(Box::new(move || work(&weak, &bell))).is_err() {
        shared.keeper.do_without_thread();
    }
}

fn work<C: Codec, S: Sys>(shared: &Weak<Shared<C, S>>, bell: &Receiver<()>) {
    let mut rest = SHORT_REST;
    loop {
        match bell.recv_timeout(rest) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let Some(shared) = shared.upgrade() else { return };
        rest = slice(&Cache::of(shared));
    }
}

/// Works for a while; how long to rest after it.
fn slice<C: Codec, S: Sys>(cache: &Cache<C, S>) -> Duration {
    match cache.upkeep(THREAD_SLICE) {
        Ok(done) if !done.finished && !done.busy => SHORT_REST,
        Ok(_) => LONG_REST,
        Err(error) => {
            cache.fault(&error);
            LONG_REST
        }
    }
}
