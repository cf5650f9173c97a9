//! Round after round, and the report.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tagcache_fs::Os;
use tagcache_fs::sys::Env;
use tempfile::TempDir;

use crate::options::Options;
use crate::place::Place;
use crate::plan::Plan;
use crate::random::Random;
use crate::report::Report;
use crate::round::{self, Outcome, Pace};

/// Runs rounds until time or kills are used up, or one is not clean. Whether all were clean.
///
/// # Errors
/// When the directory cannot be used or no process can be started.
pub fn run(options: &Options) -> io::Result<bool> {
    let seed = options.seed.unwrap_or_else(|| Os.random());
    let temporary = if options.root.is_none() { Some(TempDir::new()?) } else { None };
    let root = match (&options.root, &temporary) {
        (Some(root), _) => root.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => return Err(io::Error::other("no directory")),
    };
    fs::create_dir_all(&root)?;
    let mut report = Report::new(seed);
    let mut random = Random::new(seed);
    let began = Instant::now();
    while began.elapsed() < options.time && report.kills() < options.kills && report.is_clean() {
        let plan = Plan::draw(&mut random, options.processes, &options.wishes);
        let pace = Pace {
            time: options.round.min(options.time.saturating_sub(began.elapsed())),
            kills: options.kills.saturating_sub(report.kills()).saturating_sub(u64::from(plan.processes)),
            pause: options.pause,
        };
        let place = Place::new(root.join(format!("seed-{seed}-round-{}", report.rounds() + 1)));
        let outcome = one_round(&place, &plan, random.number(), pace, &report)?;
        keep_or_remove(&place, &outcome)?;
        report.add(&plan, &outcome);
    }
    finish_line()?;
    io::stdout().write_all(report.to_string().as_bytes())?;
    if let (false, Some(temporary)) = (report.is_clean(), temporary) {
        writeln!(io::stdout(), "kept for a look: {}", temporary.keep().display())?;
    }
    Ok(report.is_clean())
}

fn one_round(place: &Place, plan: &Plan, seed: u64, pace: Pace, report: &Report) -> io::Result<Outcome> {
    let mut shown = Instant::now();
    round::run(place, plan, seed, pace, &mut |outcome| {
        // For people only: a log file would be nothing but this line.
        if io::stdout().is_terminal() && shown.elapsed() > Duration::from_millis(200) {
            shown = Instant::now();
            let _ = write!(io::stdout(), "\r\x1b[K{}", report.line(outcome));
            let _ = io::stdout().flush();
        }
    })
}

fn finish_line() -> io::Result<()> {
    let mut out = io::stdout();
    if out.is_terminal() { out.write_all(b"\r\x1b[K") } else { Ok(()) }
}

fn keep_or_remove(place: &Place, outcome: &Outcome) -> io::Result<()> {
    if outcome.is_clean() { remove(place.path()) } else { Ok(()) }
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)
}
