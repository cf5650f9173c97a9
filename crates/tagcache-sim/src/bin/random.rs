//! Runs plans by chance for as long as one likes, and says how fast, plan by plan and for each crash model.
//!
//! `random [--runs N | --total N] [--seed S] [--threads N] [--cuts] [NAME…]`: so many runs of each plan, or so many in all; only
//! plans in which the power is cut; only plans whose name begins like this.
#![allow(clippy::print_stdout)] // a report on the console is what this program is for

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use tagcache_sim::{Choices, CrashModel, Plan, Stage, plans};

struct Options {
    runs: u64,
    total: Option<u64>,
    seed: u64,
    threads: usize,
    cuts: bool,
    names: Vec<String>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options =
            Self { runs: 100_000, total: None, seed: 1, threads: 1, cuts: false, names: Vec::new() };
        while let Some(arg) = args.next() {
            let mut number = || args.next()?.replace('_', "").parse::<u64>().ok();
            match arg.as_str() {
                "--runs" => options.runs = number()?,
                "--total" => options.total = Some(number()?),
                "--seed" => options.seed = number()?,
                "--threads" => options.threads = usize::try_from(number()?).ok()?,
                "--cuts" => options.cuts = true,
                flag if flag.starts_with("--") => return None,
                _ => options.names.push(arg),
            }
        }
        Some(options)
    }

    fn wants(&self, plan: &Plan) -> bool {
        let named = self.names.is_empty() || self.names.iter().any(|name| plan.name.starts_with(name));
        named && (!self.cuts || plan.budget.cuts > 0)
    }
}

/// What the runs of some plans came to.
#[derive(Clone, Copy, Default)]
struct Sum {
    runs: u64,
    calls: u64,
    interleaved: u64,
    cuts: u64,
    violations: u64,
    spent: Duration,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.calls += other.calls;
        self.interleaved += other.interleaved;
        self.cuts += other.cuts;
        self.violations += other.violations;
        self.spent += other.spent;
    }

    fn print(&self, name: &str) {
        let runs = self.runs.max(1) as f64;
        println!(
            "{name:52} {:>10} runs {:>4.0} calls, {:>4.0} interleaved {:>9} cuts {:>2} violations {:>7.0} runs/s",
            self.runs,
            self.calls as f64 / runs,
            self.interleaved as f64 / runs,
            self.cuts,
            self.violations,
            runs / self.spent.as_secs_f64(),
        );
    }
}

/// By what a power cut may leave; the last one where none comes.
const MODELS: [&str; 4] =
    ["in all: ordered", "in all: unordered", "in all: torn", "in all: the power stays on"];

fn model(plan: &Plan) -> usize {
    match (plan.budget.cuts, plan.model) {
        (0, _) => 3,
        (_, CrashModel::Ordered) => 0,
        (_, CrashModel::Unordered) => 1,
        (_, CrashModel::Torn) => 2,
    }
}

/// How much work this thread did: by the processor time that Linux counts, so that a busy machine does not tell another speed;
/// by the clock elsewhere.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), processor_time())
    }

    fn spent(&self) -> Duration {
        let spent = self.1.and_then(|start| processor_time()?.checked_sub(start));
        spent.filter(|spent| !spent.is_zero()).unwrap_or_else(|| self.0.elapsed())
    }
}

fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

/// Runs of one plan until all are done, or one breaks an invariant.
fn run(plan: &Plan, seeds: std::ops::Range<u64>) -> Sum {
    let (stage, start, mut sum) = (Stage::new(plan.clone()), Clock::start(), Sum::default());
    let mut failure = None;
    for seed in seeds {
        let report = stage.run(Choices::seed(seed));
        sum.runs += 1;
        sum.calls += report.steps;
        sum.interleaved += report.interleaved;
        sum.cuts += u64::from(report.cuts);
        if let Some(violation) = report.violation {
            failure = Some(stage.failure(&violation, &report.made));
            sum.violations += 1;
            break;
        }
    }
    sum.spent = start.spent();
    sum.print(&plan.name);
    if let Some(failure) = failure {
        println!("{failure}");
    }
    sum
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        println!("random [--runs N | --total N] [--seed S] [--threads N] [--cuts] [NAME…]");
        return ExitCode::FAILURE;
    };
    let plans: Vec<Plan> = plans::all().into_iter().filter(|plan| options.wants(plan)).collect();
    let runs = options.total.map_or(options.runs, |total| total.div_ceil(plans.len().max(1) as u64));
    let (next, failed, sums) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new([Sum::default(); 4]));
    let work = || {
        while let Some(plan) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
            let sum = run(plan, options.seed..options.seed + runs);
            failed.fetch_or(sum.violations > 0, Ordering::Relaxed);
            sums.lock().unwrap_or_else(PoisonError::into_inner)[model(plan)].add(&sum);
        }
    };
    thread::scope(|scope| (0..options.threads.max(1)).for_each(|_| drop(scope.spawn(work))));
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut all = Sum::default();
    println!("(runs in a second of processor time)");
    for (name, sum) in MODELS.iter().zip(&sums).filter(|(_, sum)| sum.runs > 0) {
        sum.print(name);
        all.add(sum);
    }
    all.print("in all");
    ExitCode::from(u8::from(failed.into_inner()))
}
