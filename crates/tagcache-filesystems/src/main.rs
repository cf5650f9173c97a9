//! `filesystems`: the tests of the workspace on real filesystems, and a cache on each of them when it is full.
//!
//! The test programs are built once. Then, for each filesystem, an image is made and mounted where nobody else sees it, and
//! every test program that makes a cache runs with its temporary files there: `TMPDIR` is all that it takes. After that
//! the same filesystem is made again, small or filled up, and [`full`] works on it. A row of the table says how many tests ran,
//! how many failed, and what happened on the full one.
//!
//! It needs root, and says so; what needs none is `cargo test`, on the filesystem of the folder for temporary files.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod full;
mod lower;
mod place;
mod suite;

use std::process::ExitCode;
use std::time::Instant;

use tagcache_images::{Halt, Workshop, enter_namespace};

use args::{Args, USAGE};
use place::Place;

const HEAD: &str = "\
| place | test programs | tests | failed | seconds | full: values asked for | stored | evicted | faults | not stored with room again |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let args = match Args::parse(&words) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("filesystems: {error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(Halt::Skip(why)) if !args.require => {
            println!("filesystems: skipped, {why}");
            ExitCode::SUCCESS
        }
        Err(halt) => {
            eprintln!("filesystems: {halt}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well. The table is printed row by row.
fn run(args: &Args) -> Result<bool, Halt> {
    enter_namespace()?;
    // Short names: the path of a socket has 107 bytes at most, and tests plant some.
    let workshop = Workshop::new("tc")?;
    let programs = if args.suite { suite::build()? } else { Vec::new() };
    println!("{HEAD}");
    let mut went_well = true;
    for place in &args.places {
        match row(*place, &workshop, &programs) {
            Ok(is_fine) => went_well &= is_fine,
            Err(Halt::Skip(why)) if !args.require => println!("| {place} | skipped: {why} |"),
            Err(halt) => {
                println!("| {place} | {halt} |");
                went_well = false;
            }
        }
    }
    Ok(went_well)
}

fn row(place: Place, workshop: &Workshop, programs: &[suite::Program]) -> Result<bool, Halt> {
    let began = Instant::now();
    let mounted = place.mount(workshop, place::Size::Wide)?;
    let tests = suite::run(programs, mounted.path())?;
    if place == Place::Overlay {
        lower::check(&mounted.path().join(lower::BAKED))?;
    }
    mounted.unmount()?;
    let took = began.elapsed().as_secs();
    let tight = place.mount(workshop, place::Size::Tight)?;
    let full = full::run(tight.path());
    tight.unmount()?;
    let full = full?;
    println!(
        "| {place} | {} | {} | {} | {took} | {} | {} | {} | {} | {} |",
        programs.len(),
        tests.passed + tests.failed,
        tests.failed,
        full.asked,
        full.stored,
        full.evicted,
        full.faults,
        full.refused_at_last
    );
    for told in &tests.told {
        eprintln!("{place}: {told}");
    }
    Ok(tests.failed == 0 && tests.told.is_empty() && full.refused_at_last == 0)
}
