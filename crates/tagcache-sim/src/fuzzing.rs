//! Whole runs out of bytes: what the fuzz targets do with their input.
//!
//! ```text
//! byte  0       what may go wrong: bits 0–1 the crash model, 2 the durability, 3 a full log, 4–5 deaths, 6–7 faults
//! bytes 1–12    three processes of up to four steps each, one byte a step: the low half which one, the rest of what; 16 is
//!               no step, and the root has the layout `compact`
//! bytes 13–     the choices: whose turn it is, what fails, what a power cut leaves
//! ```
//!
//! Where the bytes end everything is 0: no step, no preemption, no fault. So a short input is a simple story, and
//! minimising one is worth while.

use tagcache_fs::Durability;

use crate::choice::Choices;
use crate::fs::CrashModel;
use crate::plan::Plan;
use crate::program::Op;
use crate::run::Stage;

const PROCESSES: usize = 3;
const STEPS: usize = 4;
const HEADER: usize = 1 + PROCESSES * STEPS;

/// The target `interleave`: processes in any order, deaths and faults, and the power stays on.
///
/// # Panics
/// With the story, when an invariant is broken.
pub fn interleave(bytes: &[u8]) {
    let (plan, choices) = decode(bytes, "interleave");
    check(plan, choices);
}

/// The target `crash_consistency`: the same, and the power is cut up to twice.
///
/// # Panics
/// With the story, when an invariant is broken.
pub fn crash_consistency(bytes: &[u8]) {
    let (plan, choices) = decode(bytes, "crash_consistency");
    let model = match bytes.first().map_or(0, |byte| byte & 3) {
        0 | 1 => CrashModel::Ordered,
        2 => CrashModel::Unordered,
        _ => CrashModel::Torn,
    };
    let after: &[&[Op]] = &[
        &[Op::Read(0), Op::Read(1), Op::Fill(0, 0b1), Op::Hold(0)],
        &[Op::InvalidateTags(2), Op::Judge, Op::Sweep],
    ];
    check(plan.after(after).cuts(2, model), choices);
}

// A fuzzer is told of a finding by a panic, and has no other ear.
#[allow(clippy::panic)]
fn check(plan: Plan, choices: &[u8]) {
    let stage = Stage::new(plan);
    let report = stage.run(Choices::bytes(choices.to_vec()));
    if let Some(violation) = report.violation {
        panic!("{}\n(replay by the input of the fuzz target)", stage.failure(&violation, &report.made));
    }
}

fn decode<'a>(bytes: &'a [u8], name: &str) -> (Plan, &'a [u8]) {
    let (header, choices) = bytes.split_at_checked(HEADER).unwrap_or((bytes, &[]));
    let (fate, steps) = header.split_first().map_or((0, header), |(fate, steps)| (*fate, steps));
    let scripts: Vec<Vec<Op>> =
        steps.chunks(STEPS).map(|steps| steps.iter().filter_map(|byte| op(*byte)).collect()).collect();
    let scripts: Vec<&[Op]> = scripts.iter().map(Vec::as_slice).filter(|script| !script.is_empty()).collect();
    let durability = if fate & 4 == 0 { Durability::Invalidations } else { Durability::Full };
    let plan = Plan::new(name, &scripts)
        .before(&[Op::Put(0, 0b11), Op::Put(1, 0b10)])
        .durability(durability)
        .deaths(fate >> 4 & 3)
        .faults(fate >> 6);
    let plan = if steps.contains(&16) { plan.compact() } else { plan };
    (if fate & 8 == 0 { plan } else { plan.log_is_full() }, choices)
}

/// One step: two keys and two tags are enough for everything to meet.
fn op(byte: u8) -> Option<Op> {
    let (key, tags) = (byte >> 4 & 1, byte >> 5 & 3);
    let some_tags = tags.max(1);
    Some(match byte & 15 {
        0 => return None,
        1 => Op::Fill(key, tags),
        2 => Op::Put(key, tags),
        3 => Op::Replace(key, tags),
        4 => Op::InvalidateTags(some_tags),
        5 => Op::ExpireTags(some_tags),
        6 => Op::InvalidateKey(key),
        7 => Op::ExpireKey(key),
        8 => Op::Clear,
        9 => Op::Sweep,
        10 => Op::Evict(key),
        11 => Op::Read(key),
        12 => Op::Hold(key),
        13 => Op::Judge,
        14 => Op::Clock(if byte & 16 == 0 { 3600 } else { -3600 }),
        _ if byte & 16 == 0 => Op::Backup,
        _ if byte & 32 == 0 => Op::Pass(200),
        _ => Op::Forget,
    })
}
