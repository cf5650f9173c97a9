//! Now and then a worker runs out of descriptors.

use std::fs::File;

use tagcache::Error;
use tagcache_fs::Errno;

use crate::hand::errno;
use crate::random::Random;

/// Eats descriptors, if the round has a limit on them.
#[derive(Debug)]
pub(crate) struct Hunger {
    limited: bool,
    random: Random,
}

impl Hunger {
    pub(crate) const fn new(limited: bool, seed: u64) -> Self {
        Self { limited, random: Random::new(seed) }
    }

    /// Once in a while, leaves only a few descriptors until the answer is dropped.
    pub(crate) fn now_and_then(&mut self) -> Vec<File> {
        if !self.limited || !self.random.once_in(8) {
            return Vec::new();
        }
        let mut eaten: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).take(4096).collect();
        let left = usize::try_from(self.random.below(7)).unwrap_or(0);
        eaten.truncate(eaten.len().saturating_sub(left));
        eaten
    }

    /// Whether this failure is its doing.
    pub(crate) fn excuses(&self, error: &Error) -> bool {
        self.limited && errno(error) == Some(Errno::MFILE)
    }
}
