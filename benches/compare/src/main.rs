//! See the library's page: `cargo run --release -- --quick`.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tagcache_compare::peer::{Level, Outcome, Settings};
use tagcache_compare::peers;
use tagcache_compare::worker::Worker;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["worker", rest @ ..] => work(rest),
        _ => Ok(()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A process that obeys: see `crew`.
fn work(words: &[&str]) -> Outcome<()> {
    let [name, level, dir, ttl, entries, process] = words else {
        return Err("worker NAME LEVEL DIR TTL ENTRIES PROCESS".into());
    };
    let kind = peers::named(name).ok_or("no such peer")?;
    let level = Level::ALL.into_iter().find(|known| known.word() == *level).ok_or("no such level")?;
    let settings = Settings { dir: PathBuf::from(dir), level, ttl: Duration::from_millis(ttl.parse()?) };
    let worker = Worker::new(kind, settings, entries.parse()?, process.parse()?)?;
    worker.obey(io::stdin().lock(), io::stdout().lock())
}
