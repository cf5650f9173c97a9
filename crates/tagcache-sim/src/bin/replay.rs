//! Tells the story of one run: `replay PLAN CHOICES`, as the line under a failure has it. The plan is given by its name, or
//! as its line.
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::process::ExitCode;

use tagcache_sim::{Plan, Replay, Stage, plans};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, choices] = args.as_slice() else {
        println!("replay PLAN CHOICES");
        return ExitCode::FAILURE;
    };
    let plan = plans::all().into_iter().find(|plan| plan.name == *name).or_else(|| Plan::from_line(name));
    let (Some(plan), Some(replay)) = (plan, Replay::parse(choices)) else {
        println!("there is no such plan, or these are no choices");
        return ExitCode::FAILURE;
    };
    let (violation, story) = Stage::new(plan).replay(&replay);
    for line in story {
        println!("{line}");
    }
    match violation {
        Some(violation) => {
            println!("{}: {}", violation.invariant, violation.what);
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}
