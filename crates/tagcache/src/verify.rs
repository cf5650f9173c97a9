//! The examination: every name and every byte is looked at, and whatever is wrong is told with what it means.

mod finding;
mod run;

use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::cache::Cache;
use crate::error::Error;

pub use finding::{Finding, Harm, Wrong};
use run::Run;

/// How a cache is examined: [`Cache::verify`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyOptions {
    repair: bool,
    remove_foreign: bool,
    list_at_most: usize,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl VerifyOptions {
    /// Nothing is changed, and the first thousand findings are listed.
    #[must_use]
    pub const fn new() -> Self {
        Self { repair: false, remove_foreign: false, list_at_most: 1000 }
    }

    /// Removes what is wrong, so that it is computed anew: a cache may forget. What is foreign stays, and so does what a
    /// later version wrote.
    #[must_use]
    pub const fn repair(mut self, repair: bool) -> Self {
        self.repair = repair;
        self
    }

    /// When repairing, also removes what is not ours, in the directory itself and below `data/`, `tmp/` and `locks/`: files,
    /// links, directories with all that is in them. A symbolic link is removed and never followed.
    #[must_use]
    pub const fn remove_foreign(mut self, remove: bool) -> Self {
        self.remove_foreign = remove;
        self
    }

    /// How many findings are listed. All are counted.
    #[must_use]
    pub const fn list_at_most(mut self, findings: usize) -> Self {
        self.list_at_most = findings;
        self
    }
}

/// What an examination found: the answer to [`Cache::verify`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Another process was sweeping or verifying, so nothing was looked at.
    pub busy: bool,
    /// Entries that were met, sound or not.
    pub entries: u64,
    /// Tag links that were met, sound or not.
    pub links: u64,
    /// Drafts and leases of dead processes: litter, which a repair removes.
    pub orphans: u64,
    /// Findings that cost nothing but space.
    pub litter: u64,
    /// Findings that lose a value, which is computed anew, or keep values from being stored.
    pub losses: u64,
    /// Findings by which a value may be served that was invalidated.
    pub dangers: u64,
    /// Findings that were repaired.
    pub repaired: u64,
    /// Files that could not be read, or not repaired. Each reason was counted as a fault and given to the fault hook.
    pub failed: u64,
    /// The findings, the first so many of them: [`VerifyOptions::list_at_most`].
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
}

impl Verification {
    /// All of it in one number, for scripts:
    ///
    /// | | |
    /// |---|---|
    /// | 0 | everything was looked at, and is sound, or is now; there may be litter |
    /// | 1 | values are lost, and will be computed anew; or they cannot be stored |
    /// | 2 | a value may be served that was invalidated |
    /// | 3 | not everything could be looked at or repaired |
    ///
    /// The highest that is true. What was repaired does not count.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.busy || self.failed > 0 {
            3
        } else if self.dangers > 0 {
            2
        } else {
            u8::from(self.losses > 0)
        }
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Examines the whole cache: every entry with every byte of its value, every tag link, every name. What is wrong is told
    /// with what it means, and repaired on request. One process at a time does it, or sweeps.
    ///
    /// Safe beside everything else: what is being written is left alone. What is being replaced or invalidated in this very
    /// instant may be met as litter. Old entries are no finding: a [sweep](Self::sweep) removes them.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use tagcache::{Harm, VerifyOptions};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("page", &String::from("page"), &Policy::new())?;
    /// // A bit turns on the disk.
    /// let file = dir.path().join(tagcache::fs::Key::new("page")?.path().to_str()?);
    /// let mut bytes = std::fs::read(&file)?;
    /// bytes[110] ^= 1;
    /// std::fs::write(&file, bytes)?;
    ///
    /// let report = cache.verify(&VerifyOptions::new())?;
    /// assert_eq!((report.entries, report.losses, report.exit_code()), (1, 1, 1));
    /// for finding in &report.findings {
    ///     println!("{finding}");
    ///     assert_eq!(finding.wrong.harm(), Harm::Loss);
    /// }
    /// assert_eq!(cache.verify(&VerifyOptions::new().repair(true))?.exit_code(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Open`] when the directory is no longer the cache that was opened: its markers are gone, or those of
    /// another one. Then nothing is looked at, and nothing removed. [`Error::Io`] when a folder cannot be read.
    pub fn verify(&self, options: &VerifyOptions) -> Result<Verification, Error> {
        let began = self.sys().elapsed();
        let root = self.root();
        root.check_markers()?;
        let mut report = match Run::begin(self, &root, options)? {
            Some(run) => run.verify()?,
            None => Verification { busy: true, ..Verification::default() },
        };
        report.took = self.sys().elapsed().saturating_sub(began);
        Ok(report)
    }
}
