//! One sequence on both sides.

use std::path::Path;
use std::time::Duration;

use tagcache_fs::Os;
use tagcache_fs::sys::{Errno, Sys};
use tagcache_sim::Sim;

use crate::call::Call;
use crate::habits::Habits;
use crate::side::{Answer, Side, show};
use crate::view::{Look, view};

/// Where the simulated root lies.
pub(crate) const SIMULATED: &str = "root";

/// A sequence on which the two sides do not agree, told call by call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The calls with their answers, and the difference in the last line.
    pub story: String,
}

/// Both sides, in step.
struct Pair<'a> {
    habits: &'a Habits,
    sim: Sim,
    real: Side<Os>,
    simulated: Side<Sim>,
    /// What was seen after the call before.
    before: (Vec<Look>, Vec<Look>),
    looks: u64,
}

/// Plays a sequence in a new directory on the simulated filesystem, set to these habits, and on the real one that has
/// them. Answers at how many things it looked.
///
/// # Errors
/// The first difference.
pub fn compare(habits: &Habits, calls: &[Call], dir: &Path) -> Result<u64, Disagreement> {
    let mut story = Vec::new();
    let outcome = play(habits, calls, dir, &mut |call, answer| story.push((call, show(answer))));
    outcome.map_err(|difference| {
        let mut lines: Vec<_> = story
            .iter()
            .enumerate()
            .map(|(index, (call, answer))| format!("{:3}. {call} = {answer}", index + 1))
            .collect();
        lines.push(difference);
        Disagreement { story: lines.join("\n") }
    })
}

type Tell<'a> = &'a mut dyn FnMut(Call, &Answer);

fn play(habits: &Habits, calls: &[Call], dir: &Path, tell: Tell<'_>) -> Result<u64, String> {
    let begun = |errno: Errno| format!("no root: {errno}");
    let mut pair = Pair::new(habits, dir).map_err(begun)?;
    pair.look()?;
    for call in calls {
        pair.step(*call, tell)?;
    }
    Ok(pair.looks)
}

impl<'a> Pair<'a> {
    fn new(habits: &'a Habits, dir: &Path) -> Result<Self, Errno> {
        let sim = Sim::alone(habits.traits.clone());
        sim.make_root(Path::new(SIMULATED))?;
        let (real, simulated) = (Side::new(Os, dir)?, Side::new(sim.clone(), Path::new(SIMULATED))?);
        // As those of the real one were set by whoever made the directory.
        simulated.ground.set_mode(&simulated.root, real.ground.stat(&real.root)?.mode)?;
        Ok(Self { habits, sim, real, simulated, before: (Vec::new(), Vec::new()), looks: 0 })
    }

    fn step(&mut self, call: Call, tell: Tell<'_>) -> Result<(), String> {
        // So that a change shows in a time.
        self.sim.advance(Duration::from_secs(1));
        let expected = self.real.make(call);
        let got = self.simulated.make(call);
        tell(call, &expected);
        if self.habits.settle(call, &expected) != got {
            return Err(format!("     but simulated: {}", show(&got)));
        }
        self.look()
    }

    fn look(&mut self) -> Result<(), String> {
        let said = |errno: Errno| format!("     cannot look at the tree: {errno}");
        let real = view(&self.real, self.habits).map_err(said)?;
        let simulated = view(&self.simulated, self.habits).map_err(said)?;
        if let Some(difference) = first_difference(&real, &simulated) {
            return Err(difference);
        }
        let (real_before, simulated_before) = &self.before;
        for (place, now) in real.iter().enumerate() {
            let moved = moved(real_before, now);
            let expected = simulated.get(place).and_then(|look| self::moved(simulated_before, look));
            self.habits
                .ctime_agrees(now.seen.kind, moved, expected)
                .map_err(|what| format!("     the ctime of {} {what}", now.place))?;
        }
        self.looks += real.len() as u64;
        self.before = (real, simulated);
        Ok(())
    }
}

fn first_difference(real: &[Look], simulated: &[Look]) -> Option<String> {
    for (real, simulated) in real.iter().zip(simulated) {
        if real.place != simulated.place {
            return Some(format!(
                "     real: there is {}; simulated: there is {}",
                real.place, simulated.place
            ));
        }
        if real.seen != simulated.seen {
            return Some(format!(
                "     {}\n          real: {}\n     simulated: {}",
                real.place, real.seen, simulated.seen
            ));
        }
    }
    let more = |looks: &[Look], than: usize| looks.get(than).map(|look| look.place.clone());
    let (only_real, only_simulated) = (more(real, simulated.len()), more(simulated, real.len()));
    match (only_real, only_simulated) {
        (Some(place), _) => Some(format!("     simulated: there is no {place}")),
        (_, Some(place)) => Some(format!("     real: there is no {place}")),
        _ => None,
    }
}

/// Whether the time of change of the inode at a place moved; nothing when it is another inode now.
fn moved(before: &[Look], now: &Look) -> Option<bool> {
    let then = before.iter().find(|look| look.place == now.place && look.ino == now.ino)?;
    Some(then.ctime != now.ctime)
}
