//! The two layouts of a cache beside each other, in one run: how many folders they make and what these take on the disk,
//! and how long it takes to put, read, invalidate and sweep.
//!
//! ```text
//! layouts DIR [ENTRIES] [LINKS] [ROUNDS]     20000 entries, one tag with 20000 links, 5 rounds
//! ```
//!
//! The job is that of the comparison: pages of 4542 bytes, each with two tags, of which one is on a twentieth of all pages and
//! the other on a two-hundredth. Folders and space are exact. Times are ratios: everything is done a slice at a time for both
//! layouts in turns, a round makes both anew, and a ratio is taken within a round.
//!
//! Two directories are made in DIR for each round, and removed.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tagcache::{Builder, Cache, Durability, Layout, Policy, Raw};
use tempfile::TempDir;

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: layouts DIR [ENTRIES] [LINKS] [ROUNDS]";

/// How long a page is: as that of the comparison.
const PAGE_BYTES: usize = 4542;
/// How much one layout does before it is the other one's turn.
const SLICE: u64 = 500;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default| args.get(index).map_or(Ok(default), |arg| arg.parse::<u64>());
    let outcome = match args.first() {
        Some(dir) => number(1, 20_000)
            .and_then(|entries| Ok((entries, number(2, 20_000)?, number(3, 5)?)))
            .map_err(Into::into)
            .and_then(|(entries, links, rounds)| run(Path::new(dir), entries, links, rounds.max(1))),
        None => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("layouts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(dir: &Path, entries: u64, links: u64, rounds: u64) -> Outcome<()> {
    let (mut times, mut space) = (Vec::new(), None);
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        let first = usize::try_from(round % 2)?;
        let (made, took) = pages(dir, entries, first)?;
        space = Some(made);
        times.push([took, vec![one_tag(dir, links, first)?]].concat());
    }
    if let Some([spread, compact]) = space {
        print_space(entries, &spread, &compact);
    }
    print_times(&times);
    Ok(())
}

/// A cache in a directory of its own.
struct Site {
    cache: Cache<Raw>,
    dir: TempDir,
}

impl Site {
    fn new(dir: &Path, layout: Layout) -> Outcome<Self> {
        let dir = tempfile::tempdir_in(dir)?;
        // A barrier costs what the disk costs, and hides everything else.
        let builder = Builder::new(Raw).layout(layout).durability(Durability::Volatile);
        Ok(Self { cache: builder.open(dir.path())?, dir })
    }

    fn both(dir: &Path) -> Outcome<[Self; 2]> {
        Ok([Self::new(dir, Layout::Spread)?, Self::new(dir, Layout::Compact)?])
    }
}

/// How long something took in both layouts, and for how many things it was done.
#[derive(Clone, Copy)]
struct Took {
    what: &'static str,
    times: u64,
    spent: [Duration; 2],
}

/// Does the same in both, a slice at a time and in turns: whoever is first in one slice is second in the next.
fn in_turns(
    what: &'static str,
    sites: &[Site; 2],
    times: u64,
    act: impl Fn(&Cache<Raw>, u64) -> Outcome<()>,
) -> Outcome<Took> {
    let mut spent = [Duration::ZERO; 2];
    for (slice, from) in (0..times).step_by(usize::try_from(SLICE)?).enumerate() {
        for turn in 0..2 {
            let which = (slice + turn) % 2;
            let began = Instant::now();
            for number in from..times.min(from + SLICE) {
                act(&sites[which].cache, number)?;
            }
            spent[which] += began.elapsed();
        }
    }
    Ok(Took { what, times, spent })
}

fn key(number: u64) -> String {
    format!("section-{}/post-{number}", number % 20)
}

