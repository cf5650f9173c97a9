//! Who does what when: everybody the same thing, one after the other, round by round.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::crew::{Hand, Office};
use crate::effort::Effort;
use crate::machine::{self, Machine};
use crate::peer::{Kind, Level, Outcome};
use crate::usage::{Disk, Memory};
use crate::worker::{Answer, Command, Op, Work};

/// A line of the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first one.
    Run {
        /// On what.
        machine: Machine,
        /// How much.
        effort: Effort,
    },
    /// Before what follows is measured.
    Place {
        /// A word for it.
        place: String,
        /// Its filesystem.
        filesystem: String,
        /// The load of the machine before it began.
        load: f64,
    },
    /// One slice.
    Slice(Slice),
    /// What a store takes of the disk when it was filled and closed.
    Disk {
        /// Where.
        place: String,
        /// Who.
        peer: String,
        /// How much.
        disk: Disk,
    },
    /// What a store takes of the memory of a process that has done everything once.
    Memory {
        /// Where.
        place: String,
        /// Who.
        peer: String,
        /// How much.
        memory: Memory,
    },
    /// A peer failed, and is not measured further there.
    Failed {
        /// Where.
        place: String,
        /// Who.
        peer: String,
        /// What it said.
        reason: String,
    },
    /// The last one.
    End {
        /// The load of the machine after it all.
        load: f64,
    },
}

/// What was measured in one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// Where.
    pub place: String,
    /// What was promised.
    pub level: Level,
    /// By how many processes.
    pub processes: u32,
    /// By whom.
    pub peer: String,
    /// What was done.
    pub op: Op,
    /// In which round.
    pub round: usize,
    /// How often.
    pub count: u64,
    /// Nanoseconds for each, by the clock on the wall: of two processes at once each counts half.
    pub nanos: f64,
    /// Nanoseconds that processors worked for each, in all threads of all processes.
    pub busy: f64,
    /// How many reads found nothing.
    pub missed: u64,
}

/// One filesystem, with whom and how much is measured on it.
pub struct Field<'a> {
    /// A word for it.
    pub place: String,
    /// An empty directory there.
    pub dir: PathBuf,
    /// Who.
    pub kinds: Vec<&'static Kind>,
    /// How much.
    pub effort: Effort,
    /// How workers are started.
    pub office: Office,
    /// Where the lines go.
    pub sink: &'a mut dyn FnMut(Line) -> Outcome<()>,
}

/// A peer that is open, in one process or in several.
struct Team {
    kind: &'static Kind,
    hands: Vec<Hand>,
}

const READS: [Op; 4] = [Op::Hit, Op::Hot, Op::Raw, Op::Miss];
const WRITES: [Op; 2] = [Op::PutFresh, Op::PutOver];
const INVALIDATIONS: [Op; 3] = [Op::Invalidate1, Op::Invalidate100, Op::Invalidate1000];
const REST: [Op; 2] = [Op::Clean, Op::Open];

/// What is measured at a level by one process.
fn alone(level: Level) -> Vec<Op> {
    match level {
        Level::Volatile => [&READS[..], &WRITES, &INVALIDATIONS, &REST].concat(),
        Level::Invalidations => [&WRITES[..], &INVALIDATIONS].concat(),
        // The invalidations cost what they cost at the level before, and their entries would have to be put first.
        Level::Full => WRITES.to_vec(),
    }
}

/// What is measured at a level by several processes at once.
fn together(level: Level) -> Vec<Op> {
    match level {
        Level::Volatile => vec![Op::Hit, Op::Hot, Op::PutOver],
        Level::Invalidations | Level::Full => vec![Op::PutOver],
    }
}

