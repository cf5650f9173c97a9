//! Counters of one cache handle and its clones.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::lookup::{Lookup, Miss, Stored};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: AtomicU64,)*
        }

        /// What a cache and its clones in this process did since it was opened.
        ///
        /// ```
        /// # use tagcache::{Builder, Policy, Raw};
        /// # let dir = tempfile::tempdir()?;
        /// # let cache = Builder::new(Raw).open(dir.path())?;
        /// for _ in 0..3 {
        ///     cache.get_with("page", &Policy::new(), |_| String::from("page"));
        /// }
        /// let stats = cache.stats();
        /// assert_eq!((stats.absent, stats.computed, stats.fresh), (1, 1, 2));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Stats {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub(crate) fn snapshot(&self) -> Stats {
                Stats { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Looks that found a fresh value.
    fresh,
    /// Looks that found a value to be refreshed.
    stale,
    /// Looks that found nothing stored.
    absent,
    /// Looks that found an entry that was taken away.
    invalidated,
    /// Looks that found a damaged file, or something that is no file.
    damaged,
    /// Looks that found a whole record of another key, codec, schema or boot, or one whose payload cannot be decoded.
    foreign,
    /// Looks that found nothing usable for another reason: too old, superseded, with a foreign link.
    unusable,
    /// Times that compute-through served a stale value because another caller was refreshing it.
    served_stale,
    /// Times that an old value stood in for an error: of this caller's computation, or of one a short while ago.
    stood_in,
    /// Times that compute-through had the lease and left the source alone, since the last computation failed a short
    /// while ago.
    held_off,
    /// Turns to compute before the value expired.
    early,
    /// Turns to compute that were demanded although there may have been a fresh value.
    forced,
    /// Computations that were begun behind their callers.
    behind,
    /// Computations behind the caller that were not begun, since there were enough at once or no thread could be started.
    behind_skipped,
    /// Computations behind the caller that panicked.
    behind_panics,
    /// Values computed by this process.
    computed,
    /// Values stored.
    stored,
    /// Values not stored because an invalidation overtook them.
    raced,
    /// Values that their fill declined to store.
    declined,
    /// Times that a caller waited for another one's computation.
    waits,
    /// Times that the wait limit ended a wait.
    wait_timeouts,
    /// Times that a thread asked to fill the key that it was filling already.
    reentrant,
    /// Times that two callers would have waited for each other, and one computed at once.
    cycles,
    /// Invalidations and soft expiries that were carried out.
    invalidations,
    /// Errors that were kept from a caller of compute-through or of a sweep. Each was given to the fault hook.
    faults,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_look<T>(&self, look: &Lookup<T>) {
        Self::add(match look {
            Lookup::Fresh(_) => &self.fresh,
            Lookup::Stale(..) => &self.stale,
            Lookup::Miss(Miss::Absent) => &self.absent,
            Lookup::Miss(Miss::Invalidated) => &self.invalidated,
            Lookup::Miss(Miss::Damaged(_) | Miss::NotAFile) => &self.damaged,
            Lookup::Miss(
                Miss::OtherKey
                | Miss::OtherCodec { .. }
                | Miss::OtherSchema { .. }
                | Miss::OtherBoot
                | Miss::Undecodable(_),
            ) => &self.foreign,
            Lookup::Miss(Miss::TooOld | Miss::Superseded | Miss::ForeignLink | Miss::Fault) => &self.unusable,
        });
    }

    pub(crate) fn count_stored(&self, stored: Stored) {
        match stored {
            Stored::Yes => Self::add(&self.stored),
            Stored::Raced => Self::add(&self.raced),
            Stored::Declined => Self::add(&self.declined),
            // Counted where they happened: as a time-out, as a cycle, or as a fault.
            Stored::Unleased | Stored::Cycle | Stored::Fault => {}
        }
    }
}
