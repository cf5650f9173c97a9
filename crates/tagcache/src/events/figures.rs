//! Figures for the crate `metrics`. All caches of a program are counted together, by its recorder.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use tagcache_fs::{Incomplete, Touched};

use super::{By, Manner};
use crate::error::Error;
use crate::lookup::{Lookup, Miss};

/// What adds one to a metric. Its name and label are literals, so its key is static, and counting allocates nothing.
macro_rules! metric {
    (apart $($rest:tt)*) => {
        None
    };
    ($tell:ident $name:literal $({ $label:literal: $value:literal })?) => {
        Some(|| ::metrics::counter!($name $(, $label => $value)?).increment(1))
    };
}
pub(crate) use metric;

/// Every counter, in the order of the page.
pub(super) const COUNTERS: [(&str, &str); 16] = [
    ("tagcache_lookups_total", "Looks for a key, by what was found and why it was not fresh"),
    ("tagcache_memory_hits_total", "Looks that were answered fresh from memory"),
    ("tagcache_computations_total", "Values computed"),
    ("tagcache_values_total", "Values that were to be stored, by what became of them"),
    ("tagcache_old_values_total", "Old values served, while a new one was computed or for want of one"),
    ("tagcache_held_off_total", "Computations not begun since one failed a short while ago"),
    ("tagcache_refreshes_total", "Turns to compute although the value may be fresh"),
    ("tagcache_behind_total", "Computations behind their callers, by what became of them"),
    ("tagcache_waits_total", "Waits for the computation of another caller"),
    ("tagcache_wait_timeouts_total", "Waits that the wait limit ended"),
    ("tagcache_reentrant_total", "Requests for a key by the one who was computing it"),
    ("tagcache_cycles_total", "Waits not begun since two callers would have waited for each other"),
    ("tagcache_evicted_total", "Entries evicted to keep within the limits"),
    (
        "tagcache_invalidations_total",
        "Invalidations and soft expiries, by what they named and how they ended",
    ),
    ("tagcache_invalidated_links_total", "Links that invalidations removed or soft expiries found"),
    ("tagcache_faults_total", "Errors kept from callers, by kind"),
];

/// Tells every metric with its unit. Done each time a cache is opened, since the recorder may be younger than the one before.
pub(super) fn describe() {
    for (name, text) in COUNTERS {
        describe_counter!(name, Unit::Count, text);
    }
    describe_histogram!("tagcache_compute_seconds", Unit::Seconds, "How long it took to compute a value");
}

pub(super) fn looked<T>(look: &Lookup<T>) {
    match look {
        // All literals, and so a static key: a hit allocates for its value only, and a plain miss for nothing.
        Lookup::Fresh(_) => counter!("tagcache_lookups_total", "found" => "fresh", "reason" => ""),
        Lookup::Miss(Miss::Absent) => {
            counter!("tagcache_lookups_total", "found" => "miss", "reason" => "absent")
        }
        Lookup::Stale(_, stale) => {
            counter!("tagcache_lookups_total", "found" => "stale", "reason" => stale.word())
        }
        Lookup::Miss(miss) => counter!("tagcache_lookups_total", "found" => "miss", "reason" => miss.word()),
    }
    .increment(1);
}

pub(super) fn computed(took: Duration) {
    histogram!("tagcache_compute_seconds").record(took);
}

pub(super) fn invalidated(by: By, manner: Manner, outcome: &Result<Touched, Incomplete>) {
    let (by, manner) = (by.word(), manner.word());
    let complete = if outcome.is_ok() { "complete" } else { "incomplete" };
    let ended =
        counter!("tagcache_invalidations_total", "by" => by, "manner" => manner, "outcome" => complete);
    ended.increment(1);
    if let Ok(touched) = outcome {
        counter!("tagcache_invalidated_links_total", "by" => by, "manner" => manner).increment(touched.links);
    }
}

pub(super) fn fault(error: &Error) {
    counter!("tagcache_faults_total", "kind" => error.word()).increment(1);
}