impl Field<'_> {
    /// Measures everything there is at these levels.
    ///
    /// # Errors
    /// When the lines cannot be written. A peer that fails is a line.
    pub fn measure(&mut self, levels: &[Level]) -> Outcome<()> {
        let filesystem = machine::filesystem(&self.dir);
        (self.sink)(Line::Place { place: self.place.clone(), filesystem, load: machine::load() })?;
        for level in levels {
            self.measure_level(*level)?;
        }
        Ok(())
    }

    fn measure_level(&mut self, level: Level) -> Outcome<()> {
        let mut teams = self.teams(level)?;
        self.rounds(&mut teams, level, alone(level))?;
        self.add_processes(&mut teams, level)?;
        self.rounds(&mut teams, level, together(level))?;
        for hand in teams.into_iter().flat_map(|team| team.hands) {
            hand.dismiss()?;
        }
        Ok(())
    }

    /// All rounds of reads, and then all rounds of the rest: what somebody has just replaced is not read from memory, and a
    /// read that finds it so says nothing about reads.
    fn rounds(&mut self, teams: &mut Vec<Team>, level: Level, ops: Vec<Op>) -> Outcome<()> {
        let (reads, rest): (Vec<Op>, Vec<Op>) = ops.into_iter().partition(|op| READS.contains(op));
        for (round, op) in rounds_of(self.effort.rounds, &reads).chain(rounds_of(self.effort.rounds, &rest)) {
            self.turn(teams, level, op, round)?;
            // When everything was done once.
            if level == Level::Volatile && round == 0 && Some(&op) == REST.last() {
                self.memory(teams)?;
            }
        }
        Ok(())
    }

    fn dir(&self, kind: &Kind, level: Level) -> PathBuf {
        self.dir.join(format!("{}-{}", kind.name, level.word()))
    }

    /// Everybody who has that level, or is read at all, with a full store.
    fn teams(&mut self, level: Level) -> Outcome<Vec<Team>> {
        let mut teams = Vec::new();
        for kind in self.kinds.clone() {
            if !(kind.has(level) || level == Level::Volatile) {
                continue;
            }
            match self.filled(kind, level) {
                Ok(hand) => teams.push(Team { kind, hands: vec![hand] }),
                Err(error) => self.failed(kind, error.as_ref())?,
            }
        }
        Ok(teams)
    }

    /// A store is filled without waiting for the disk, if it can be opened that way, and closed once.
    fn filled(&mut self, kind: &'static Kind, wanted: Level) -> Outcome<Hand> {
        let level = if kind.has(wanted) { wanted } else { kind.lowest() };
        let dir = self.dir(kind, level);
        let office = Office { entries: self.entries(wanted), ..self.office.clone() };
        let hurried = if kind.fixed_level { level } else { kind.lowest() };
        let mut hand = office.hire(kind, hurried, &dir, 0)?;
        hand.ask(&Command::Fill)?;
        if kind.persistent {
            hand.dismiss()?;
            if wanted == Level::Volatile {
                let (place, peer) = (self.place.clone(), kind.name.into());
                (self.sink)(Line::Disk { place, peer, disk: Disk::of(&dir)? })?;
            }
            hand = office.hire(kind, level, &dir, 0)?;
        }
        hand.ask(&Command::Warm)?;
        Ok(hand)
    }

    fn entries(&self, level: Level) -> usize {
        if level == Level::Full { self.effort.durable_entries } else { self.effort.entries }
    }

    /// One thing, done by everybody in turn. Each round begins with another one.
    fn turn(&mut self, teams: &mut Vec<Team>, level: Level, op: Op, round: usize) -> Outcome<()> {
        let first = round % teams.len().max(1);
        let mut fallen = Vec::new();
        for turn in 0..teams.len() {
            let index = (first + turn) % teams.len();
            let team = &mut teams[index];
            let writes = !READS.contains(&op) && op != Op::Open;
            if writes && !team.kind.has(level) {
                continue;
            }
            match team.work(op, &self.effort) {
                Ok(None) => {}
                Ok(Some(work)) => (self.sink)(Line::Slice(Slice {
                    place: self.place.clone(),
                    level,
                    processes: u32::try_from(team.hands.len())?,
                    peer: team.kind.name.into(),
                    op,
                    round,
                    count: count(&work),
                    nanos: nanos(&work),
                    busy: busy(&work),
                    missed: work.iter().map(|work| work.missed).sum(),
                }))?,
                Err(error) => {
                    self.failed(team.kind, error.as_ref())?;
                    fallen.push(index);
                }
            }
        }
        fallen.sort_unstable();
        for index in fallen.into_iter().rev() {
            teams.remove(index);
        }
        Ok(())
    }

    /// After the first round.
    fn memory(&mut self, teams: &mut [Team]) -> Outcome<()> {
        for team in teams {
            let Answer::Memory(memory) = team.hands[0].ask(&Command::Memory)? else { continue };
            let (place, peer) = (self.place.clone(), team.kind.name.into());
            (self.sink)(Line::Memory { place, peer, memory })?;
        }
        Ok(())
    }

    /// Those that cannot be opened by several leave.
    fn add_processes(&mut self, teams: &mut Vec<Team>, level: Level) -> Outcome<()> {
        for team in std::mem::take(teams) {
            if !team.kind.processes {
                team.dismiss()?;
                continue;
            }
            let kind = team.kind;
            match self.joined(team, level) {
                Ok(team) => teams.push(team),
                Err(error) => self.failed(kind, error.as_ref())?,
            }
        }
        Ok(())
    }

    fn joined(&self, mut team: Team, wanted: Level) -> Outcome<Team> {
        let level = if team.kind.has(wanted) { wanted } else { team.kind.lowest() };
        let office = Office { entries: self.entries(wanted), ..self.office.clone() };
        let dir = self.dir(team.kind, level);
        for process in 1..self.effort.processes {
            let mut hand = office.hire(team.kind, level, &dir, process)?;
            hand.ask(&Command::Warm)?;
            team.hands.push(hand);
        }
        Ok(team)
    }

    fn failed(&mut self, kind: &Kind, error: &dyn std::error::Error) -> Outcome<()> {
        let (place, peer) = (self.place.clone(), kind.name.to_owned());
        (self.sink)(Line::Failed { place, peer, reason: error.to_string() })
    }
}

