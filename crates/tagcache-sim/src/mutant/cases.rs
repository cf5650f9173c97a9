//! The list of mistakes, each with the plan in which it shows.

use tagcache_fs::{Durability, Sys};

use super::{Mutant, Mutation};
use crate::choice::Choices;
use crate::fs::CrashModel;
use crate::plan::Plan;
use crate::program::{Op, Slip};
use crate::run::{Failure, Manner, Stage};
use crate::sim::Sim;

/// What is wrong: in the protocol, or in the program above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// Between the protocol and the system.
    Protocol(Mutation),
    /// In the program that uses it.
    Program(Slip),
}

/// How a mistake was found.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Runs until then.
    pub runs: u64,
    /// What it broke, and how.
    pub failure: Failure,
}

/// Every mistake with a plan that brings it to light.
#[must_use]
pub fn cases() -> Vec<(Mistake, Plan)> {
    use Mistake::{Program, Protocol};
    let mut cases: Vec<_> = invalidation()
        .into_iter()
        .chain(fill())
        .chain(locks())
        .chain(memory())
        .chain(power())
        .map(|(mutation, plan)| (Protocol(mutation), plan))
        .collect();
    cases.extend(program().into_iter().map(|(slip, plan)| (Program(slip), plan)));
    cases
}

use Op::{Backup, Evict, Fill, Hold, InvalidateKey, InvalidateTags, Judge, Pass, Put, Read, Sweep};

fn invalidation() -> Vec<(Mutation, Plan)> {
    let backed_up =
        |name: &str| Plan::new(name, &[&[InvalidateTags(1)], &[Backup], &[Read(0)]]).before(&[Put(0, 0b1)]);
    vec![
        (Mutation::NoPoison, backed_up("tag, backup")),
        (
            Mutation::NoPoisonInSweep,
            Plan::new(
                "put, sweep, tag, backup",
                &[&[Put(0, 0b1)], &[Sweep], &[Backup], &[InvalidateTags(1)]],
            ),
        ),
        (
            Mutation::PoisonAfterUnlink,
            Plan::new("two tags, backup", &[&[InvalidateTags(1)], &[InvalidateTags(1)], &[Backup]])
                .before(&[Put(0, 0b1)]),
        ),
        (Mutation::NoLog, Plan::new("fill, tag", &[&[Fill(0, 0b1)], &[InvalidateTags(1)]])),
        (
            Mutation::NoRecheckByAppender,
            // It has the log open before the other one rotates it.
            Plan::new(
                "put, then tag, beside a rotation",
                &[&[Put(1, 0), InvalidateTags(1)], &[InvalidateTags(2)], &[Put(0, 0b1)]],
            )
            .log_is_full(),
        ),
        (
            // It has the log of the root open that is removed, and another one lies in the next.
            Mutation::NoRecheckByAppender,
            Plan::new(
                "root removed, put, tag",
                &[&[Op::RemoveRoot], &[Put(0, 0b1)], &[Put(1, 0), InvalidateTags(1)]],
            )
            .by_facade(),
        ),
        (
            Mutation::SuccessorUnread,
            Plan::new(
                "two tags, put, full log",
                &[&[InvalidateTags(1)], &[InvalidateTags(2)], &[Put(0, 0b11)]],
            )
            .log_is_full(),
        ),
        (Mutation::DraftsLeftAlone, Plan::new("fill, key", &[&[Fill(0, 0b1)], &[InvalidateKey(0)]])),
    ]
}

fn fill() -> Vec<(Mutation, Plan)> {
    // The shard of the key is there already.
    let fill_and_tag =
        || Plan::new("fill, tag", &[&[Fill(0, 0b1)], &[InvalidateTags(1)]]).before(&[Put(0, 0b1), Evict(0)]);
    let twice = || {
        let processes: [&[Op]; 4] = [&[InvalidateTags(1)], &[InvalidateTags(1)], &[Put(0, 0b11)], &[Backup]];
        Plan::new("one tag twice, put, backup", &processes)
    };
    vec![
        (Mutation::CheckBeforeLinks, fill_and_tag()),
        (Mutation::CheckAfterRename, fill_and_tag()),
        (Mutation::RenameBeforeLinks, fill_and_tag()),
        (Mutation::TimeAfterCheck, twice()),
        (Mutation::TimeAfterFirstLink, twice()),
    ]
}

