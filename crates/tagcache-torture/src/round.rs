//! One round: a fresh cache, processes that use it and are killed, and the look at what they left.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tagcache::{Builder, Lookup, Miss, Policy};
use tagcache_fs::Os;
use tagcache_fs::sys::Env;

use crate::doing::Doing;
use crate::event::Event;
use crate::fleet::Fleet;
use crate::hand::StormyCache;
use crate::history::History;
use crate::journal::Journal;
use crate::leaks;
use crate::names;
use crate::page::Page;
use crate::place::Place;
use crate::plan::Plan;
use crate::random::Random;
use crate::sheet::{Sheet, Sheets};
use crate::storm::{Storm, StormySys};
use crate::tally::Sums;

/// When a round ends, and what it does meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Ends after this time.
    pub time: Duration,
    /// Or after so many kills.
    pub kills: u64,
    /// Kills follow one another after this time, more or less.
    pub pause: Duration,
}

/// If nobody gets anything done for so long, somebody waits for somebody who is dead.
const STANDSTILL: Duration = Duration::from_secs(30);

/// What a round showed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Processes killed.
    pub kills: u64,
    /// What was done by all processes.
    pub sums: Sums,
    /// Every broken rule, and every complaint of a worker.
    pub violations: Vec<String>,
    /// What was left behind.
    pub leaks: Vec<String>,
    /// Entries alive at the end.
    pub entries: u64,
    /// How long the processes ran.
    pub ran: Duration,
}

impl Outcome {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.leaks.is_empty()
    }
}

/// A round that is going on.
struct Round<'a> {
    place: &'a Place,
    plan: &'a Plan,
    journal: Journal,
    history: History,
    /// How many lines of complaint were heard.
    heard: usize,
    outcome: Outcome,
}

/// Runs a round in a directory that is made for it; `watch` is told how it goes.
///
/// # Errors
/// When the files of the round or its processes cannot be made.
pub fn run(
    place: &Place,
    plan: &Plan,
    seed: u64,
    pace: Pace,
    watch: &mut dyn FnMut(&Outcome),
) -> io::Result<Outcome> {
    fs::create_dir(place.path())?;
    let mut round = Round {
        place,
        plan,
        journal: Journal::open(&place.journal())?,
        history: History::new(plan.keys, plan.tags),
        heard: 0,
        outcome: Outcome::default(),
    };
    round.kill(seed, pace, watch)?;
    if plan.foreign_links && place.backup().exists() {
        fs::remove_dir_all(place.backup())?;
    }
    if place.cache().join("tagcache.format").exists() {
        round.look_at_the_rest()?;
    }
    watch(&round.outcome);
    Ok(round.outcome)
}

impl Round<'_> {
    /// The storm: until time or kills are used up, or something is found.
    fn kill(&mut self, seed: u64, pace: Pace, watch: &mut dyn FnMut(&Outcome)) -> io::Result<()> {
        let began = Instant::now();
        let mut random = Random::new(seed);
        let mut fleet = Fleet::launch(self.place, self.plan, random.number())?;
        let tally = File::options().create(true).append(true).read(true).open(self.place.tally())?;
        let pause = u64::try_from(pace.pause.as_micros()).unwrap_or(u64::MAX);
        let mut moved = (0, began);
        while began.elapsed() < pace.time && self.outcome.kills < pace.kills && self.outcome.is_clean() {
            thread::sleep(Duration::from_micros(random.below(2 * pause + 1)));
            self.outcome.violations.extend(fleet.kill_one()?);
            self.outcome.kills += 1;
            self.listen(&tally)?;
            self.outcome.ran = began.elapsed();
            let done = self.outcome.sums.total();
            if done > moved.0 {
                moved = (done, Instant::now());
            } else if moved.1.elapsed() > STANDSTILL {
                self.outcome
                    .violations
                    .push(format!("I4 one flight: nobody did anything for {STANDSTILL:?}"));
            }
            watch(&self.outcome);
        }
        self.outcome.violations.extend(fleet.sink()?);
        self.outcome.kills += u64::from(self.plan.processes);
        self.listen(&tally)
    }

    /// What the journal, the tally and the complaints say that is new.
    fn listen(&mut self, tally: &File) -> io::Result<()> {
        let (history, violations) = (&mut self.history, &mut self.outcome.violations);
        self.journal.news(|place, event: Event| {
            violations.extend(history.learn(place, event).err().map(|violation| violation.to_string()));
        })?;
        self.outcome.sums.catch_up(tally)?;
        let complaints = fs::read_to_string(self.place.complaints())?;
        violations.extend(complaints.lines().skip(self.heard).map(str::to_owned));
        self.heard = complaints.lines().count();
        Ok(())
    }

    /// Nobody is left: one sweep, and then nothing may lie around, and everything must work.
    fn look_at_the_rest(&mut self) -> io::Result<()> {
        // No delays any more. A lie of the round holds to its end.
        let sys = StormySys::over(Os, &Arc::new(Storm::new(0, self.plan.lie)));
        let cache = Builder::new(Sheets).open_on(sys, self.place.cache()).map_err(io::Error::other)?;
        let report = Doing::Sweep.during(|| cache.sweep()).map_err(io::Error::other)?;
        if report.busy || report.failed > 0 || report.foreign > 0 {
            self.outcome.leaks.push(format!("the sweep at the end could not do its work: {report:?}"));
        }
        self.outcome.entries = report.kept;
        self.outcome.leaks.extend(leaks::inspect(&self.place.cache())?);
        for key in 0..self.plan.keys {
            self.read_last(&cache, key)?;
            self.write_again(&cache, key)?;
        }
        Ok(())
    }

    fn read_last(&mut self, cache: &StormyCache, key: u16) -> io::Result<()> {
        let (now, floors) = (cache.root().sys().now().as_nanos(), self.history.floors());
        let (hit, fresh) = match cache.lookup::<Sheet>(names::key(key)).map_err(io::Error::other)? {
            Lookup::Fresh(hit) => (hit, true),
            Lookup::Stale(hit, _) => (hit, false),
            Lookup::Miss(Miss::Absent | Miss::TooOld) => return Ok(()),
            Lookup::Miss(miss) => {
                self.outcome.leaks.push(format!("key {key}, after a sweep: {miss}"));
                return Ok(());
            }
        };
        let Some(page) = Page::parse(hit.bytes()) else {
            self.outcome.violations.push(format!("I1 whole: the value of key {key} is no page: {hit:?}"));
            return Ok(());
        };
        let judged = self.history.judge(&floors, &page, key, fresh);
        let judged = judged.and_then(|()| self.history.judge_order(&floors, &page));
        self.outcome.violations.extend(judged.err().map(|violation| format!("{violation} (at rest)")));
        if fresh && page.fresh_until <= now {
            self.outcome.violations.push(format!("expiry: {page:?} was fresh at {now} (at rest)"));
        }
        Ok(())
    }

    /// What is put at rest is read back.
    fn write_again(&mut self, cache: &StormyCache, key: u16) -> io::Result<()> {
        let bytes = format!("the last value of {key}").into_bytes();
        let policy = Policy::new().tags((0..self.plan.tags).map(names::tag));
        let sheet = Sheet::new(bytes.clone());
        cache.put(names::key(key), &sheet, &policy).map_err(io::Error::other)?;
        let read = cache.get::<Sheet>(names::key(key)).map_err(io::Error::other)?;
        if read.as_ref().map(|hit| hit.bytes()) != Some(bytes.as_slice()) {
            self.outcome.violations.push(format!("I5 no loss at rest: key {key} gave {read:?}"));
        }
        Ok(())
    }
}
