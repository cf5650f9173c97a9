//! `cargo xtask`: the project's own tool. It has no dependencies, since it is compiled before anything else.
//!
//! ```text
//! cargo xtask ci            everything that a change must pass, but the tests of `cargo test` itself
//! cargo xtask ci STEP…      only these steps
//! cargo xtask fuzz [SECS]   every fuzz target for so many seconds (60)
//! cargo xtask torture …     many processes, killed at random; arguments as for the program `torture`
//! cargo xtask powerfail …   the power is cut under real filesystems (root); arguments as for `powerfail`
//! cargo xtask tidy          the house rules that no lint knows
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod ci;
mod command;
mod fuzz;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask ci [STEP…] | fuzz [SECONDS] | torture … | powerfail … | tidy";

/// Programs of the workspace that only stand behind a shorter name here.
const PROGRAMS: [&str; 2] = ["torture", "powerfail"];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((task, steps)) if task == "ci" => ci::run(steps),
        Some((task, rest)) if task == "fuzz" => fuzz::run(rest.first().map(String::as_str)),
        Some((task, [])) if task == "tidy" => tidy::run(),
        Some((task, rest)) if PROGRAMS.contains(&task.as_str()) => program(task, rest),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn program(name: &str, args: &[String]) -> command::Outcome {
    let package = format!("tagcache-{name}");
    command::run(command::cargo(&["run", "--quiet", "--release", "-p", &package, "--"]).args(args))
}
