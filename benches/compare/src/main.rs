//! Measures, and writes what came of it. What there is to say is on the page of the library.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tagcache_benches::marks::insert;
use tagcache_benches::suites::raise_descriptor_limit;
use tagcache_benches::{Place, places};
use tagcache_compare::check::{self, check};
use tagcache_compare::crew::Office;
use tagcache_compare::effort::Effort;
use tagcache_compare::figures::OURS;
use tagcache_compare::machine::{self, Machine};
use tagcache_compare::peer::{Kind, Level, Outcome, Settings};
use tagcache_compare::peers;
use tagcache_compare::report::{MARKS, Run};
use tagcache_compare::rounds::{Field, Line};
use tagcache_compare::worker::Worker;

const USAGE: &str = "\
usage: compare [--quick] [--only PEER]... [--data FILE] [--page FILE]
       compare report DATA [--page FILE]

  --quick       smaller stores, shorter slices: under two minutes, and not for quoting
  --only PEER   tagcache and these
  --data FILE   the lines of the run, as JSON; compare.jsonl unless it says so
  --page FILE   writes the page into this file between its marks, instead of printing it
  report DATA   the page again, from the lines of an earlier run

It measures in the temporary directory and in /dev/shm, or only in TAGCACHE_BENCH_DIR.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["worker", rest @ ..] => work(rest),
        words => command(words),
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
    raise_descriptor_limit();
    let [name, level, dir, ttl, entries, process] = words else {
        return Err("worker NAME LEVEL DIR TTL ENTRIES PROCESS".into());
    };
    let kind = peers::named(name).ok_or("no such peer")?;
    let level = Level::ALL.into_iter().find(|known| known.word() == *level).ok_or("no such level")?;
    let settings = Settings { dir: PathBuf::from(dir), level, ttl: Duration::from_millis(ttl.parse()?) };
    let worker = Worker::new(kind, settings, entries.parse()?, process.parse()?)?;
    worker.obey(io::stdin().lock(), io::stdout().lock())
}

/// What was asked for.
struct Wish {
    effort: Effort,
    kinds: Vec<&'static Kind>,
    data: PathBuf,
    page: Option<PathBuf>,
    /// Nothing is measured: the data is there.
    report: bool,
}

fn command(words: &[&str]) -> Outcome<()> {
    if words.contains(&"--help") {
        print!("{USAGE}");
        return Ok(());
    }
    let wish = wish(words)?;
    if !wish.report {
        measure(&wish)?;
    }
    let page = Run::parse(&fs::read_to_string(&wish.data)?)?.page();
    match &wish.page {
        Some(path) => fs::write(path, insert(&fs::read_to_string(path)?, MARKS, &page)?)?,
        None => println!("{page}"),
    }
    Ok(())
}

fn wish(words: &[&str]) -> Outcome<Wish> {
    let mut wish = Wish {
        effort: Effort::FULL,
        kinds: Vec::new(),
        data: PathBuf::from("compare.jsonl"),
        page: None,
        report: false,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().copied().ok_or(USAGE);
        match *word {
            "--quick" => wish.effort = Effort::QUICK,
            "--only" => wish.kinds.push(peers::named(next()?).ok_or("no such peer")?),
            "--data" => wish.data = next()?.into(),
            "--page" => wish.page = Some(next()?.into()),
            "report" => (wish.report, wish.data) = (true, next()?.into()),
            _ => return Err(USAGE.into()),
        }
    }
    let chosen = |kind: &Kind| wish.kinds.is_empty() || wish.kinds.iter().any(|only| only.name == kind.name);
    wish.kinds = peers::ALL.iter().copied().filter(|kind| kind.name == OURS || chosen(kind)).collect();
    Ok(wish)
}

fn measure(wish: &Wish) -> Outcome<()> {
    let mut data = File::create(&wish.data)?;
    let mut sink = |line: Line| -> Outcome<()> {
        serde_json::to_writer(&mut data, &line)?;
        Ok(writeln!(data)?)
    };
    sink(Line::Run { machine: Machine::here(), effort: wish.effort })?;
    let office = Office { program: std::env::current_exe()?, entries: wish.effort.entries, ttl: check::WEEK };
    for place in places() {
        eprintln!("{}: is everybody correct?", place.name());
        let kinds = correct(&place, wish, &office, &mut sink)?;
        let levels: &[Level] = if place.name() == "tmpfs" { &Level::ALL[..1] } else { &Level::ALL };
        let dir = place.path("stores");
        fs::create_dir(&dir)?;
        let (place, effort) = (place.name().to_owned(), wish.effort);
        eprintln!("{place}: measuring");
        Field { place, dir, kinds, effort, office: office.clone(), sink: &mut sink }.measure(levels)?;
    }
    sink(Line::End { load: machine::load() })
}

/// Those that pass the test of correctness there.
fn correct(
    place: &Place,
    wish: &Wish,
    office: &Office,
    sink: &mut dyn FnMut(Line) -> Outcome<()>,
) -> Outcome<Vec<&'static Kind>> {
    let mut correct = Vec::new();
    for kind in &wish.kinds {
        let dir = place.path(&format!("check-{}", kind.name));
        match check(kind, kind.lowest(), &dir, office) {
            Ok(()) => correct.push(*kind),
            Err(error) => {
                let (place, peer) = (place.name().to_owned(), kind.name.to_owned());
                sink(Line::Failed { place, peer, reason: error.to_string() })?;
            }
        }
        remove(&dir)?;
    }
    Ok(correct)
}

fn remove(dir: &Path) -> Outcome<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    Ok(())
}
