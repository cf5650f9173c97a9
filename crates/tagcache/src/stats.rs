//! Counters of one cache handle and its clones.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::events::{Figure, figure};
use crate::lookup::{Lookup, Miss, Source, Stored};
use crate::per_thread::PerThread;

/// A counter that is told when it moves.
#[derive(Debug)]
pub(crate) struct Count {
    value: AtomicU64,
    figure: Figure,
}

/// Each counter says how it is told, see [`figure!`].
macro_rules! counters {
    ($(
        $(#[$doc:meta])*
        $name:ident: $tell:ident $metric:literal $({ $label:literal: $value:literal })?,
    )*) => {
        #[derive(Debug)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Count,)*
        }

        impl Default for Counters {
            fn default() -> Self {
                Self {
                    $($name: Count {
                        value: AtomicU64::new(0),
                        figure: figure!($tell $name = $metric $({ $label: $value })?),
                    },)*
                }
            }
        }

        /// How each counter is told, its name, and its metric.
        #[cfg(all(test, feature = "metrics"))]
        pub(crate) const TOLD: &[(&str, &str, &str)] = &[
            $((stringify!($tell), stringify!($name), $metric),)*
        ];

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
            $(
                $(#[$doc])*
                #[doc = concat!("\n\nAs a metric: `", $metric, "`", $(" with `", $label, "` = `", $value, "`",)? ".")]
                pub $name: u64,
            )*
        }

        impl Counters {
            /// Together what was counted by all threads.
            pub(crate) fn sum(all: &PerThread<Self>) -> Stats {
                let mut stats = Stats::default();
                for counters in all.iter() {
                    $(stats.$name += counters.$name.value.load(Ordering::Relaxed);)*
                }
                // Whoever finds a value in memory counts once.
                stats.fresh += stats.from_memory;
                stats
            }
        }
    };
}

counters! {
    /// Looks that found a fresh value.
    fresh: apart "tagcache_lookups_total" { "found": "fresh" },
    /// Those of them that were kept in memory.
    from_memory: counted "tagcache_memory_hits_total",
    /// Looks that found a value to be refreshed.
    stale: apart "tagcache_lookups_total" { "found": "stale" },
    /// Looks that found nothing stored.
    absent: apart "tagcache_lookups_total" { "found": "miss" },
    /// Looks that found an entry that was taken away.
    invalidated: apart "tagcache_lookups_total" { "found": "miss" },
    /// Looks that found a damaged file, or something that is no file.
    damaged: apart "tagcache_lookups_total" { "found": "miss" },
    /// Looks that found a whole record of another key, codec, schema or boot, or one whose payload cannot be decoded.
    foreign: apart "tagcache_lookups_total" { "found": "miss" },
    /// Looks that found nothing usable for another reason: too old, superseded, with a foreign link.
    unusable: apart "tagcache_lookups_total" { "found": "miss" },
    /// Times that compute-through served a stale value because another caller was refreshing it.
    served_stale: told "tagcache_old_values_total" { "for": "refresh" },
    /// Times that an old value stood in for an error: of this caller's computation, or of one a short while ago.
    stood_in: told "tagcache_old_values_total" { "for": "error" },
    /// Times that compute-through had the lease and left the source alone, since the last computation failed a short
    /// while ago.
    held_off: told "tagcache_held_off_total",
    /// Turns to compute before the value expired.
    early: counted "tagcache_refreshes_total" { "reason": "early" },
    /// Turns to compute that were demanded although there may have been a fresh value.
    forced: counted "tagcache_refreshes_total" { "reason": "forced" },
    /// Computations that were begun behind their callers.
    behind: counted "tagcache_behind_total" { "outcome": "begun" },
    /// Computations behind the caller that were not begun, since there were enough at once or no thread could be started.
    behind_skipped: told "tagcache_behind_total" { "outcome": "skipped" },
    /// Computations behind the caller that panicked.
    behind_panics: told "tagcache_behind_total" { "outcome": "panicked" },
    /// Values computed by this process.
    computed: counted "tagcache_computations_total",
    /// Values stored.
    stored: counted "tagcache_values_total" { "outcome": "stored" },
    /// Values not stored because an invalidation overtook them.
    raced: counted "tagcache_values_total" { "outcome": "raced" },
    /// Values that their fill declined to store.
    declined: counted "tagcache_values_total" { "outcome": "declined" },
    /// Times that a caller waited for another one's computation.
    waits: told "tagcache_waits_total",
    /// Times that the wait limit ended a wait.
    wait_timeouts: told "tagcache_wait_timeouts_total",
    /// Times that a thread asked to fill the key that it was filling already.
    reentrant: told "tagcache_reentrant_total",
    /// Times that two callers would have waited for each other, and one computed at once.
    cycles: told "tagcache_cycles_total",
    /// Invalidations and soft expiries that were carried out.
    invalidations: apart "tagcache_invalidations_total",
    /// Entries that this process evicted to keep within its limits.
    evicted: counted "tagcache_evicted_total",
    /// Errors that were kept from a caller of compute-through or of a sweep. The fault hook was given the first of each kind,
    /// and one a minute.
    faults: apart "tagcache_faults_total",
}

impl Counters {
    pub(crate) fn add(counter: &Count) {
        counter.value.fetch_add(1, Ordering::Relaxed);
        counter.figure.tell();
    }

    pub(crate) fn count_look<T>(&self, look: &Lookup<T>) {
        Self::add(match look {
            Lookup::Fresh(hit) if hit.source() == Source::Memory => &self.from_memory,
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
