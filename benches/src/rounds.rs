//! Both sides of a pair in turns, so that whatever else the machine does hits both.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::pair::{Pace, Pair, Side};
use crate::spread::Spread;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often both sides are held against each other.
    pub rounds: usize,
    /// How many slices of each side a round has.
    pub slices: usize,
    /// After that no further round begins: on a slow disk the preparations take longer than what is measured.
    pub limit: Duration,
    /// How many entries the largest tree has, where growth is measured.
    pub most_entries: usize,
    /// How many links the largest invalidation has.
    pub most_links: usize,
}

impl Effort {
    /// For figures.
    pub const FULL: Self = Self {
        rounds: 9,
        slices: 40,
        limit: Duration::from_secs(6),
        most_entries: 1_000_000,
        most_links: 100_000,
    };
    /// For a look, and for a check.
    pub const QUICK: Self = Self {
        rounds: 5,
        slices: 15,
        limit: Duration::from_millis(1200),
        most_entries: 100_000,
        most_links: 1000,
    };
    /// Five rounds of everything that has a budget, however long they take.
    pub const CHECK: Self = Self { limit: Duration::from_secs(60), ..Self::QUICK };
    /// Each side once: whether it runs at all.
    pub const ONCE: Self =
        Self { rounds: 1, slices: 1, limit: Duration::ZERO, most_entries: 2000, most_links: 100 };
}

/// Nanoseconds per operation on both sides, in the middle of the slices of one round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Through the cache.
    pub ours: f64,
    /// The bare calls, or whatever it is held against.
    pub floor: f64,
}

impl Round {
    /// How many times as long as its floor ours takes.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.ours / self.floor
    }
}

/// How often it is tried how many operations a slice has.
const TRIES: usize = 3;
/// No spread is told of fewer rounds.
const LEAST: usize = 3;

/// Runs both sides of a pair in turns. A side that is slow or has much to prepare has fewer rounds, but three.
///
/// # Panics
/// When an operation does not do what it should.
pub fn measure(pair: &mut Pair, effort: Effort) -> Vec<Round> {
    let count = match pair.pace {
        Pace::Slices(time) if effort.slices > 1 => calibrate(pair, time),
        _ => 1,
    };
    let slices = pair.pace.slices(effort.slices);
    let began = Instant::now();
    let mut rounds = Vec::with_capacity(effort.rounds);
    let least = effort.rounds.min(LEAST);
    while rounds.len() < effort.rounds && (rounds.len() < least || began.elapsed() < effort.limit) {
        rounds.push(round(pair, count, slices, began + effort.limit));
    }
    rounds
}

/// The sides begin in turns: what one leaves behind (warm names, dirty pages) is not always the other's luck.
fn round(pair: &mut Pair, count: u64, slices: usize, end: Instant) -> Round {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for slice in 0..slices {
        if slice % 2 == 0 {
            floor.push(per_operation(&mut pair.floor, count));
        }
        ours.push(per_operation(&mut pair.ours, count));
        if slice % 2 == 1 {
            floor.push(per_operation(&mut pair.floor, count));
        }
        if Instant::now() > end {
            break;
        }
    }
    let middle = |values: Vec<f64>| Spread::of(values).map_or(f64::NAN, |spread| spread.median);
    Round { ours: middle(ours), floor: middle(floor) }
}

/// How many operations take about that long. Both sides do as many: the first of them often cost more, which is not to be
/// shared by fewer on one side. Several tries, since one that was interrupted says too few. Also warms up what there is
/// to warm up.
fn calibrate(pair: &mut Pair, time: Duration) -> u64 {
    let mut count = 1;
    for _ in 0..TRIES {
        for side in [&mut pair.ours, &mut pair.floor] {
            while side.run(count) < time / 2 {
                count *= 2;
            }
        }
    }
    count
}

#[allow(clippy::cast_precision_loss)] // counts are small
fn per_operation(side: &mut Side, count: u64) -> f64 {
    side.run(count).as_secs_f64() * 1e9 / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(nanos: u64) -> Side {
        Side::new(move || move |count| Duration::from_nanos(nanos * count))
    }

    #[test]
    fn a_round_is_the_time_of_one_operation_on_each_side() {
        let mut pair = Pair::new("twice", side(200), side(100));
        let effort = Effort { limit: Duration::from_secs(1), ..Effort::QUICK };
        let rounds = measure(&mut pair, effort);
        assert_eq!(rounds.len(), effort.rounds, "there was time for all of them");
        assert!(rounds.iter().all(|round| (round.ratio() - 2.0).abs() < 1e-9), "{rounds:?}");
    }

    #[test]
    fn what_is_slow_runs_in_one_round_at_least() {
        let mut pair = Pair::new("slow", side(200), side(100)).at(Pace::Once);
        assert_eq!(measure(&mut pair, Effort::ONCE).len(), 1);
    }
}
