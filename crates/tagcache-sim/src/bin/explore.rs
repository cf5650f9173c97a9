//! Explores every way that each small plan can go, and says how many there were.
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::time::Instant;

use tagcache_sim::{Op, Plan, Stage};

fn main() {
    let plans = vec![Plan::new(
        "fill + tag invalidation + reader",
        &[&[Op::Fill(0, 0b11)], &[Op::InvalidateTags(1)], &[Op::Read(0)]],
    )];
    for plan in plans {
        let stage = Stage::new(plan);
        let start = Instant::now();
        let explored = stage.explore(5_000_000);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{}: {} runs, {} states, {} calls, complete {}, {:.1} s, {:.0}/s",
            stage.plan().name,
            explored.runs,
            explored.states,
            explored.steps,
            explored.complete,
            seconds,
            explored.runs as f64 / seconds
        );
        if let Some(failure) = explored.failure {
            println!("{failure}");
        }
    }
}
