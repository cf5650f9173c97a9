//! All that there is: the disk, the processes, what is known outside, and the choices that are left.

use std::ffi::CString;
use std::sync::OnceLock;
use std::time::Duration;

use tagcache_fs::{Key, Layout, Tag, Time};

use crate::body::Body;
use crate::choice::{About, Choices, Random};
use crate::crew::{LAST, MAX_PROCESSES};
use crate::explore::Visited;
use crate::fault::{CallKind, Fault, faults};
use crate::fold::Fold;
use crate::fs::{Disk, Number};
use crate::oracle::{Oracle, Violation};

/// Keys and tags that the simulated programs use.
pub(crate) const KEYS: usize = 3;
/// One bit each in [`Body::tags`].
pub(crate) const TAGS: usize = 4;

/// Where the root lies on the simulated device. It is a whole path: whoever opened a root by a part of one does not look where it
/// is.
pub(crate) const ROOT: &str = "/cache";

/// The keys and tags, made once: their names cost two digests each.
pub(crate) struct Names {
    pub(crate) keys: Vec<Key>,
    /// Where an entry may lie: a disk has one layout.
    places: Vec<[CString; 2]>,
    pub(crate) tags: Vec<Tag>,
}

pub(crate) fn names() -> &'static Names {
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES.get_or_init(|| {
        let keys: Vec<_> = (0..KEYS).filter_map(|key| Key::new(format!("key-{key}")).ok()).collect();
        let places = keys.iter().map(|key| Layout::ALL.map(|layout| key.path_in(layout))).collect();
        let tags = (0..TAGS).filter_map(|tag| Tag::new(format!("tag-{tag}")).ok()).collect();
        Names { keys, places, tags }
    })
}

/// The inode that has the name of a key.
pub(crate) fn key_number(disk: &Disk, key: u8) -> Option<Number> {
    let base = disk.resolve(crate::fs::TOP, ROOT.as_bytes()).ok()?;
    let places = &names().places[usize::from(key)];
    places.iter().find_map(|place| disk.resolve(base, place.to_bytes()).ok())
}

/// How often fate may strike in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Processes that may die.
    pub deaths: u8,
    /// Power cuts; a second one may come while what was left by the first is being used.
    pub cuts: u8,
    /// Calls that may fail.
    pub faults: u8,
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// It has a job that it has not ended.
    pub(crate) at_work: bool,
    pub(crate) alive: bool,
    /// It waits for others.
    waiting: bool,
    /// What it has seen so far. A process is a function of that.
    pub(crate) history: Fold,
    pub(crate) random: Random,
    pub(crate) values: u8,
    /// What it puts next.
    pub(crate) pending: Option<Body>,
    /// How long it has waited: its clock that never steps back.
    pub(crate) waited: Duration,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) disk: Disk,
    pub(crate) oracle: Oracle,
    pub(crate) choices: Choices,
    pub(crate) budget: Budget,
    pub(crate) processes: Vec<Process>,
    /// Whose turn it is; nobody's while a run is set up or looked through.
    pub(crate) running: Option<u8>,
    /// Whose turn the one that stopped has picked.
    pub(crate) next: Option<u8>,
    pub(crate) boot: u8,
    pub(crate) violation: Option<Violation>,
    /// Where foreign things are put in the way.
    pub(crate) layout: Layout,
    /// A call failed that need not have.
    pub(crate) injected: bool,
    /// Something that is none of the cache's lies in its tree.
    pub(crate) planted: bool,
    /// The power was cut.
    pub(crate) cut: bool,
    /// Whoever still runs is a ghost: its calls do nothing.
    pub(crate) over: bool,
    pub(crate) steps: u64,
    /// Those before which another process could have run.
    pub(crate) interleaved: u64,
    pub(crate) story: Option<Vec<String>>,
    pub(crate) visited: Option<Visited>,
}

impl World {
    pub(crate) fn new(disk: Disk, oracle: Oracle, choices: Choices, budget: Budget) -> Self {
        let process = |id| Process {
            at_work: false,
            alive: true,
            waiting: false,
            history: Fold::default(),
            random: Random::new(id),
            values: 0,
            pending: None,
            waited: Duration::ZERO,
        };
        Self {
            disk,
            oracle,
            choices,
            budget,
            processes: (0..MAX_PROCESSES as u64).map(process).collect(),
            running: None,
            next: None,
            boot: 1,
            violation: None,
            layout: Layout::default(),
            injected: false,
            planted: false,
            cut: false,
            over: false,
            steps: 0,
            interleaved: 0,
            story: None,
            visited: None,
        }
    }

    pub(crate) fn is_ghost(&self, process: u8) -> bool {
        self.over || !self.processes[usize::from(process)].alive
    }

    pub(crate) fn now(&self) -> Time {
        self.disk.now
    }