fn locks() -> Vec<(Mutation, Plan)> {
    let fills: [&[Op]; 4] = [&[Fill(0, 0b1), Fill(0, 0b1)], &[Fill(0, 0b1)], &[Fill(0, 0b1)], &[Sweep]];
    vec![
        (Mutation::NoRecheckByComer, Plan::new("three fills", &fills[..3])),
        (Mutation::NoRecheckBySweep, Plan::new("three fills, sweep", &fills)),
        (Mutation::NoLockInSweep, Plan::new("three fills, sweep", &fills)),
        (Mutation::LeaseWithoutLock, Plan::new("two fills", &fills[1..3])),
    ]
}

/// What the facade keeps in memory is asked again by its open file.
fn memory() -> Vec<(Mutation, Plan)> {
    let reader: &[Op] = &[Pass(200), Read(0), Read(0), Read(0)];
    let holder: &[Op] = &[Pass(200), Read(0), Backup, InvalidateKey(0), Read(0)];
    vec![
        (
            Mutation::DeafStat,
            Plan::new("reader, tag", &[reader, &[InvalidateTags(1)]]).before(&[Put(0, 0b1)]).by_facade(),
        ),
        (
            // As for a holder: a put takes the name, a backup made up for it before, and the poison is still to come.
            Mutation::SameChangeTime,
            Plan::new("reader, backup, key, reader; put", &[holder, &[Put(0, 0)]])
                .before(&[Put(0, 0)])
                .by_facade(),
        ),
    ]
}

fn power() -> Vec<(Mutation, Plan)> {
    let cut = |model| {
        Plan::new("evicted, then invalidated, cut", &[&[Evict(0), InvalidateTags(1)], &[Put(1, 0b10)]])
            .before(&[Put(0, 0b1)])
            .after(&[&[Read(0)]])
            .cuts(1, model)
    };
    vec![
        (Mutation::NoBarrierWhenNothingFound, cut(CrashModel::Ordered)),
        (Mutation::NoBarrierWhenNothingFound, cut(CrashModel::Unordered)),
        (
            Mutation::NoSyncOfPuts,
            Plan::new("put, cut", &[&[Put(0, 0b1)], &[Put(1, 0)]])
                .durability(Durability::Full)
                .cuts(1, CrashModel::Ordered),
        ),
        (
            Mutation::NoBarrier,
            Plan::new("tag, cut", &[&[InvalidateTags(1)], &[Put(1, 0)]])
                .before(&[Put(0, 0b1)])
                .after(&[&[Read(0)]])
                .cuts(1, CrashModel::Ordered),
        ),
    ]
}

fn program() -> Vec<(Slip, Plan)> {
    vec![
        (Slip::LateMark, Plan::new("fill, tag", &[&[Fill(0, 0b1)], &[InvalidateTags(1)]])),
        (
            Slip::NoChecksum,
            Plan::new("put, torn", &[&[Put(0, 0b1), Put(1, 0b1)]])
                .after(&[&[Read(0), Read(1)]])
                .cuts(1, CrashModel::Torn),
        ),
        (
            // A put takes the name, a backup made up for it before, and the poison is still to come.
            Slip::CountAlone,
            Plan::new(
                "hold, backup, key, judge; put",
                &[&[Hold(0), Backup, InvalidateKey(0), Judge], &[Put(0, 0)]],
            )
            .before(&[Put(0, 0)]),
        ),
        (
            // The same with an entry that was put in this very instant.
            Slip::YoungLook,
            Plan::new(
                "put, hold, backup, key, judge; put",
                &[&[Put(0, 0), Hold(0), Backup, InvalidateKey(0), Judge], &[Put(0, 0)]],
            ),
        ),
        (
            Slip::ExtraLinks,
            Plan::new("backup, reader", &[&[Backup], &[Hold(0), Judge]]).before(&[Put(0, 0b1)]),
        ),
    ]
}

/// Runs the plan with the mistake in it, by chance, until something breaks or so many runs are done.
#[must_use]
pub fn hunt(mistake: Mistake, plan: &Plan, most: u64) -> Option<Caught> {
    let stage = Stage::new(plan.clone());
    match mistake {
        Mistake::Protocol(mutation) => {
            hunt_as(&stage, most, &|sim| Mutant::new(sim, mutation, plan.layout), None)
        }
        Mistake::Program(slip) => hunt_as(&stage, most, &|sim| sim, Some(slip)),
    }
}

fn hunt_as<S: Sys>(stage: &Stage, most: u64, wrap: &dyn Fn(Sim) -> S, slip: Option<Slip>) -> Option<Caught> {
    (1..=most).find_map(|runs| {
        let manner = Manner { wrap, slip, tell: false, visited: None };
        let report = stage.run_as(Choices::seed(runs), manner);
        let failure = stage.failure_as(&report.violation?, &report.made, wrap, slip);
        Some(Caught { runs, failure })
    })
}
