//! Where the files of a round lie.

use std::path::{Path, PathBuf};

/// The directory of one round: the cache, and everything outside of it.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// In this directory.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The cache.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// What happened, in order.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// How often what was done.
    #[must_use]
    pub fn tally(&self) -> PathBuf {
        self.0.join("tally")
    }

    /// What the workers complain about, panics included.
    #[must_use]
    pub fn complaints(&self) -> PathBuf {
        self.0.join("complaints")
    }

    /// Where somebody who knows nothing of the cache keeps hard links to its files.
    #[must_use]
    pub fn backup(&self) -> PathBuf {
        self.0.join("backup")
    }
}
