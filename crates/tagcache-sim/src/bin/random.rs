//! Runs plans by chance for as long as one likes, and says how fast.
//!
//! `random [--runs N] [--seed S] [NAME…]`
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::process::ExitCode;
use std::time::Instant;

use tagcache_sim::{Choices, Stage, plans};

fn main() -> ExitCode {
    let (mut runs, mut seed) = (100_000_u64, 1_u64);
    let mut names = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = |default| args.next().and_then(|text| text.parse().ok()).unwrap_or(default);
        match arg.as_str() {
            "--runs" => runs = number(runs),
            "--seed" => seed = number(seed),
            _ => names.push(arg),
        }
    }
    let mut failed = false;
    for plan in plans::all().into_iter().filter(|plan| names.is_empty() || names.contains(&plan.name)) {
        let stage = Stage::new(plan);
        let start = Instant::now();
        let (mut done, mut steps, mut cuts) = (0_u64, 0, 0);
        let failure = (seed..seed + runs).find_map(|seed| {
            let report = stage.run(Choices::seed(seed));
            (done, steps, cuts) = (done + 1, steps + report.steps, cuts + u64::from(report.cuts));
            report.violation.map(|violation| stage.failure(&violation, &report.made))
        });
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{:50} {done:>9} runs {:>5.0} calls each {cuts:>8} cuts {:>8.0} runs/s",
            stage.plan().name,
            steps as f64 / done as f64,
            done as f64 / seconds,
        );
        if let Some(failure) = failure {
            println!("{failure}");
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}