fn pages(dir: &Path, entries: u64, first: usize) -> Outcome<([Space; 2], Vec<Took>)> {
    let (sites, page) = (Site::both(dir)?, vec![7u8; PAGE_BYTES]);
    let put = |cache: &Cache<Raw>, number: u64| {
        let tags = [format!("section-{}", number % 20), format!("author-{}", number % 200)];
        cache.put(key(number), &page, &Policy::new().tags(tags)).map(drop).map_err(Into::into)
    };
    let fresh = in_turns("put, fresh, two tags", &sites, entries, put)?;
    let space = [Space::of(sites[0].dir.path())?, Space::of(sites[1].dir.path())?];
    let hit = in_turns("hit", &sites, entries, |cache, number| {
        // Any order but that of the puts.
        let number = number.wrapping_mul(7919) % entries;
        let hit = cache.get::<Vec<u8>>(key(number))?.ok_or("what was put is not there")?;
        std::hint::black_box(hit.len());
        Ok(())
    })?;
    let sweep = once("sweep, nothing to remove, per entry", &sites, first, entries, |cache| {
        cache.sweep().map(drop).map_err(Into::into)
    })?;
    let tag = once("invalidate a tag of a twentieth, per link", &sites, first, entries / 20, |cache| {
        cache.invalidate_tag("section-7").map(drop).map_err(Into::into)
    })?;
    Ok((space, vec![fresh, hit, sweep, tag]))
}

/// One tag that all have.
fn one_tag(dir: &Path, links: u64, first: usize) -> Outcome<Took> {
    let sites = Site::both(dir)?;
    let policy = Policy::new().tag("all");
    in_turns("", &sites, links, |cache, number| {
        cache.put(key(number), &Vec::new(), &policy).map(drop).map_err(Into::into)
    })?;
    once("invalidate a tag that all have, per link", &sites, first, links, |cache| {
        cache.invalidate_tag("all").map(drop).map_err(Into::into)
    })
}

/// Each does it once, `first` before the other one; what was written before is on the disk by then.
fn once(
    what: &'static str,
    sites: &[Site; 2],
    first: usize,
    times: u64,
    act: impl Fn(&Cache<Raw>) -> Outcome<()>,
) -> Outcome<Took> {
    let mut spent = [Duration::ZERO; 2];
    for which in [first, 1 - first] {
        rustix::fs::syncfs(fs::File::open(sites[which].dir.path())?)?;
        let began = Instant::now();
        act(&sites[which].cache)?;
        spent[which] = began.elapsed();
    }
    Ok(Took { what, times, spent })
}

/// What lies in a directory, and the blocks that it takes.
#[derive(Default)]
struct Space {
    folders: u64,
    folder_bytes: u64,
    entry_bytes: u64,
    most_names: u64,
}

impl Space {
    fn of(root: &Path) -> Outcome<Self> {
        let mut space = Self::default();
        let mut folders = vec![root.join("data")];
        while let Some(folder) = folders.pop() {
            let mut names = 0;
            for item in fs::read_dir(folder)? {
                let item = item?;
                names += 1;
                let meta = item.metadata()?;
                if meta.is_dir() {
                    space.folders += 1;
                    space.folder_bytes += meta.blocks() * 512;
                    folders.push(item.path());
                } else if item.file_name().to_string_lossy().starts_with("key") {
                    space.entry_bytes += meta.blocks() * 512;
                }
            }
            space.most_names = space.most_names.max(names);
        }
        Ok(space)
    }
}

fn print_space(entries: u64, spread: &Space, compact: &Space) {
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let row = |what: &str, of: &dyn Fn(&Space) -> String| {
        println!("| {what} | {} | {} |", of(spread), of(compact));
    };
    println!("| {entries} entries with two tags | spread | compact |\n|---|---:|---:|");
    row("folders", &|space| space.folders.to_string());
    row("disk space of the folders", &|space| mib(space.folder_bytes));
    row("disk space of the entries", &|space| mib(space.entry_bytes));
    row("names in the fullest folder", &|space| space.most_names.to_string());
    println!();
}

fn print_times(rounds: &[Vec<Took>]) {
    println!("| | spread | compact | compact / spread: median (least to most of {}) |", rounds.len());
    println!("|---|---:|---:|---:|");
    for (index, first) in rounds.first().into_iter().flatten().enumerate() {
        let all = || rounds.iter().filter_map(|round| round.get(index));
        let micros = |side: usize| {
            median(
                all().map(|took| took.spent[side].as_secs_f64() * 1e6 / took.times.max(1) as f64).collect(),
            )
        };
        let ratios: Vec<f64> =
            all().map(|took| took.spent[1].as_secs_f64() / took.spent[0].as_secs_f64()).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        println!(
            "| {} | {:.1} µs | {:.1} µs | {:.2} ({least:.2} to {most:.2}) |",
            first.what,
            micros(0),
            micros(1),
            median(ratios),
        );
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