impl Team {
    /// All of them at once. Nothing if the peer cannot do it.
    fn work(&mut self, op: Op, effort: &Effort) -> Outcome<Option<Vec<Work>>> {
        self.hands[0].ask(&Command::Settle)?;
        for hand in &mut self.hands {
            hand.tell(&Command::Run(op, effort.slice))?;
        }
        let mut done = Vec::new();
        for hand in &mut self.hands {
            match hand.hear()? {
                Answer::Work(work) => done.push(work),
                Answer::NotThere => return Ok(None),
                answer => return Err(format!("an answer to something else: {answer:?}").into()),
            }
        }
        Ok(Some(done))
    }

    fn dismiss(self) -> Outcome<()> {
        self.hands.into_iter().try_for_each(Hand::dismiss)
    }
}

/// Round by round.
fn rounds_of(rounds: usize, ops: &[Op]) -> impl Iterator<Item = (usize, Op)> {
    (0..rounds).flat_map(move |round| ops.iter().map(move |op| (round, *op)))
}

/// Nanoseconds per operation: of all processes together, so that two that do not hinder each other have half of one.
fn nanos(work: &[Work]) -> f64 {
    let per_nano: f64 = work.iter().map(|work| work.count as f64 / work.time.as_nanos().max(1) as f64).sum();
    1.0 / per_nano
}

fn busy(work: &[Work]) -> f64 {
    let nanos: u128 = work.iter().map(|work| work.busy.as_nanos()).sum();
    nanos as f64 / count(work).max(1) as f64
}

fn count(work: &[Work]) -> u64 {
    work.iter().map(|work| work.count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn two_processes_at_once_take_half_as_long_for_each() {
        let time = Duration::from_nanos(1000);
        let work = Work { count: 10, time, busy: time / 2, missed: 0 };
        assert!((nanos(&[work]) - 100.0).abs() < 1e-9);
        assert!((nanos(&[work, work]) - 50.0).abs() < 1e-9);
        assert!(
            (busy(&[work, work]) - 50.0).abs() < 1e-9,
            "processors work for each as long as for one alone"
        );
    }

    #[test]
    fn a_round_has_every_operation_once() {
        let rounds: Vec<(usize, Op)> = rounds_of(2, &[Op::Hit, Op::Miss]).collect();
        assert_eq!(rounds, [(0, Op::Hit), (0, Op::Miss), (1, Op::Hit), (1, Op::Miss)]);
    }

    #[test]
    fn every_operation_is_measured_at_the_level_without_promises() {
        assert_eq!(alone(Level::Volatile).len(), 10);
    }
}
