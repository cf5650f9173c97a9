//! The whole run: every filesystem, every way of cutting, every durability; a table at the end.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Cycle;
use std::slice::Iter;
use std::time::Instant;

use tagcache::Layout;
use tagcache::fs::Os;
use tagcache::fs::sys::Env;
use tagcache_images::{Filesystem, Halt, Workshop, enter_namespace};

use crate::args::Args;
use crate::chance::Chance;
use crate::check::Violation;
use crate::power::Break;
use crate::reboots::Victim;
use crate::report::{Row, Tally, table};
use crate::rig::Rig;
use crate::{reboots, snapshot};

/// How the power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The image is copied in an instant while the workload runs on.
    Snapshot,
    /// The filesystem is told to stop.
    Shutdown,
    /// The drive under the filesystem forgets what it was not told to flush.
    Drive,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Snapshot, Self::Shutdown, Self::Drive];

    fn works_on(self, filesystem: Filesystem) -> bool {
        self != Self::Shutdown || filesystem.can_be_shut_down()
    }

    /// How many crash states one new filesystem gives.
    const fn states_per_round(self) -> u64 {
        match self {
            Self::Snapshot => 25,
            Self::Shutdown | Self::Drive => 12,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Snapshot => "snapshot",
            Self::Shutdown => "shutdown",
            Self::Drive => "drive",
        })
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is well, as far as could be tried.
    Passed,
    /// There is a violation, or a planted mistake was not caught, or something was skipped that is required.
    Failed,
}

/// Says one line to whoever watches.
pub type Say<'a> = &'a mut dyn FnMut(&str);

/// Runs all that is asked for.
#[must_use]
pub fn run(args: &Args, say: Say<'_>) -> Verdict {
    let workshop = enter_namespace().and_then(|()| Workshop::new("powerfail"));
    let seed = args.seed.unwrap_or_else(|| Os.random());
    say(&format!("seed {seed}"));
    let mut campaign = Campaign {
        args,
        say,
        chance: Chance::new(seed),
        layouts: args.layouts.iter().cycle(),
        rows: Vec::new(),
        verdict: Verdict::Passed,
    };
    for filesystem in &args.filesystems {
        match &workshop {
            Ok(workshop) => campaign.filesystem(workshop, *filesystem),
            Err(halt) => campaign.halted(*filesystem, "", halt),
        }
    }
    campaign.finish()
}

struct Campaign<'a> {
    args: &'a Args,
    say: Say<'a>,
    chance: Chance,
    /// Those of the next rounds.
    layouts: Cycle<Iter<'a, Layout>>,
    rows: Vec<Row>,
    verdict: Verdict,
}

impl Campaign<'_> {
    fn filesystem(&mut self, workshop: &Workshop, filesystem: Filesystem) {
        let methods: Vec<_> =
            self.args.methods.iter().copied().filter(|method| method.works_on(filesystem)).collect();
        if methods.is_empty() {
            let why = "a shutdown does not cut its power; ask for --mode snapshot,drive";
            self.halted(filesystem, "", &Halt::Skip(why.into()));
        }
        let cells = methods.len() * self.args.durabilities.len();
        let states = self.args.states.div_ceil(cells.max(1) as u64);
        let first_row = self.rows.len();
        for method in methods {
            for durability in self.args.durabilities.clone() {
                let Args { broken, processes, .. } = *self.args;
                // Of each round its own.
                let layout = Layout::default();
                let rig = Rig { workshop, filesystem, durability, layout, broken, processes };
                if let Err(halt) = self.cell(&rig, method, states) {
                    self.halted(filesystem, &method.to_string(), &halt);
                    // For the same reason the next one would halt, too.
                    break;
                }
            }
        }
        let rows = self.rows.get(first_row..).unwrap_or_default();
        if !rows.is_empty() {
            let caught = rows.iter().any(|row| !row.tally.violations.is_empty());
            self.judge(filesystem, caught);
        }
    }

    /// One line of the table. What was found before something halted counts, too.
    fn cell(&mut self, rig: &Rig<'_>, method: Method, states: u64) -> Result<(), Halt> {
        let began = Instant::now();
        let mut tally = Tally::default();
        let mut outcome = Ok(());
        while outcome.is_ok() && tally.states < states {
            let round = method.states_per_round().min(states - tally.states);
            let rig = &Rig { layout: self.layouts.next().copied().unwrap_or_default(), ..*rig };
            let done = match method {
                Method::Snapshot => snapshot::round(rig, round, &mut self.chance),
                Method::Shutdown => reboots::round(rig, Victim::Filesystem, round, &mut self.chance),
                Method::Drive => reboots::round(rig, Victim::Drive, round, &mut self.chance),
            };
            outcome = done.map(|done| tally.add(done));
            let (done, violations) = (tally.states, tally.violations.len());
            (self.say)(&format!(
                "{}, {method}, {}, {}: {done} of {states} states, {violations} violations",
                rig.filesystem, rig.durability, rig.layout
            ));
        }
        for (kind, (count, first)) in kinds(&tally.violations) {
            (self.say)(&format!("  {count} VIOLATIONS of {kind}, the first: {first}"));
        }
        if tally.states > 0 {
            self.rows.push(Row {
                filesystem: rig.filesystem.to_string(),
                method: method.to_string(),
                durability: rig.durability.to_string(),
                tally,
                took: began.elapsed(),
            });
        }
        outcome
    }

    fn judge(&mut self, filesystem: Filesystem, caught: bool) {
        let Some(broken) = self.args.broken else {
            if caught {
                self.verdict = Verdict::Failed;
            }
            return;
        };
        let expected = shows(broken, filesystem);
        (self.say)(&match (caught, expected) {
            (true, true) => format!("{filesystem}: the mistake `{broken}` was caught"),
            (false, false) => format!("{filesystem}: the mistake `{broken}` is none here"),
            (true, false) => format!("{filesystem}: violations, though `{broken}` is no mistake here"),
            (false, true) => format!("{filesystem}: the mistake `{broken}` was NOT caught"),
        });
        if caught != expected {
            self.verdict = Verdict::Failed;
        }
    }

    fn halted(&mut self, filesystem: Filesystem, method: &str, halt: &Halt) {
        let word = match halt {
            Halt::Skip(_) => "SKIPPED",
            Halt::Fail(_) => "FAILED",
        };
        if self.args.require || matches!(halt, Halt::Fail(_)) {
            self.verdict = Verdict::Failed;
        }
        let method = if method.is_empty() { String::new() } else { format!(" {method}") };
        (self.say)(&format!("{word}: {filesystem}{method}: {halt}"));
    }

    fn finish(self) -> Verdict {
        if !self.rows.is_empty() {
            (self.say)(&table(&self.rows));
        }
        self.verdict
    }
}

/// How many violations there are of each invariant, and the first.
fn kinds(violations: &[Violation]) -> BTreeMap<&str, (u64, &Violation)> {
    let mut kinds = BTreeMap::new();
    for violation in violations {
        let kind = violation.what.split(':').next().unwrap_or_default();
        kinds.entry(kind).or_insert((0, violation)).0 += 1;
    }
    kinds
}

/// Whether a planted mistake does harm on this filesystem.
fn shows(broken: Break, filesystem: Filesystem) -> bool {
    match broken {
        Break::Barrier | Break::Empty => true,
        Break::Order => !filesystem.is_ordered(),
    }
}
