//! Measuring: the programs do it, and write their parts of the page.

use crate::command::{Outcome, cargo, run as execute};

const PAGE: &str = "docs/BENCHMARKS.md";
const DATA: &str = "benches/run.jsonl";

/// The suites, or the comparison with others.
pub(crate) fn run(args: &[String]) -> Outcome {
    match args.split_first() {
        Some((word, rest)) if word == "--compare" => compare(rest),
        _ => suites(args),
    }
}

/// What is measured in part is no page, and neither is what is only checked.
fn suites(args: &[String]) -> Outcome {
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let in_part = ["--check", "--only", "--page", "--data", "--help", "report"].into_iter().any(has);
    let whole: &[&str] = if in_part { &[] } else { &["--page", PAGE, "--data", DATA] };
    let program = ["run", "--quiet", "--release", "-p", "tagcache-benches", "--bin", "suites", "--"];
    execute(cargo(&program).args(args).args(whole))
}

/// The comparison is a workspace of its own.
fn compare(args: &[String]) -> Outcome {
    let program = ["run", "--quiet", "--release", "--manifest-path", "benches/compare/Cargo.toml", "--"];
    execute(cargo(&program).args(args))
}
