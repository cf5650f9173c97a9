//! `powerfail`: see the page of the crate.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use tagcache_powerfail::args::{Args, USAGE};
use tagcache_powerfail::{Verdict, WORKER, run, worker};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((WORKER, orders)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        return exit(worker(orders));
    }
    let args = match Args::parse(&words) {
        Ok(args) => args,
        Err(error) => return exit(Err(format!("{error}\n{USAGE}"))),
    };
    match run(&args, &mut |line| println!("{line}")) {
        Verdict::Passed => ExitCode::SUCCESS,
        Verdict::Failed => exit(Err("failed".into())),
    }
}

fn exit(outcome: Result<(), String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("powerfail: {error}");
            ExitCode::FAILURE
        }
    }
}
