//! Each operation against its floor, in turns; what came of it as lines, tables and plots.
//!
//! `cargo xtask bench` runs it.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tagcache_benches::marks::insert;
use tagcache_benches::report::{self, MARKS, Run};
use tagcache_benches::rounds::Effort;
use tagcache_benches::suites::{self, Line, Outcome, Wish, growth, raise_descriptor_limit};

const USAGE: &str = "\
usage: suites [--quick] [--check] [--only WORD]... [--data FILE] [--page FILE]
       suites report DATA [--page FILE]

  --quick       fewer and shorter rounds, trees up to 100000 entries: under five minutes, and not for quoting
  --check       only what has a budget, quickly; fails where a count of calls is over it, or the best of five rounds
  --only WORD   what has the word in its suite, its place or its name
  --data FILE   where the lines of the run go
  --page FILE   writes the page into this file between its marks, and the plots beside it into bench/
  report DATA   the page again, from the lines of an earlier run

It measures in the temporary directory and in /dev/shm, or only in TAGCACHE_BENCH_DIR.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    raise_descriptor_limit();
    let outcome = match words.as_slice() {
        ["worker", rest @ ..] => suites::work(rest, io::stdin().lock(), io::stdout().lock()),
        ["memory", path, entries] => memory(Path::new(path), entries),
        ["--help"] => {
            print!("{USAGE}");
            Ok(())
        }
        words => Asked::parse(words).and_then(|asked| asked.run()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("suites: {error}");
            ExitCode::FAILURE
        }
    }
}

fn memory(path: &Path, entries: &str) -> Outcome<()> {
    println!("{}", growth::memory(path, entries.parse()?));
    Ok(())
}

/// The command line.
#[derive(Default)]
struct Asked {
    quick: bool,
    check: bool,
    only: Vec<String>,
    data: Option<PathBuf>,
    page: Option<PathBuf>,
    /// Nothing is measured: the data is there.
    report: bool,
}

impl Asked {
    fn parse(words: &[&str]) -> Outcome<Self> {
        let mut asked = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().copied().ok_or(USAGE);
            match *word {
                "--quick" => asked.quick = true,
                "--check" => (asked.check, asked.quick) = (true, true),
                "--only" => asked.only.push(next()?.to_owned()),
                "--data" => asked.data = Some(next()?.into()),
                "--page" => asked.page = Some(next()?.into()),
                "report" => (asked.report, asked.data) = (true, Some(next()?.into())),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(asked)
    }

    fn run(&self) -> Outcome<()> {
        let lines = if self.report { self.read()? } else { self.measure()? };
        let run = Run::of(lines)?;
        if let Some(page) = &self.page {
            write_page(&run, page)?;
        }
        if self.check { run.check() } else { Ok(()) }
    }

    fn read(&self) -> Outcome<Vec<Line>> {
        let text = fs::read_to_string(self.data.as_deref().ok_or(USAGE)?)?;
        Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    fn measure(&self) -> Outcome<Vec<Line>> {
        let mut data = self.data.as_deref().map(File::create).transpose()?;
        let mut lines = Vec::new();
        let mut sink = |line: Line| -> Outcome<()> {
            if let Some(said) = report::spoken(&line) {
                println!("{said}");
            }
            if let Some(data) = &mut data {
                serde_json::to_writer(&mut *data, &line)?;
                writeln!(data)?;
            }
            lines.push(line);
            Ok(())
        };
        let effort = match (self.check, self.quick) {
            (true, _) => Effort::CHECK,
            (false, true) => Effort::QUICK,
            (false, false) => Effort::FULL,
        };
        let wish = Wish { effort, quick: self.quick, with_budget: self.check, only: &self.only };
        suites::run(wish, &mut sink)?;
        Ok(lines)
    }
}

fn write_page(run: &Run, page: &Path) -> Outcome<()> {
    let plots = page.parent().unwrap_or(Path::new("")).join("bench");
    fs::create_dir_all(&plots)?;
    for (name, svg) in run.plots() {
        fs::write(plots.join(name), svg)?;
    }
    fs::write(page, insert(&fs::read_to_string(page)?, MARKS, &run.page())?)?;
    Ok(())
}
