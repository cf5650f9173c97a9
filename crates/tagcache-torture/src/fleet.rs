//! The processes of a round, and their deaths.

use std::env;
use std::fs::OpenOptions;
use std::io;
use std::process::{Child, Command, Stdio};

use crate::event::{Event, THREADS};
use crate::journal::Journal;
use crate::place::Place;
use crate::plan::Plan;
use crate::random::Random;

/// A process, and the number of its first thread.
#[derive(Debug)]
struct Ship {
    child: Child,
    first: u32,
}

impl Drop for Ship {
    fn drop(&mut self) {
        // Also when a round is given up half-way. Most often it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All processes of a round.
#[derive(Debug)]
pub(crate) struct Fleet {
    place: Place,
    plan: Plan,
    random: Random,
    journal: Journal,
    workers: Vec<Ship>,
    foreign: Option<Ship>,
    next: u32,
}

impl Fleet {
    /// Starts all of them, at one time, on a cache that does not exist yet.
    pub(crate) fn launch(place: &Place, plan: &Plan, seed: u64) -> io::Result<Self> {
        let journal = Journal::open(&place.journal())?;
        let random = Random::new(seed);
        let (place, plan) = (place.clone(), plan.clone());
        let mut fleet = Self { place, plan, random, journal, workers: Vec::new(), foreign: None, next: 0 };
        for _ in 0..fleet.plan.processes {
            let worker = fleet.start("worker")?;
            fleet.workers.push(worker);
        }
        if fleet.plan.foreign_links {
            fleet.foreign = Some(fleet.start("foreign")?);
        }
        Ok(fleet)
    }

    fn start(&mut self, role: &str) -> io::Result<Ship> {
        let first = self.next;
        self.next += THREADS;
        let complaints = OpenOptions::new().create(true).append(true).open(self.place.complaints())?;
        let child = self
            .command()?
            .arg(role)
            .arg(self.place.path())
            .args([self.plan.to_string(), first.to_string(), self.random.number().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(complaints)
            .spawn()?;
        Ok(Ship { child, first })
    }

    /// This program itself; under a limit on descriptors with the help of a shell, which becomes it.
    fn command(&self) -> io::Result<Command> {
        let program = env::current_exe()?;
        if self.plan.files == 0 {
            return Ok(Command::new(program));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n \"$0\" && exec \"$@\"", &self.plan.files.to_string()]).arg(program);
        Ok(shell)
    }

    /// Kills one process wherever it stands, and starts another in its place. Returns what it died of, if not of that.
    pub(crate) fn kill_one(&mut self) -> io::Result<Option<String>> {
        let strangers = u64::from(self.foreign.is_some() && self.random.once_in(50));
        if strangers > 0 {
            let foreign = self.start("foreign")?;
            self.foreign = Some(foreign);
        }
        let index = usize::try_from(self.random.below(self.workers.len() as u64)).unwrap_or(0);
        let fresh = self.start("worker")?;
        let Some(slot) = self.workers.get_mut(index) else { return Ok(None) };
        let mut victim = std::mem::replace(slot, fresh);
        self.end(&mut victim)
    }

    /// Kills all of them.
    pub(crate) fn sink(mut self) -> io::Result<Vec<String>> {
        let mut complaints = Vec::new();
        let mut all = std::mem::take(&mut self.workers);
        all.extend(self.foreign.take());
        for ship in &mut all {
            complaints.extend(self.end(ship)?);
        }
        Ok(complaints)
    }

    fn end(&mut self, ship: &mut Ship) -> io::Result<Option<String>> {
        let early = ship.child.try_wait()?;
        ship.child.kill()?;
        ship.child.wait()?;
        // Now, and not before: whoever reads this may be sure that the process does nothing any more.
        self.journal.append(Event::Died { first: ship.first })?;
        Ok(early.map(|status| format!("harness: a worker ended before it was killed: {status}")))
    }
}
