//! `cargo xtask cli-bench`: whole processes, in turns, so that a busy machine is busy for all of them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{build, many};
use crate::command::Outcome;

const USAGE: &str = "usage: cargo xtask cli-bench [--rounds N] | --entries N";

pub(crate) fn bench(args: &[String]) -> Outcome {
    let words: Vec<_> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] => hits(500),
        ["--rounds", count] => hits(number(count)?),
        ["--entries", count] => many::many(&build()?, number(count)?),
        _ => Err(USAGE.into()),
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| format!("{text} is no number of anything; {USAGE}"))
}

/// A command, and how long each of its runs took.
struct Runner {
    name: &'static str,
    command: Command,
    took: Vec<Duration>,
}

impl Runner {
    fn new(name: &'static str, program: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        Self { name, command, took: Vec::new() }
    }

    fn run(&mut self) -> Outcome {
        let began = Instant::now();
        let status = self.command.status().map_err(|error| format!("{}: {error}", self.name))?;
        self.took.push(began.elapsed());
        if status.success() { Ok(()) } else { Err(format!("{}: {status}", self.name)) }
    }
}

/// A hit of `tagcache run` beside a bare process that prints the same bytes, and beside bkt.
fn hits(rounds: usize) -> Outcome {
    let tagcache = build()?;
    let place = place()?;
    let file = place.join("output");
    std::fs::write(&file, "one line of an output\n".repeat(20)).map_err(|error| error.to_string())?;
    let (file, root) =
        (file.to_string_lossy().into_owned(), place.join("cache").to_string_lossy().into_owned());
    let bkts = place.join("bkt").to_string_lossy().into_owned();
    let mut runners = vec![
        Runner::new("cat", Path::new("cat"), &[&file]),
        Runner::new("tagcache", &tagcache, &["--root", &root, "run", "-x", "1d", "--", "cat", &file]),
    ];
    match bkt() {
        Some(bkt) => {
            let args = ["--cache-dir", &bkts, "--ttl=1d", "--", "cat", &file];
            runners.push(Runner::new("bkt", &bkt, &args));
        }
        None => println!("SKIPPED: bkt is not in PATH, nor named by $BKT (cargo install bkt)"),
    }
    for runner in &mut runners {
        // The first one stores.
        (0..3).try_for_each(|_| runner.run())?;
        runner.took.clear();
    }
    for _ in 0..rounds {
        runners.iter_mut().try_for_each(Runner::run)?;
    }
    std::fs::remove_dir_all(&place).map_err(|error| error.to_string())?;
    report(&runners, rounds);
    Ok(())
}

fn report(runners: &[Runner], rounds: usize) {
    println!("{rounds} rounds, each command once in every round; median (quartiles)");
    for runner in runners {
        let millis = runner.took.iter().map(|took| took.as_secs_f64() * 1e3).collect();
        let [low, middle, high] = quartiles(millis);
        println!("{:9} {middle:.3} ms ({low:.3} – {high:.3})", runner.name);
    }
    let Some(ours) = runners.iter().find(|runner| runner.name == "tagcache") else { return };
    for other in runners.iter().filter(|runner| runner.name != "tagcache") {
        let pairs = ours.took.iter().zip(&other.took);
        let ratios = pairs.map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect();
        let [low, middle, high] = quartiles(ratios);
        println!("tagcache / {:4} {middle:.2} ({low:.2} – {high:.2})", other.name);
    }
}

fn quartiles(mut figures: Vec<f64>) -> [f64; 3] {
    figures.sort_by(f64::total_cmp);
    let at = |part: usize| figures.get(figures.len() * part / 4).copied().unwrap_or(f64::NAN);
    [at(1), at(2), at(3)]
}

/// A directory for what is stored, which is removed when all went well.
pub(super) fn place() -> Result<PathBuf, String> {
    let place = std::env::temp_dir().join(format!("tagcache-cli-bench-{}", std::process::id()));
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place)
}

fn bkt() -> Option<PathBuf> {
    let named = std::env::var_os("BKT").map(PathBuf::from);
    named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|dir| dir.join("bkt")).find(|file| file.is_file())
    })
}
