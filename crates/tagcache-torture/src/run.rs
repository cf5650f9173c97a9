//! Round after round, and the report.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tagcache_fs::Os;
use tagcache_fs::sys::Env;
use tempfile::TempDir;

use crate::lie::Lie;
use crate::options::Options;
use crate::place::Place;
use crate::plan::Plan;
use crate::random::Random;
use crate::report::Report;
use crate::round::{self, Outcome, Pace};

/// Runs rounds until time or kills are used up, or one is not clean, and prints the report. Whether all were clean.
///
/// # Errors
/// When the directory cannot be used or no process can be started.
pub fn run(options: &Options) -> io::Result<bool> {
    in_directory(options, |root| {
        let report = rounds(options, root)?;
        finish_line()?;
        write!(io::stdout(), "{report}")?;
        Ok(report.is_clean())
    })
}

/// Runs once for each lie, and prints how it was found. Whether all were.
///
/// # Errors
/// As for [`run`].
pub fn lies(options: &Options) -> io::Result<bool> {
    in_directory(options, |root| {
        let mut all_found = true;
        for lie in Lie::all() {
            let mut options = options.clone();
            options.wishes.lie = lie;
            let report = rounds(&options, &root.join(lie.to_string()))?;
            finish_line()?;
            writeln!(io::stdout(), "{lie:8} {}", report.finding().as_deref().unwrap_or("NOT FOUND"))?;
            all_found &= !report.is_clean();
        }
        Ok(all_found)
    })
}

/// In the directory that the user names, or in a temporary one, which is kept when something was found.
fn in_directory(options: &Options, act: impl FnOnce(&Path) -> io::Result<bool>) -> io::Result<bool> {
    if let Some(root) = &options.root {
        fs::create_dir_all(root)?;
        return act(root);
    }
    let temporary = TempDir::new()?;
    let is_clean = act(temporary.path())?;
    if !is_clean {
        writeln!(io::stdout(), "kept for a look: {}", temporary.keep().display())?;
    }
    Ok(is_clean)
}

fn rounds(options: &Options, root: &Path) -> io::Result<Report> {
    fs::create_dir_all(root)?;
    let seed = options.seed.unwrap_or_else(|| Os.random());
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
        if outcome.is_clean() {
            fs::remove_dir_all(place.path())?;
        }
        report.add(&plan, &outcome);
    }
    Ok(report)
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
