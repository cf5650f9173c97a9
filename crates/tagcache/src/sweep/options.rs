//! How a sweep is made.

use std::time::Duration;

use crate::limits::Limits;

/// How a sweep is made: all at once or in slices, for real or on trial.
///
/// ```
/// use std::time::Duration;
/// use tagcache::{Builder, Limits, Policy, Raw, SweepOptions};
///
/// # let dir = tempfile::tempdir()?;
/// let cache = Builder::new(Raw).open(dir.path())?;
/// for page in 0..10 {
///     cache.put(format!("page {page}"), &String::from("page"), &Policy::new())?;
/// }
/// // What would be evicted?
/// let five = SweepOptions::new().limits(Limits::new().files(5));
/// assert_eq!(cache.sweep_with(&five.dry_run(true))?.evicted, 5);
/// assert_eq!(cache.sweep_with(&five)?.evicted, 5);
///
/// // A slice now and then. Any process goes on where the last one stopped.
/// let slice = SweepOptions::new().at_most(Duration::from_millis(20));
/// while !cache.sweep_with(&slice)?.finished {}
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepOptions {
    pub(super) at_most: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) dry_run: bool,
    pub(super) remove_foreign: bool,
    pub(super) keep_tallies: bool,
}

impl SweepOptions {
    /// The whole tree at once, for real, without limits; what is foreign stays.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            at_most: None,
            limits: Limits::new(),
            dry_run: false,
            remove_foreign: false,
            keep_tallies: false,
        }
    }

    /// Stops after about so long, and goes on the next time, in whatever process. A step is one shard folder or 64 entries of
    /// a large one, or the links of one tag in one of its hundred folders or a thousand of them; each slice does at least one,
    /// and an eighth of what was done before of the same folder.
    #[must_use]
    pub const fn at_most(mut self, time: Duration) -> Self {
        self.at_most = Some(time);
        self
    }

    /// At the end of the tree, evicts down to these limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Changes nothing, and reports what would be removed: all of the tree at once, as far as it can be told beforehand.
    /// A folder that would become empty is not foreseen, nor are the links of a damaged entry certain; what is evicted for a limit on
    /// bytes is counted with the folders that an entry has on average.
    #[must_use]
    pub const fn dry_run(mut self, dry: bool) -> Self {
        self.dry_run = dry;
        self
    }

    /// Also removes what is not ours below `data/`, `tmp/` and `locks/`: files, links, directories with all that is in
    /// them. A symbolic link is removed and never followed. What lies beside those three folders stays.
    #[must_use]
    pub const fn remove_foreign(mut self, remove: bool) -> Self {
        self.remove_foreign = remove;
        self
    }

    /// Leaves its count in the file `usage`, where [`Cache::usage`](crate::Cache::usage) finds it. Under limits, in slices,
    /// and where somebody keeps tallies already, it does so in any case.
    #[must_use]
    pub const fn keep_tallies(mut self, keep: bool) -> Self {
        self.keep_tallies = keep;
        self
    }

    pub(super) fn is_time_left(&self, now: Duration, began: Duration) -> bool {
        self.at_most.is_none_or(|time| now.saturating_sub(began) < time)
    }

    pub(super) fn wants_ledger(&self) -> bool {
        !self.dry_run && (self.keep_tallies || self.at_most.is_some() || self.limits.are_set())
    }
}
