//! How many calls of each name.

use std::fmt;

use crate::call::Call;

/// A number for every [`Call`]. Compares with a list of those that are not zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Counts([u64; Call::ALL.len()]);

impl Counts {
    /// No call at all.
    pub const NONE: Self = Self([0; Call::ALL.len()]);

    /// How many of this name.
    #[must_use]
    pub fn of(&self, call: Call) -> u64 {
        self.0[call as usize]
    }

    /// How many in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many of them change something.
    #[must_use]
    pub fn changing(&self) -> u64 {
        self.listed().filter(|(call, _)| call.changes()).map(|(_, count)| count).sum()
    }

    /// What was counted between an earlier look and this one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = *self;
        for (count, before) in counts.0.iter_mut().zip(earlier.0) {
            *count = count.saturating_sub(before);
        }
        counts
    }

    pub(crate) fn set(&mut self, call: Call, count: u64) {
        self.0[call as usize] = count;
    }

    fn listed(&self) -> impl Iterator<Item = (Call, u64)> + '_ {
        Call::ALL.iter().map(|call| (*call, self.of(*call))).filter(|(_, count)| *count > 0)
    }
}

impl<const N: usize> From<[(Call, u64); N]> for Counts {
    fn from(listed: [(Call, u64); N]) -> Self {
        let mut counts = Self::NONE;
        for (call, count) in listed {
            counts.set(call, counts.of(call) + count);
        }
        counts
    }
}

impl<const N: usize> PartialEq<[(Call, u64); N]> for Counts {
    fn eq(&self, other: &[(Call, u64); N]) -> bool {
        *self == Self::from(*other)
    }
}

/// A table: one line for each name that was called, and their sum.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (call, count) in self.listed() {
            writeln!(f, "{call:<16}{count:>6}")?;
        }
        write!(f, "{:<16}{:>6}", "all", self.total())
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.listed()).finish()
    }
}
