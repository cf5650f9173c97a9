//! Explores every way that each small plan can go, and says how many there were.
//!
//! `explore [--most RUNS] [NAME…]`
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::process::ExitCode;
use std::time::Instant;

use tagcache_sim::{Stage, plans};

fn main() -> ExitCode {
    let mut most = 2_000_000;
    let mut names = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--most" => most = args.next().and_then(|text| text.parse().ok()).unwrap_or(most),
            _ => names.push(arg),
        }
    }
    let mut failed = false;
    let plans = plans::small().into_iter().chain(plans::large());
    for plan in plans.filter(|plan| names.is_empty() || names.contains(&plan.name)) {
        let stage = Stage::new(plan);
        let start = Instant::now();
        let explored = stage.explore(most);
        let whole = if explored.complete { "every way" } else { "not all" };
        println!(
            "{:42} {:>9} runs {:>9} states {:>11} calls {:>7.1} s  {whole}",
            stage.plan().name,
            explored.runs,
            explored.states,
            explored.steps,
            start.elapsed().as_secs_f64(),
        );
        if let Some(failure) = explored.failure {
            println!("{failure}");
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}
