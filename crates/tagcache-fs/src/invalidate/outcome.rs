//! What an invalidation did, and what it could not do.

use std::fmt;

use crate::error::Error;

/// What an invalidation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touched {
    /// How many links or entries were poisoned or softly expired. An entry that is reached by two of the given tags
    /// counts twice.
    pub links: u64,
}

/// An invalidation that could not be completed: something that it should have taken away may still be served.
///
/// The rest was done. Calling again is safe and continues.
#[derive(Clone, Debug)]
pub struct Incomplete {
    what: String,
    first: Error,
    failures: u64,
}

impl Incomplete {
    /// The first call that failed.
    #[must_use]
    pub fn first(&self) -> &Error {
        &self.first
    }

    /// How many calls failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may still be served: {}", self.what, self.first)?;
        if self.failures > 1 {
            write!(f, " (and {} more failures)", self.failures - 1)?;
        }
        f.write_str("; invalidate again once this is mended")
    }
}

impl std::error::Error for Incomplete {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.first)
    }
}

/// The failures of a pass that goes on in spite of them.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) touched: Touched,
    pub(super) first: Option<Error>,
    pub(super) failures: u64,
}

impl Tally {
    pub(super) fn note(&mut self, outcome: Result<(), Error>) {
        if let Err(error) = outcome {
            self.failures += 1;
            self.first.get_or_insert(error);
        }
    }

    pub(super) fn finish(self, what: impl FnOnce() -> String) -> Result<Touched, Incomplete> {
        match self.first {
            None => Ok(self.touched),
            Some(first) => Err(Incomplete { what: what(), first, failures: self.failures }),
        }
    }
}
