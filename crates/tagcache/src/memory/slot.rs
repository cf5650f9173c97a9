//! One kept value.

use std::any::Any;
use std::sync::Arc;

use tagcache_fs::{Held, Meta, Sys, Time};

use super::name::Name;
use crate::chance::Due;
use crate::lookup::Stale;
use crate::verdict::{Life, Verdict, judge_age};

/// A value, the open file that it was read from, and what its record says. All that a hit looks at lies here, in few lines
/// of the processor's caches: with many values, fetching those is what a hit takes beside its call.
pub(super) struct Slot<S: Sys> {
    pub(super) hash: u64,
    pub(super) name: Name,
    /// On which opening of the root it was read: what is in another directory now is not heard of there.
    pub(super) ground: usize,
    pub(super) held: Held<S>,
    /// The latest time that an inode can say there.
    pub(super) latest: Time,
    pub(super) life: Life,
    pub(super) due: Due,
    /// What it counts against the bound on bytes.
    pub(super) len: u64,
    pub(super) value: Arc<dyn Any + Send + Sync>,
}

/// What becomes of a value whose file is as it was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    Stale(Stale),
    /// Not to be served any more, to anybody.
    Over,
}

/// Its names, codec, schema and boot were judged when it was kept, and its file did not change: what is left to judge
/// is its age.
pub(super) fn age(meta: &Meta, life: Life, now: Time, latest: Time) -> Age {
    match judge_age(meta, life, now, latest) {
        Verdict::Fresh => Age::Fresh,
        Verdict::Expired => Age::Stale(Stale::Expired),
        Verdict::SoftlyExpired => Age::Stale(Stale::SoftlyExpired),
        Verdict::FromTheFuture => Age::Stale(Stale::FromTheFuture),
        _ => Age::Over,
    }
}