    /// Whose turn it is: nobody's when all have ended.
    pub(crate) fn pick(&mut self) -> Option<u8> {
        let current = self.running;
        self.running = None;
        if self.visited.is_some() && !self.over && self.was_here_before() {
            self.over = true;
        }
        let mut turns = [0; MAX_PROCESSES];
        let count = self.turns(current, &mut turns);
        let &first = turns[..count].first()?;
        if self.over {
            return Some(first);
        }
        let process = turns[self.choices.choose(About::Turn, count)];
        self.processes[usize::from(process)].waiting = false;
        if !self.fate(process) {
            self.running = Some(process);
        }
        Some(process)
    }

    /// Who can go on, and how many they are: the one whose turn it was first, unless it waits.
    fn turns(&self, current: Option<u8>, turns: &mut [u8; MAX_PROCESSES]) -> usize {
        let (count, start) = (LAST + 1, current.unwrap_or(0));
        let (mut found, mut last) = (0, None);
        for process in (0..count).map(|offset| (start + offset) % count) {
            let state = &self.processes[usize::from(process)];
            if state.at_work && state.waiting && Some(process) == current {
                last = Some(process);
            } else if state.at_work {
                turns[found] = process;
                found += 1;
            }
        }
        if let Some(last) = last {
            turns[found] = last;
            found += 1;
        }
        found
    }

    /// Whether a process ends here, alone or with all others.
    fn fate(&mut self, process: u8) -> bool {
        let ways = 1 + usize::from(self.budget.deaths > 0) + usize::from(self.budget.cuts > 0);
        match self.choices.choose(About::Death, ways) {
            0 => return false,
            1 if self.budget.deaths > 0 => {
                self.budget.deaths -= 1;
                self.processes[usize::from(process)].alive = false;
                self.disk.close_all(process);
                self.oracle.process_died(process);
                self.tell(|| format!("p{process} is killed"));
                self.look();
            }
            _ => {
                self.budget.cuts -= 1;
                (self.cut, self.over) = (true, true);
                self.tell(|| "the power is cut".into());
            }
        }
        true
    }

    pub(crate) fn count_step(&mut self) {
        self.steps += 1;
        self.interleaved += u64::from(self.running.is_some());
    }

    pub(crate) fn waits(&mut self, process: u8) {
        self.processes[usize::from(process)].waiting = true;
    }

    /// Whether this call fails, and how.
    pub(crate) fn fault(&mut self, kind: CallKind) -> Option<Fault> {
        if self.budget.faults == 0 || self.running.is_none() {
            return None;
        }
        let faults = faults(kind);
        let fault = *faults.get(self.choices.choose(About::Fault, 1 + faults.len()).checked_sub(1)?)?;
        self.budget.faults -= 1;
        self.injected = true;
        Some(fault)
    }

    /// A file got a new name: the oracle wants to know when it is that of a key.
    pub(crate) fn named(&mut self, number: Number, to: &[u8]) {
        if to.starts_with(b"data/") {
            let body = self.disk.bytes_of(number).and_then(|bytes| Body::in_file(&bytes));
            if let (Some(body), Some(serial)) = (body, self.disk.serial_of(number)) {
                self.oracle.named(body, (number, serial));
            }
        }
    }

    /// Looks for what no reader may see.
    pub(crate) fn look(&mut self) {
        if let Err(violation) = self.oracle.check(&self.disk) {
            self.broken(violation);
        }
    }

    /// The first violation ends the run.
    pub(crate) fn broken(&mut self, violation: Violation) {
        self.tell(|| format!("*** {}: {}", violation.invariant, violation.what));
        self.violation.get_or_insert(violation);
        self.over = true;
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            story.push(line());
        }
    }

    /// What decides how a look at the end goes: that of a process that was not there before.
    pub(crate) fn end(&self) -> u128 {
        let mut fold = self.outside();
        fold.word(u64::from(self.boot) | u64::from(self.injected) << 8 | u64::from(self.planted) << 9);
        fold.word(self.disk.now.as_nanos());
        fold.sum()
    }

    /// The state of everything but the processes.
    fn outside(&self) -> Fold {
        let mut fold = Fold::default();
        self.disk.fold(&mut fold);
        self.oracle.fold(&mut fold);
        fold
    }

    fn was_here_before(&mut self) -> bool {
        let mut fold = self.outside();
        for process in &self.processes {
            fold.wide(process.history.sum());
            let flags = [process.at_work, process.alive, process.waiting];
            fold.word(flags.iter().fold(0, |word, flag| word << 1 | u64::from(*flag)));
        }
        let Budget { deaths, cuts, faults } = self.budget;
        fold.word(u64::from(deaths) | u64::from(cuts) << 8 | u64::from(faults) << 16);
        fold.word(self.disk.now.as_nanos());
        let used = self.choices.used();
        self.visited.as_mut().is_some_and(|visited| visited.meet(used, fold.sum()))
    }
}
