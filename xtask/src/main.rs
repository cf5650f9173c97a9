//! `cargo xtask`: the project's own tool. It has no dependencies, since it is compiled before anything else.
//!
//! ```text
//! cargo xtask ci            everything that a change must pass, but the tests of `cargo test` itself
//! cargo xtask ci STEP…      only these steps
//! cargo xtask fuzz …        every fuzz target for a minute, or [--time 10m] [TARGET…]
//! cargo xtask torture …     many processes, killed at random; arguments as for the program `torture`
//! cargo xtask powerfail …   the power is cut under real filesystems (root); arguments as for `powerfail`
//! cargo xtask longlife …    a sweep of a million entries, 100 000 puts under a limit; arguments as for `longlife`
//! cargo xtask mutants …     planted mistakes, and how each is caught; arguments as for the program `mutants`
//! cargo xtask honest …      the simulated filesystem against real ones (root for images); arguments as for `honest`
//! cargo xtask filesystems … the tests on real filesystems, and full ones (root); arguments as for `filesystems`
//! cargo xtask simulate …    simulated runs by chance, as many as one likes; arguments as for `random`
//! cargo xtask bench …       every operation beside its bare system calls: [--quick] [--check] [--only WORD]
//! cargo xtask bench --compare …   the same job on other caches and stores; arguments as for `benches/compare`
//! cargo xtask dist          the program tagcache as it is given to people, with man pages, completions and schemas
//! cargo xtask cli-bench …   a hit of the program beside cat and bkt [--rounds N]; a look into many entries [--entries N]
//! cargo xtask tidy          the house rules that no lint knows
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod ci;
mod command;
mod fuzz;
mod program;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask ci [STEP…] | fuzz [--time 10m] [TARGET…] | torture … | powerfail … | longlife … | mutants … | honest … | filesystems … | simulate … | bench [--compare] … | dist | cli-bench [--rounds N | --entries N] | tidy";

/// Programs of the workspace that only stand behind a shorter name here.
const PROGRAMS: [(&str, &str, &str); 7] = [
    ("torture", "tagcache-torture", "torture"),
    ("longlife", "tagcache-benches", "longlife"),
    ("powerfail", "tagcache-powerfail", "powerfail"),
    ("mutants", "tagcache-sim", "mutants"),
    ("honest", "tagcache-honest", "honest"),
    ("filesystems", "tagcache-filesystems", "filesystems"),
    ("simulate", "tagcache-sim", "random"),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((task, steps)) if task == "ci" => ci::run(steps),
        Some((task, rest)) if task == "fuzz" => fuzz::run(rest),
        Some((task, [])) if task == "tidy" => tidy::run(),
        Some((task, [])) if task == "dist" => program::dist(),
        Some((task, rest)) if task == "cli-bench" => program::bench(rest),
        Some((task, rest)) if task == "bench" => bench::run(rest),
        Some((task, rest)) => other(task, rest),
        None => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn other(name: &str, args: &[String]) -> command::Outcome {
    let Some((_, package, binary)) = PROGRAMS.iter().find(|(known, ..)| *known == name) else {
        return Err(USAGE.into());
    };
    let run = ["run", "--quiet", "--release", "-p", package, "--bin", binary, "--"];
    command::run(command::cargo(&run).args(args))
}
