//! A long life, in one run: a sweep over very many entries beside a bare walk over the same tree, and very many puts under
//! a limit, measured by what `du` measures.
//!
//! ```text
//! longlife sweep [ENTRIES]          1000000 entries, each with one of 1000 tags
//! longlife limit [ROUNDS] [MIB]     100000 puts and overwrites under 64 MiB
//! ```
//!
//! The directory is made where temporary files are (`TMPDIR`), and removed.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tagcache::{Builder, Cache, Limits, Policy, Raw, SweepOptions};

type Outcome = Result<(), Box<dyn Error>>;

const USAGE: &str = "usage: longlife sweep [ENTRIES] | longlife limit [ROUNDS] [MIB]";

/// How often each side of the comparison runs, in turns.
const TURNS: usize = 3;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| args.get(index).map_or(Ok(default), |arg| arg.parse());
    let outcome = match args.first().map(String::as_str) {
        Some("sweep") => number(1, 1_000_000).map_err(Into::into).and_then(sweep),
        Some("limit") => number(1, 100_000)
            .and_then(|rounds| Ok((rounds, number(2, 64)?)))
            .map_err(Into::into)
            .and_then(|(rounds, mib)| limit(rounds, mib << 20)),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("longlife: {error}");
            ExitCode::FAILURE
        }
    }
}

fn sweep(entries: u64) -> Outcome {
    let dir = tempfile::tempdir()?;
    let cache = Builder::new(Raw).open(dir.path())?;
    let began = Instant::now();
    fill(&cache, entries)?;
    println!("{entries} entries with a tag each stored in {:.1?}", began.elapsed());
    let before = peak_memory()?;
    for turn in 1..=TURNS {
        let began = Instant::now();
        let names = walk(dir.path())?;
        let floor = began.elapsed();
        let report = cache.sweep()?;
        println!(
            "turn {turn}: walk {floor:.2?} for {names} names; sweep {:.2?} for {} entries: {:.2} x",
            report.took,
            report.kept,
            report.took.as_secs_f64() / floor.as_secs_f64(),
        );
        println!("        {:.0} entries a second", report.kept as f64 / report.took.as_secs_f64());
    }
    let slice = SweepOptions::new().at_most(Duration::from_millis(50));
    let (mut slices, mut longest) = (0, Duration::ZERO);
    loop {
        let part = cache.sweep_with(&slice)?;
        slices += 1;
        longest = longest.max(part.took);
        if part.finished {
            break;
        }
    }
    println!("in slices of 50 ms: {slices}, the longest {longest:.1?}");
    println!("peak memory: {} KiB before the sweeps, {} KiB after", before, peak_memory()?);
    Ok(())
}

fn fill(cache: &Cache<Raw>, entries: u64) -> Outcome {
    for number in 0..entries {
        let policy = Policy::new().tag(format!("tag {}", number % 1000));
        cache.put(format!("entry {number}"), &vec![7u8; 100], &policy)?;
    }
    Ok(())
}

/// The floor: every folder is read, and every name that is no folder is asked for its inode.
fn walk(root: &Path) -> Result<u64, Box<dyn Error>> {
    let mut names = 0;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder)? {
            let item = item?;
            names += 1;
            if item.file_type()?.is_dir() {
                folders.push(item.path());
            } else {
                std::hint::black_box(item.metadata()?);
            }
        }
    }
    Ok(names)
}

/// In KiB, since the process began.
fn peak_memory() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn limit(rounds: u64, limit: u64) -> Outcome {
    let dir = tempfile::tempdir()?;
    let cache = Builder::new(Raw).limits(Limits::new().bytes(limit)).open(dir.path())?;
    let (mut most, began) = (0, Instant::now());
    for round in 0..rounds {
        // Three of four keys come again, in lengths up to 32 KiB.
        let key = round.wrapping_mul(2_654_435_761) % (rounds / 4).max(1);
        let len = usize::try_from(round.wrapping_mul(40_503) % 32_768)?;
        cache.put(format!("entry {key}"), &vec![7u8; len], &Policy::new().tag(format!("{}", key % 100)))?;
        if round % 1000 == 999 {
            most = most.max(du(dir.path())?);
        }
    }
    let (stats, took) = (cache.stats(), began.elapsed());
    println!("{rounds} puts in {took:.1?}, {} entries evicted, {} faults", stats.evicted, stats.faults);
    println!("limit {limit}, a slice {}, most by du {most}", limit / 64);
    if most > limit + limit / 64 {
        return Err(format!("{} bytes beyond the limit and a slice", most - limit - limit / 64).into());
    }
    Ok(())
}

/// The disk space of a directory and of all below it, each file once.
fn du(root: &Path) -> Result<u64, Box<dyn Error>> {
    let mut seen = BTreeSet::new();
    let mut space = fs::symlink_metadata(root)?.blocks() * 512;
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder)? {
            let item = item?;
            let meta = item.metadata()?;
            if seen.insert(meta.ino()) {
                space += meta.blocks() * 512;
            }
            if meta.is_dir() {
                folders.push(item.path());
            }
        }
    }
    Ok(space)
}
