//! The command line and what workers are told.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::time::Duration;

use tagcache_torture::lie::Lie;
use tagcache_torture::options::Options;
use tagcache_torture::plan::{Plan, Wishes};
use tagcache_torture::random::Random;

fn parse(line: &str) -> Result<Options, String> {
    let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Options::parse(&args)
}

#[test]
fn nothing_said_is_a_minute_without_a_lie() {
    let options = parse("").unwrap();
    assert_eq!(options.time, Duration::from_secs(60));
    assert_eq!(options.wishes, Wishes::default());
}

#[test]
fn times_are_read_with_their_unit_and_as_seconds_without() {
    for (text, millis) in [("4ms", 4), ("60s", 60_000), ("10m", 600_000), ("7", 7000)] {
        assert_eq!(parse(&format!("--time {text}")).unwrap().time, Duration::from_millis(millis), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (line, word) in [
        ("--tim 60s", "--tim"),
        ("--time", "--time"),
        ("--time soon", "soon"),
        ("--kills -1", "-1"),
        ("--processes 0", "process"),
        ("--break everything", "everything"),
        ("--durability eternal", "eternal"),
        ("--layout round", "round"),
    ] {
        let refusal = parse(line).unwrap_err();
        assert!(refusal.contains(word), "`{line}` was refused with `{refusal}`");
    }
}

#[test]
fn every_lie_can_be_asked_for_by_its_name() {
    for lie in Lie::all() {
        assert_eq!(parse(&format!("--break {lie}")).unwrap().wishes.lie, lie);
    }
    assert!(parse("--break all").unwrap().all_lies);
}

#[test]
fn a_worker_reads_the_plan_that_its_supervisor_printed() {
    let mut random = Random::new(1);
    for lie in Lie::all().chain([Lie::None]) {
        for _ in 0..20 {
            let plan = Plan::draw(&mut random, 5, &Wishes { lie, ..Wishes::default() });
            assert_eq!(plan.to_string().parse(), Ok(plan));
        }
    }
}

#[test]
fn a_seed_gives_the_same_plans_again_and_another_seed_does_not() {
    let plans = |seed| {
        let mut random = Random::new(seed);
        (0..8).map(|_| Plan::draw(&mut random, 5, &Wishes::default())).collect::<Vec<_>>()
    };
    assert_eq!(plans(1), plans(1));
    assert_ne!(plans(1), plans(2));
}
