//! `honest`: see the page of the crate.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use tagcache_honest::args::{Args, USAGE};
use tagcache_honest::report::{Verdict, run};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let args = match Args::parse(&words) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("honest: {error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&args, &mut |line| println!("{line}")) {
        Verdict::Agreed => ExitCode::SUCCESS,
        Verdict::Failed => ExitCode::FAILURE,
    }
}
