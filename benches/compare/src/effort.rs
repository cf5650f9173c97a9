//! How much is measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The size of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Effort {
    /// How many entries a store holds.
    pub entries: usize,
    /// How many where every put waits for the disk, and so filling does.
    pub durable_entries: usize,
    /// How often all of it is done.
    pub rounds: usize,
    /// How long one peer does one thing in one round.
    pub slice: Duration,
    /// How many processes there are where there are several.
    pub processes: u32,
}

impl Effort {
    /// For figures.
    pub const FULL: Self = Self {
        entries: 20_000,
        durable_entries: 2_000,
        rounds: 5,
        slice: Duration::from_millis(150),
        processes: 4,
    };
    /// For a look: under two minutes.
    pub const QUICK: Self = Self {
        entries: 2_000,
        durable_entries: 200,
        rounds: 5,
        slice: Duration::from_millis(15),
        processes: 4,
    };
}
