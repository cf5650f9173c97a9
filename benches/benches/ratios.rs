//! Every operation against its floor, in turns: a table of ratios with their spread.
//!
//! A round runs both sides for about as long, one right after the other and in changing order, so that whatever else
//! the machine does is likely to hit both. The ratio is taken round by round; shown are the median and the quartiles,
//! between which half of the rounds lie. `--quick` takes fewer and shorter rounds; a word selects the operations whose name contains it.

#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use tagcache_benches::{Pair, Side, pairs, places};

/// Shorter than the time for which a busy scheduler lets one process run: most slices are not interrupted, and the
/// median is that of those.
const SLICE: Duration = Duration::from_millis(1);

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Of one side in one round.
    time: Duration,
    /// After that no further round begins: on a slow disk the preparations take longer than what is measured.
    limit: Duration,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| args.iter().any(|arg| arg == word);
    // `cargo bench` says `--bench`; without it this is `cargo test --benches`, which wants to see it run, once.
    let effort = match (has("--bench"), has("--quick")) {
        (false, _) => None,
        (true, true) => Some(Effort { rounds: 51, time: SLICE, limit: Duration::from_secs(2) }),
        (true, false) => Some(Effort { rounds: 501, time: SLICE, limit: Duration::from_secs(10) }),
    };
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    println!("{:<40} {:>8} {:>15} {:>12} {:>12}", "operation", "ratio", "quartiles", "ours", "floor");
    for place in places() {
        for mut pair in pairs::all(&place) {
            let name = format!("{}/{}", place.name(), pair.name);
            if wanted.is_empty() || wanted.iter().any(|want| name.contains(want.as_str())) {
                println!("{name:<40} {}", run(&mut pair, effort));
            }
        }
    }
}

fn run(pair: &mut Pair, effort: Option<Effort>) -> String {
    match effort {
        Some(effort) => line(&measure(pair, effort)),
        None => {
            pair.floor.run(1);
            pair.ours.run(1);
            "runs".into()
        }
    }
}

/// Nanoseconds per operation of one round, ours and the floor's.
type Round = (f64, f64);

fn measure(pair: &mut Pair, effort: Effort) -> Vec<Round> {
    let (for_ours, for_floor) =
        (calibrate(&mut pair.ours, effort.time), calibrate(&mut pair.floor, effort.time));
    let began = Instant::now();
    let mut rounds = Vec::with_capacity(effort.rounds);
    for round in 0..effort.rounds {
        if round > 0 && began.elapsed() > effort.limit {
            break;
        }
        if round % 2 == 0 {
            let floor = per_operation(&mut pair.floor, for_floor);
            rounds.push((per_operation(&mut pair.ours, for_ours), floor));
        } else {
            rounds.push((per_operation(&mut pair.ours, for_ours), per_operation(&mut pair.floor, for_floor)));
        }
    }
    rounds
}

/// How many operations take about that long. Also warms up what there is to warm up.
fn calibrate(side: &mut Side, time: Duration) -> u64 {
    let mut count = 1;
    while side.run(count) < time / 2 {
        count *= 2;
    }
    count
}

#[allow(clippy::cast_precision_loss)] // counts are small
fn per_operation(side: &mut Side, count: u64) -> f64 {
    side.run(count).as_secs_f64() * 1e9 / count as f64
}

fn line(rounds: &[Round]) -> String {
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, floor)| ours / floor).collect();
    let ratio = median(&mut ratios);
    let (low, high) = (ratios[ratios.len() / 4], ratios[ratios.len() * 3 / 4]);
    let ours = median(&mut rounds.iter().map(|round| round.0).collect::<Vec<_>>());
    let floor = median(&mut rounds.iter().map(|round| round.1).collect::<Vec<_>>());
    format!(
        "{ratio:>8.2} {:>15} {:>9.2} µs {:>9.2} µs",
        format!("{low:.2}–{high:.2}"),
        ours / 1e3,
        floor / 1e3
    )
}

/// Sorts, and takes the one in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
