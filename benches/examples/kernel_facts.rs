//! Two questions about a filesystem that decide how the cache is written, asked with bare system calls:
//!
//! - What does a rename over an existing file cost, with and without space that was reserved? (ext4 writes a file out at
//!   once when its blocks are not yet allocated.)
//! - Do two threads remove the links of one tag faster than one?
//!
//! ```text
//! cargo run --release -p tagcache-benches --example kernel_facts -- DIRECTORY
//! ```
//!
//! The answers are in `docs/DESIGN.md`. Shown are the quartiles; what else the machine does is in them.

#![allow(clippy::print_stdout, reason = "what it finds is for people")]

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{
    AtFlags, CWD, FallocateFlags, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT, fallocate,
    futimens, linkat, mkdirat, openat, renameat, renameat_with, unlinkat,
};
use rustix::io::{Result, write};

/// A record of about four kilobytes.
const RECORD: [u8; 4300] = [b'x'; 4300];
const PUTS: usize = 1000;
const LINKS: usize = 10_000;
const ROUNDS: usize = 9;
const BUCKETS: usize = 100;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let parent = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let place = tempfile::tempdir_in(parent)?;
    let dir = openat(CWD, place.path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
    renames(&dir)?;
    removals(&dir)?;
    Ok(())
}

/// How a file comes to the name of another one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// There is no other one.
    Fresh,
    Over,
    OverReserved,
    ExchangeReserved,
}

fn renames(dir: &OwnedFd) -> Result<()> {
    let ways = [Way::Fresh, Way::Over, Way::OverReserved, Way::ExchangeReserved];
    for way in ways.into_iter().filter(|way| *way != Way::Fresh) {
        for index in 0..PUTS {
            write(&create(dir, &name(&format!("{way:?}-{index}")))?, &RECORD)?;
        }
    }
    let mut took = ways.map(|_| (Vec::new(), Vec::new()));
    // In turns, so that what else the machine does hits all of them.
    for index in 0..PUTS {
        for (way, (all, rename)) in ways.into_iter().zip(&mut took) {
            let (whole, renamed) = put(dir, way, &name(&format!("{way:?}-{index}")))?;
            all.push(whole);
            rename.push(renamed);
        }
    }
    for (way, (all, rename)) in ways.into_iter().zip(took) {
        let way = format!("{way:?}");
        println!("{way:<18} create to close {} µs, of which rename {} µs", quartiles(all), quartiles(rename));
    }
    Ok(())
}

/// Microseconds from the creation to the end of the old file, and for the rename.
fn put(dir: &OwnedFd, way: Way, to: &CStr) -> Result<(f64, f64)> {
    let draft = c"draft";
    let began = Instant::now();
    let file = create(dir, draft)?;
    if matches!(way, Way::OverReserved | Way::ExchangeReserved) {
        fallocate(&file, FallocateFlags::KEEP_SIZE, 0, RECORD.len() as u64)?;
    }
    write(&file, &RECORD)?;
    let old = match way {
        Way::Fresh => None,
        _ => Some(openat(dir, to, OFlags::RDONLY, Mode::empty())?),
    };
    let renaming = Instant::now();
    if way == Way::ExchangeReserved {
        renameat_with(dir, draft, dir, to, RenameFlags::EXCHANGE)?;
        unlinkat(dir, draft, AtFlags::empty())?;
    } else {
        renameat(dir, draft, dir, to)?;
    }
    let renamed = micros(renaming.elapsed());
    drop(old);
    Ok((micros(began.elapsed()), renamed))
}

fn removals(dir: &OwnedFd) -> Result<()> {
    let (mut ratios, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (one, two) = (remove_links(dir, 1)?, remove_links(dir, 2)?);
        ratios.push(one.as_secs_f64() / two.as_secs_f64());
        alone.push(micros(one) / LINKS as f64);
    }
    println!(
        "{LINKS} links: one thread {} µs each, two are {} times as fast",
        quartiles(alone),
        quartiles(ratios)
    );
    Ok(())
}

/// Poisons and unlinks so many links in a hundred folders, which are shared out to the threads.
fn remove_links(dir: &OwnedFd, threads: usize) -> Result<Duration> {
    let links: Vec<CString> =
        (0..LINKS).map(|index| name(&format!("bucket-{:02}/{index}", index % BUCKETS))).collect();
    let folders: Vec<CString> = (0..BUCKETS).map(|bucket| name(&format!("bucket-{bucket:02}"))).collect();
    for folder in &folders {
        mkdirat(dir, folder, Mode::RWXU)?;
    }
    for (index, link) in links.iter().enumerate() {
        let entry = name(&format!("entry-{index}"));
        create(dir, &entry)?;
        linkat(dir, &entry, dir, link, AtFlags::empty())?;
    }
    let began = Instant::now();
    std::thread::scope(|scope| {
        let share = |thread: usize| {
            let links = &links;
            move || {
                links
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| index % BUCKETS % threads == thread)
                    .try_for_each(|(_, link)| remove(dir, link))
            }
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(share(thread))).collect();
        running.into_iter().try_for_each(|thread| thread.join().unwrap_or(Err(rustix::io::Errno::INTR)))
    })?;
    let took = began.elapsed();
    for index in 0..LINKS {
        unlinkat(dir, name(&format!("entry-{index}")), AtFlags::empty())?;
    }
    folders.iter().try_for_each(|folder| unlinkat(dir, folder, AtFlags::REMOVEDIR))?;
    Ok(took)
}

fn remove(dir: &OwnedFd, link: &CStr) -> Result<()> {
    let file = openat(dir, link, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOATIME, Mode::empty())?;
    let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    futimens(
        &file,
        &Timestamps { last_access: omit, last_modification: Timespec { tv_sec: 0, tv_nsec: 0 } },
    )?;
    unlinkat(dir, link, AtFlags::empty())
}

fn create(dir: &OwnedFd, path: &CStr) -> Result<OwnedFd> {
    openat(dir, path, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR)
}

fn name(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The quarter, the half and three quarters of the way through the sorted figures.
fn quartiles(mut figures: Vec<f64>) -> String {
    figures.sort_by(f64::total_cmp);
    let [low, middle, high] = [1, 2, 3].map(|quarter| figures[figures.len() * quarter / 4]);
    format!("{low:.2}–{middle:.2}–{high:.2}")
}
