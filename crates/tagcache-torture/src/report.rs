//! What a run showed, for people.

use std::fmt;
use std::time::Duration;

use crate::plan::Plan;
use crate::round::Outcome;
use crate::tally::{Deed, Sums};

/// More than this is not printed; all of it lies in the directory that is kept.
const SHOWN: usize = 10;

/// The sums over all rounds so far.
#[derive(Clone, Debug)]
pub struct Report {
    seed: u64,
    rounds: u64,
    kills: u64,
    entries: u64,
    ran: Duration,
    sums: Sums,
    /// The first round that was not clean.
    bad: Option<(u64, Plan, Outcome)>,
}

impl Report {
    /// No round yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (sums, ran) = (Sums::default(), Duration::ZERO);
        Self { seed, rounds: 0, kills: 0, entries: 0, ran, sums, bad: None }
    }

    /// Adds a round.
    pub fn add(&mut self, plan: &Plan, outcome: &Outcome) {
        self.rounds += 1;
        self.kills += outcome.kills;
        self.entries += outcome.entries;
        self.ran += outcome.ran;
        self.sums.add(&outcome.sums);
        if !outcome.is_clean() {
            self.bad.get_or_insert_with(|| (self.rounds, plan.clone(), outcome.clone()));
        }
    }

    /// How many rounds there were.
    #[must_use]
    pub const fn rounds(&self) -> u64 {
        self.rounds
    }

    /// How many processes were killed.
    #[must_use]
    pub const fn kills(&self) -> u64 {
        self.kills
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.bad.is_none()
    }

    /// The first thing that was found, and when.
    #[must_use]
    pub fn finding(&self) -> Option<String> {
        let (_, _, outcome) = self.bad.as_ref()?;
        let first = outcome.violations.iter().chain(&outcome.leaks).next()?;
        let seconds = self.ran.as_secs_f64();
        Some(format!("found after {seconds:.1} s and {} kills: {first}", self.kills))
    }

    /// One line on the present, with the round that is going on.
    #[must_use]
    pub fn line(&self, now: &Outcome) -> String {
        let reads = |sums: &Sums| sums.of(Deed::Fresh) + sums.of(Deed::Stale);
        format!(
            "round {}, {:.0?}: {} kills, {} operations, {} reads checked, {} violations",
            self.rounds + 1,
            self.ran + now.ran,
            self.kills + now.kills,
            self.sums.total() + now.sums.total(),
            reads(&self.sums) + reads(&now.sums),
            now.violations.len(),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.ran.as_secs_f64().max(0.001);
        let (violations, leaks) = self
            .bad
            .as_ref()
            .map_or((0, 0), |(_, _, outcome)| (outcome.violations.len(), outcome.leaks.len()));
        writeln!(f, "torture: {} rounds in {seconds:.1} s, seed {}", self.rounds, self.seed)?;
        writeln!(f, "{:>12} kills", self.kills)?;
        for deed in Deed::ALL {
            writeln!(f, "{:>12} {}", self.sums.of(*deed), deed.text())?;
        }
        #[allow(clippy::cast_precision_loss)] // for people
        let pace = self.sums.total() as f64 / seconds;
        writeln!(f, "{pace:>12.0} operations a second")?;
        writeln!(f, "{:>12} entries alive after the last sweeps", self.entries)?;
        writeln!(f, "{violations:>12} violations")?;
        writeln!(f, "{leaks:>12} leaks")?;
        let Some((round, plan, outcome)) = &self.bad else { return Ok(()) };
        writeln!(f, "\nround {round} was not clean: {plan}")?;
        outcome
            .violations
            .iter()
            .chain(&outcome.leaks)
            .take(SHOWN)
            .try_for_each(|line| writeln!(f, "  {line}"))
    }
}
