//! Every way that a small plan can go.
//!
//! A run is repeated with other choices until none is left, depth first. A state that was met before (the disk, the
//! oracle, and what each process has seen so far) is not gone on from again: a process is a function of what it
//! has seen, so nothing new can follow. That makes the exploration whole, without a bound on preemptions.

use std::collections::HashSet;

use tagcache_fs::Sys;

use crate::choice::{Choices, Made};
use crate::program::Slip;
use crate::run::{Failure, Manner, Stage};
use crate::sim::Sim;

/// The states that were met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visited {
    /// Choices that only lead back to where this run leaves the one before.
    known: usize,
    states: HashSet<u128>,
}

impl Visited {
    /// Whether the run is at a state that was met before, after so many choices.
    pub(crate) fn meet(&mut self, used: usize, state: u128) -> bool {
        used >= self.known && !self.states.insert(state)
    }
}

/// What an exploration found.
#[derive(Debug)]
pub struct Explored {
    /// Runs.
    pub runs: u64,
    /// Different states.
    pub states: u64,
    /// Simulated calls.
    pub steps: u64,
    /// Nothing was left out.
    pub complete: bool,
    /// The first violation, told.
    pub failure: Option<Failure>,
}

impl Stage {
    /// Explores every way it can go, at most so many runs.
    #[must_use]
    pub fn explore(&self, most: u64) -> Explored {
        self.explore_as(most, &|sim| sim, None)
    }

    pub(crate) fn explore_as<S: Sys>(
        &self,
        most: u64,
        wrap: &dyn Fn(Sim) -> S,
        slip: Option<Slip>,
    ) -> Explored {
        let mut explored = Explored { runs: 0, states: 0, steps: 0, complete: false, failure: None };
        let mut visited = Visited::default();
        let mut next = Vec::new();
        // What a power cut leaves depends on the whole journal, which is not part of a state.
        let remembers = self.plan().budget.cuts == 0;
        while explored.runs < most {
            visited.known = next.len();
            let seen = remembers.then(|| std::mem::take(&mut visited));
            let manner = Manner { wrap, slip, tell: false, visited: seen };
            let report = self.run_as(Choices::given(next), manner);
            visited = report.visited.unwrap_or_default();
            explored.runs += 1;
            explored.steps += report.steps;
            if let Some(violation) = &report.violation {
                explored.failure = Some(self.failure_as(violation, &report.made, wrap, slip));
                break;
            }
            match following(report.made) {
                Some(choices) => next = choices,
                None => {
                    explored.complete = true;
                    break;
                }
            }
        }
        explored.states = visited.states.len() as u64;
        explored
    }
}

/// The next run in the order of a depth-first search.
fn following(mut made: Vec<Made>) -> Option<Vec<u32>> {
    while let Some(last) = made.pop() {
        if last.chosen + 1 < last.of {
            let mut next: Vec<u32> = made.iter().map(|made| made.chosen).collect();
            next.push(last.chosen + 1);
            return Some(next);
        }
    }
    None
}
