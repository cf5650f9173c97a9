//! The suites: what is held against what, in which order, and what comes of it as lines.

pub mod calls;
pub mod codecs;
pub mod growth;
pub mod several;
pub(crate) mod task;

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::crew::{Post, obey};
use crate::machine::{self, Machine};
use crate::rounds::{Effort, Round, measure};
use crate::{Pair, Place, pairs, places};
use calls::Count;
use task::{Doer, Task};

/// Whatever went wrong.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// A table of the page.
#[derive(Debug)]
pub struct Suite {
    /// Its word, in the lines and in the names of plots.
    pub word: &'static str,
    /// What the two sides are called.
    pub sides: [&'static str; 2],
    /// Only where the first place is: a large tree is a matter of the disk.
    pub first_place_only: bool,
    /// What is held against what.
    pub pairs: fn(&Place, &Effort) -> Vec<Pair>,
}

/// All of them, in the order of the page.
pub const ALL: [Suite; 5] = [
    Suite {
        word: "operations",
        sides: ["tagcache", "bare calls"],
        first_place_only: false,
        pairs: |place, effort| pairs::all(place, effort.most_links),
    },
    Suite {
        word: "codecs",
        sides: ["tagcache", "bare calls and codec"],
        first_place_only: false,
        pairs: |place, _| codecs::pairs(place),
    },
    Suite {
        word: "threads",
        sides: ["tagcache", "bare calls"],
        first_place_only: false,
        pairs: |place, _| several::threads(place),
    },
    Suite {
        word: "processes",
        sides: ["tagcache", "bare calls"],
        first_place_only: false,
        pairs: |place, _| several::processes(place),
    },
    Suite {
        word: "growth",
        sides: ["large", "1000 entries"],
        first_place_only: true,
        pairs: |place, effort| growth::pairs(place, effort.most_entries),
    },
];

/// A line of the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first one.
    Run {
        /// On what.
        machine: Machine,
        /// Whether it was only a look.
        quick: bool,
    },
    /// How many system calls an operation makes.
    Calls(Count),
    /// Before what follows is measured.
    Place {
        /// A word for it.
        place: String,
        /// Its filesystem.
        filesystem: String,
        /// The load of the machine before it began.
        load: f64,
    },
    /// One operation.
    Pair(Measured),
    /// The most memory that a process had which did everything once.
    Memory {
        /// In a tree of so many entries.
        entries: usize,
        /// In KiB.
        peak_kib: u64,
    },
    /// The last one.
    End {
        /// The load of the machine after it all.
        load: f64,
    },
}

/// Both sides of an operation, round by round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Of which suite.
    pub suite: String,
    /// Where.
    pub place: String,
    /// What was done.
    pub name: String,
    /// How many times its floor it may take.
    pub budget: Option<f64>,
    /// What was measured.
    pub rounds: Vec<Round>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// How much.
    pub effort: Effort,
    /// Whether this is only a look.
    pub quick: bool,
    /// Only what has a budget.
    pub with_budget: bool,
    /// Only what has one of these words in its suite, place or name; nothing for all.
    pub only: &'a [String],
}

impl Wish<'_> {
    fn wants(&self, suite: &str, place: &str, pair: &Pair) -> bool {
        let name = format!("{suite}/{place}/{}", pair.name);
        let chosen = self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()));
        chosen && (pair.budget.is_some() || !self.with_budget)
    }
}

/// Measures everything that is asked for. Whoever runs it needs many descriptors: see [`raise_descriptor_limit`].
///
/// # Errors
/// When a line cannot be written.
///
/// # Panics
/// When an operation does not do what it should.
pub fn run(wish: Wish<'_>, sink: &mut dyn FnMut(Line) -> Outcome<()>) -> Outcome<()> {
    sink(Line::Run { machine: Machine::here(), quick: wish.quick })?;
    calls::count().into_iter().try_for_each(|count| sink(Line::Calls(count)))?;
    for (index, place) in places().iter().enumerate() {
        let filesystem = machine::filesystem(&place.path(""));
        sink(Line::Place { place: place.name().into(), filesystem, load: machine::load() })?;
        for suite in ALL.iter().filter(|suite| index == 0 || !suite.first_place_only) {
            for mut pair in (suite.pairs)(place, &wish.effort) {
                if wish.wants(suite.word, place.name(), &pair) {
                    let rounds = measure(&mut pair, wish.effort);
                    let (suite, place) = (suite.word.into(), place.name().into());
                    sink(Line::Pair(Measured {
                        suite,
                        place,
                        name: pair.name,
                        budget: pair.budget,
                        rounds,
                    }))?;
                }
            }
        }
        if index == 0 && wish.only.is_empty() && !wish.with_budget {
            memory(place, wish.effort.most_entries, sink)?;
        }
    }
    sink(Line::End { load: machine::load() })
}

/// Each in a process of its own: what one tree has left in memory is not the next one's.
fn memory(place: &Place, most: usize, sink: &mut dyn FnMut(Line) -> Outcome<()>) -> Outcome<()> {
    for entries in [1000, 10_000, 100_000, 1_000_000].into_iter().filter(|&entries| entries <= most) {
        let mut command = Command::new(std::env::current_exe()?);
        let output =
            command.arg("memory").arg(growth::path(place, entries)).arg(entries.to_string()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let peak_kib = said.trim().parse().map_err(|_| format!("no peak of memory: {output:?}"))?;
        sink(Line::Memory { entries, peak_kib })?;
    }
    Ok(())
}

/// What a process does that a crew has started: the words of its command line, then lines of how often.
///
/// # Errors
/// When the words are not those of a crew, or a line is no number.
pub fn work(words: &[&str], lines: impl BufRead, answers: impl Write) -> Outcome<()> {
    let [task, doer, index, path] = words else { return Err("worker TASK DOER INDEX PATH".into()) };
    let task = *Task::ALL.iter().find(|known| known.word() == *task).ok_or("no such task")?;
    let doer = *Doer::ALL.iter().find(|known| known.word() == *doer).ok_or("no such side")?;
    obey(&Post { task, doer, path: PathBuf::from(path), index: index.parse()? }, lines, answers)
}

/// As many descriptors as the machine allows, as a server would ask for: the memory tier holds one for each value.
pub fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused the tier holds less.
    let _ = setrlimit(Resource::Nofile, limit);
}
