//! The cleanup: what can never be served again leaves the disk.

mod options;
mod run;

use std::time::Duration;

use arc_swap::Guard;
use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::cache::Cache;
use crate::error::Error;
use crate::room::Manner;

pub use options::SweepOptions;
use run::Run;

/// What a sweep did, and what remains. Of a sweep in slices, what this slice did and met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sweep {
    /// Another process was sweeping, so this one did nothing.
    pub busy: bool,
    /// It reached the end of the tree. Otherwise the next slice goes on.
    pub finished: bool,
    /// Drafts removed whose writer is dead.
    pub drafts: u64,
    /// Entries removed: expired beyond use, invalidated, damaged.
    pub entries: u64,
    /// Entries removed to make room.
    pub evicted: u64,
    /// Disk space of those.
    pub evicted_bytes: u64,
    /// Disk space of the entries that were removed, and of the folders that went with those that were evicted.
    pub bytes: u64,
    /// Tag links removed whose entry is dead or gone.
    pub links: u64,
    /// Leases removed whose holder died.
    pub leases: u64,
    /// Empty folders removed.
    pub folders: u64,
    /// Entries that were met and remain; some of them may have been evicted after that.
    pub kept: u64,
    /// Disk space of those.
    pub kept_bytes: u64,
    /// Names in the tree that are none of ours. They were left alone, unless it was asked for.
    pub foreign: u64,
    /// How many of them were removed, with all that was in them.
    pub foreign_removed: u64,
    /// Entries that could not be read or removed. Each reason was counted as a fault and given to the fault hook.
    pub failed: u64,
    /// How long it took.
    pub took: Duration,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Removes what can never be served again: orphaned drafts, entries that are dead or too old, dead tag links, leases
    /// that nobody holds, empty folders. Safe beside everything else; one process at a time does it. Under
    /// [`Limits`](crate::Limits) it then evicts down to them.
    ///
    /// It judges an entry by its inode and by the head of its record; the payload is not read. What another program may
    /// read (another codec, schema or version) is kept.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("kept", &String::from("kept"), &Policy::new())?;
    /// cache.put("page", &String::from("page"), &Policy::new().tag("blog"))?;
    /// cache.invalidate_tag("blog")?;
    /// let report = cache.sweep()?;
    /// assert_eq!((report.entries, report.kept), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Open`] when the directory is no longer a cache; [`Error::Io`] when a folder of the tree cannot be read, or
    /// something in it cannot be removed.
    pub fn sweep(&self) -> Result<Sweep, Error> {
        self.sweep_with(&SweepOptions::new().limits(self.shared.keeper.limits))
    }

    /// The same in slices, with limits for this once, or without removing anything: see [`SweepOptions`].
    ///
    /// # Errors
    /// As for [`sweep`](Self::sweep).
    pub fn sweep_with(&self, options: &SweepOptions) -> Result<Sweep, Error> {
        let began = self.sys().elapsed();
        let ground = self.checked_ground()?;
        match Run::begin(self, &ground, options, began) {
            // Its lock is on a folder that somebody removed.
            Err(Error::Io(error)) if self.renew_ground_after(&error, ground.number) => {
                let ground = self.checked_ground()?;
                Self::sweep_as(Run::begin(self, &ground, options, began)?)
            }
            run => Self::sweep_as(run?),
        }
    }

    fn sweep_as(run: Option<Run<'_, C, S>>) -> Result<Sweep, Error> {
        run.map_or(Ok(Sweep { busy: true, ..Sweep::default() }), Run::sweep)
    }

    /// Makes room at once if it is wanted, and sweeps if that is due.
    pub(crate) fn run_upkeep(&self, options: &SweepOptions) -> Result<Sweep, Error> {
        let keeper = &self.shared.keeper;
        let ground = Guard::into_inner(self.ground());
        ground.ledger.refresh()?;
        if self.is_sweep_due(&ground.ledger) {
            return self.sweep_with(options);
        }
        let began = self.sys().elapsed();
        let mut report = Sweep { finished: true, ..Sweep::default() };
        if keeper.limits.are_set() {
            let mut go_on = || options.is_time_left(self.sys().elapsed(), began);
            if let Some(room) = self.keep_within(&ground, &keeper.limits, Manner::of_sweep(), &mut go_on)? {
                report.add_room(&room);
            }
        }
        report.took = self.sys().elapsed().saturating_sub(began);
        Ok(report)
    }
}
