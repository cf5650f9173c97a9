//! Everything that is compared on one filesystem.

use std::cell::Cell;
use std::ops::AddAssign;
use std::path::Path;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tagcache_fs::Os;
use tagcache_fs::sys::Sys;
use tagcache_sim::Sim;

use crate::call::Call;
use crate::chance::sequences;
use crate::compare::{SIMULATED, compare};
use crate::habits::Habits;
use crate::turnover::{self, Listing};

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sequences, each in a directory of its own.
    pub sequences: u64,
    /// Calls of those sequences. After each of them everything was looked at on both sides.
    pub calls: u64,
    /// What was looked at: names in the tree and open files.
    pub looks: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sequences += other.sequences;
        self.calls += other.calls;
        self.looks += other.looks;
    }
}

/// Compares so many sequences in new folders of `dir`.
///
/// # Errors
/// The story of the shortest sequence that shows a difference.
pub fn run(habits: &Habits, dir: &Path, seed: u64, count: u32) -> Result<Tally, String> {
    let tally = Cell::new(Tally::default());
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng(seed));
    let outcome = runner.run(&sequences(), |calls| {
        let looks = in_new_folder(habits, dir, &calls).map_err(TestCaseError::fail)?;
        let mut sum = tally.get();
        sum += Tally { sequences: 1, calls: calls.len() as u64, looks };
        tally.set(sum);
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(tally.get()),
        Err(TestError::Fail(_, calls)) => Err(match in_new_folder(habits, dir, &calls) {
            Err(story) => story,
            Ok(_) => "a difference that did not come again".into(),
        }),
        Err(TestError::Abort(reason)) => Err(format!("the generator gave up: {reason}")),
    }
}

/// Compares one sequence in a new folder of `dir`; answers how many things were looked at.
///
/// # Errors
/// The story of the difference.
pub fn in_new_folder(habits: &Habits, dir: &Path, calls: &[Call]) -> Result<u64, String> {
    let folder = new_folder(dir)?;
    compare(habits, calls, folder.path()).map_err(|disagreement| disagreement.story)
}

fn new_folder(dir: &Path) -> Result<tempfile::TempDir, String> {
    tempfile::tempdir_in(dir).map_err(|error| format!("no folder: {error}"))
}

/// Reads so many directories while they change, on both sides; answers in how many parts.
///
/// # Errors
/// What came, or did not come, and must not or must.
pub fn read_folders(habits: &Habits, dir: &Path, seed: u64, count: u32) -> Result<u64, String> {
    let mut rng = rng(seed);
    let (as_of_open, may_repeat) = (habits.traits.lists_as_of_open, habits.filesystem.may_repeat);
    let (real, simulated) = (Listing { as_of_open, may_repeat }, Listing { as_of_open, may_repeat: false });
    let mut parts = 0;
    for round in 0..count {
        let folder = new_folder(dir)?;
        parts +=
            turnover::read(&Os, folder.path(), real, &mut rng).map_err(|what| format!("real: {what}"))?;
        let sim = Sim::alone(tagcache_sim::Traits { salt: u64::from(round), ..habits.traits.clone() });
        let root = Path::new(SIMULATED);
        sim.make_root(root).map_err(|errno| errno.to_string())?;
        turnover::read(&sim, root, simulated, &mut rng).map_err(|what| format!("simulated: {what}"))?;
    }
    Ok(parts)
}

/// The generator of a seed.
fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
