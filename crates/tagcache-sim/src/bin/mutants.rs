//! Plants every mistake, on roots of either layout, and says how it was caught: `mutants [--runs N] [--tell]`. Fails when one
//! survives, or when its plan breaks without it.
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::process::ExitCode;
use std::time::Instant;

use tagcache_sim::mutant::{Mistake, cases, hunt};
use tagcache_sim::{Choices, Plan, Stage};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runs = args.iter().skip_while(|arg| *arg != "--runs").nth(1);
    let most = runs.and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let tell = args.iter().any(|arg| arg == "--tell");
    let mut failed = 0;
    println!("| mistake | plan | caught by | after runs | seconds |\n|---|---|---|---:|---:|");
    let on_both = |(mistake, plan): (Mistake, Plan)| [(mistake, plan.clone()), (mistake, plan.compact())];
    for (mistake, plan) in cases().into_iter().flat_map(on_both) {
        let name = match mistake {
            Mistake::Protocol(mutation) => format!("{mutation:?}"),
            Mistake::Program(slip) => format!("{slip:?}"),
        };
        let start = Instant::now();
        let caught = hunt(mistake, &plan, most);
        let seconds = start.elapsed().as_secs_f64();
        let (by, runs) = match &caught {
            Some(caught) => (caught.failure.violation.invariant, caught.runs),
            None => ("**nothing**", most),
        };
        println!("| {name} | {} ({:?}) | {by} | {runs} | {seconds:.2} |", plan.name, plan.model);
        if let Some(caught) = caught.as_ref().filter(|_| tell) {
            println!("{}", caught.failure);
        }
        // The same plan without the mistake, for at least as long: or the plan proves nothing.
        if caught.is_none() || !holds(plan, 2 * runs + 1000) {
            failed += 1;
            println!("| {name} | ... | **survived, or its plan breaks without it** | | |");
        }
    }
    println!("\n{failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

fn holds(plan: Plan, runs: u64) -> bool {
    let stage = Stage::new(plan);
    (1..=runs).all(|seed| stage.run(Choices::seed(seed)).violation.is_none())
}
