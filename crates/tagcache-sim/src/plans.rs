//! The plans that are run every day, by name.

use tagcache_fs::Durability;

use crate::fs::CrashModel;
use crate::plan::Plan;
use crate::program::{Op, Planted};
use Op::{
    Backup, Clear, Evict, ExpireAllOf, ExpireKey, ExpireTags, Fill, Forget, Hold, InvalidateAllOf,
    InvalidateKey, InvalidateTags, Judge, Pass, Put, Read, RemoveRoot, Replace, Sweep,
};

/// Small plans of which every way is explored.
#[must_use]
pub fn small() -> Vec<Plan> {
    let plan = Plan::new;
    vec![
        plan("fill, tag", &[&[Fill(0, 0b11)], &[InvalidateTags(1)]]),
        plan("fill, key", &[&[Fill(0, 0b1)], &[InvalidateKey(0)]]),
        plan("fill, soft tag", &[&[Fill(0, 0b1)], &[ExpireTags(1)]]),
        plan("fill, soft key", &[&[Fill(0, 0b1)], &[ExpireKey(0)]]),
        plan("fill, all of two tags", &[&[Fill(0, 0b111)], &[InvalidateAllOf(0b11)]]),
        plan("fill, softly all of two tags", &[&[Fill(0, 0b11)], &[ExpireAllOf(0b11)]]),
        plan("one of two tags, both", &[&[InvalidateTags(1)], &[InvalidateAllOf(0b11)]])
            .before(&[Put(0, 0b11)]),
        plan("put over an old one, all of two tags", &[&[Put(0, 0b11)], &[InvalidateAllOf(0b11)]])
            .before(&[Put(0, 0b11)]),
        plan("fill, clear", &[&[Fill(0, 0b1)], &[Clear]]),
        plan("fill, sweep", &[&[Fill(0, 0b1)], &[Sweep]]),
        plan("two fills", &[&[Fill(0, 0b1)], &[Fill(0, 0b1)]]),
        plan("two puts", &[&[Put(0, 0b1)], &[Put(0, 0b1)]]),
        plan("two puts over an old one", &[&[Put(0, 0b1)], &[Put(0, 0b1)]]).before(&[Put(0, 0b1)]),
        plan("put over an old one, tag", &[&[Put(0, 0b10)], &[InvalidateTags(1)]]).before(&[Put(0, 0b1)]),
        plan("fill, tag, reader", &[&[Fill(0, 0b1)], &[InvalidateTags(1)], &[Read(0)]]),
        plan("fill, tag, backup", &[&[Fill(0, 0b1)], &[InvalidateTags(1)], &[Backup]]),
        plan("fill, tag, death", &[&[Fill(0, 0b1)], &[InvalidateTags(1)]]).deaths(1),
        plan("fill, key, death", &[&[Fill(0, 0b1)], &[InvalidateKey(0)]]).deaths(1),
        plan("put over an old one, key, backup", &[&[Put(0, 0)], &[InvalidateKey(0)], &[Backup]])
            .before(&[Put(0, 0)]),
        plan("two fills, death", &[&[Fill(0, 0b1)], &[Fill(0, 0b1)]]).deaths(1),
        plan("holder, put", &[&[Hold(0), Judge], &[Put(0, 0b1)]]).before(&[Put(0, 0b1)]),
        plan("fill, tag, full log", &[&[Put(0, 0b1)], &[InvalidateTags(1)]]).log_is_full(),
    ]
}

/// Plans of three and more processes, explored as far as time allows.
#[must_use]
pub fn large() -> Vec<Plan> {
    let plan = Plan::new;
    vec![
        // By this one the speed of the simulation is told.
        plan(
            "three processes of thirty calls",
            &[&[Put(0, 0b11), Read(0)], &[Fill(1, 0b1), Read(0)], &[InvalidateTags(1), Put(2, 0)]],
        )
        .before(&[Put(0, 0b11), Put(1, 0b1), Put(2, 0), InvalidateKey(1)]),
        plan("two fills, tag", &[&[Fill(0, 0b1)], &[Fill(0, 0b1)], &[InvalidateTags(1)]]),
        plan(
            "two tags, fill, backup",
            &[&[InvalidateTags(1)], &[InvalidateTags(2)], &[Put(0, 0b11)], &[Backup]],
        ),
        plan("sweep, fill, tag", &[&[Sweep], &[Fill(0, 0b1)], &[InvalidateTags(1)]]),
        plan("fill, tag, backup, death", &[&[Put(0, 0b1)], &[InvalidateTags(1)], &[Backup]]).deaths(1),
        plan("put over an old one, key, backup, death", &[&[Put(0, 0)], &[InvalidateKey(0)], &[Backup]])
            .before(&[Put(0, 0)])
            .deaths(1),
        plan("two tags, put, full log", &[&[InvalidateTags(1)], &[InvalidateTags(2)], &[Put(0, 0b1)]])
            .log_is_full(),
        plan(
            "two tags, all of them, put",
            &[&[InvalidateAllOf(0b11)], &[InvalidateTags(2)], &[Put(0, 0b11)]],
        )
        .before(&[Put(0, 0b11)]),
        plan("evict, put, tag", &[&[Evict(0)], &[Put(0, 0b1)], &[InvalidateTags(1)]]).before(&[Put(0, 0b1)]),
    ]
}

/// Plans in which fate strikes, run by chance.
#[must_use]
pub fn fateful() -> Vec<Plan> {
    let mut plans = Vec::new();
    for model in [CrashModel::Ordered, CrashModel::Unordered, CrashModel::Torn] {
        for durability in [Durability::Invalidations, Durability::Full] {
            plans.extend(with_cuts(model, durability));
        }
    }
    let busy: [&[Op]; 4] = [
        &[Fill(0, 0b11), Put(1, 0b10), Fill(0, 0b1)],
        &[InvalidateTags(1), Hold(0), Judge, InvalidateKey(1)],
        &[Read(0), Put(0, 0b10), Sweep, Judge],
        &[ExpireTags(2), Fill(1, 0b11), Clear, Read(1)],
    ];
    plans.push(Plan::new("busy", &busy));
    plans.push(Plan::new("busy, deaths", &busy).deaths(2));
    plans.push(Plan::new("busy, faults", &busy).faults(3));
    plans.push(Plan::new("busy, full log", &busy).log_is_full().deaths(1));
    plans.push(Plan::new("busy, full log, faults", &busy).log_is_full().faults(2));
    // A failed append that breaks the log, beside a rotation that retires it: the one must not undo the other.
    let appends: [&[Op]; 3] = [&[ExpireTags(2)], &[InvalidateTags(1)], &[Put(0, 0b10)]];
    plans.push(Plan::new("a failed append, full log", &appends).log_is_full().faults(2));
    let backed_up: [&[Op]; 5] = [
        &[Fill(0, 0b11), Fill(0, 0b1), Hold(0), Judge],
        &[InvalidateTags(1), Hold(1), InvalidateKey(1), Judge],
        &[Put(1, 0b10), Put(0, 0b1), Hold(0), Judge, Judge],
        &[Backup, ExpireTags(2), Backup, Forget, Clear],
        &[Pass(200), Evict(0), Put(1, 0b11), Pass(200)],
    ];
    plans.push(Plan::new("backed up", &backed_up));
    plans.push(Plan::new("backed up, deaths", &backed_up).deaths(2));
    plans.push(Plan::new("backed up, full log", &backed_up).log_is_full());
    plans
}

/// Plans in which an entry loses its name to somebody who never looked at it, so that it is not poisoned, and a backup makes
/// its count right again: two puts of one key in one instant, or an eviction beside a put. Nobody who opens the key
/// is served it, and neither is who has it open: its change time tells.
#[must_use]
pub fn unseen() -> Vec<Plan> {
    let plan = Plan::new;
    let puts: [&[Op]; 4] = [&[Put(0, 0)], &[Put(0, 0)], &[Put(0, 0)], &[Backup]];
    // A look is worth nothing before some time has passed.
    let holder: [&[Op]; 4] = [&[Put(0, 0)], &[Put(0, 0)], &[Pass(200), Hold(0), Judge], &[Backup]];
    let evict: [&[Op]; 4] =
        [&[Evict(0), InvalidateKey(0)], &[Put(0, 0)], &[Pass(200), Hold(0), Judge], &[Backup]];
    let old = &[Put(0, 0)];
    vec![
        plan("two puts over an old one, backup", &puts).before(old),
        plan("two puts over an old one, holder, backup", &holder).before(old),
        plan("two puts, holder, backup, renames that replace", &holder).replacing_renames(),
        plan("three puts, backup, renames that replace", &puts).before(old).replacing_renames(),
        plan("evict beside a put, key, backup", &[evict[0], evict[1], evict[3]]).before(old),
        plan("evict beside a put, holder, backup", &evict).before(old),
        plan("evict beside a put, holder, backup, deaths", &evict).before(old).deaths(2),
    ]
}

/// What the power cut is most likely to catch: something taken away without a barrier, then invalidated.
fn with_cuts(model: CrashModel, durability: Durability) -> Vec<Plan> {
    let named = |name: &str, processes: &[&[Op]]| {
        let after: &[&[Op]] =
            &[&[Read(0), Read(1), Fill(0, 0b1), Hold(0)], &[InvalidateTags(2), Judge, Sweep]];
        Plan::new(format!("{name}, {model:?} {durability}"), processes)
            .before(&[Put(0, 0b11), Put(1, 0b10)])
            .after(after)
            .durability(durability)
            .cuts(2, model)
    };
    vec![
        named("evicted, then invalidated", &[&[Evict(0), InvalidateTags(1)], &[Put(2, 0b1)]]),
        named("replaced, then invalidated", &[&[Put(0, 0b10), InvalidateTags(1)], &[InvalidateKey(1)]]),
        named("evicted, then all of its tags", &[&[Evict(0), InvalidateAllOf(0b11)], &[Put(2, 0b11)]]),
        named(
            "one tag, then all of them",
            &[&[InvalidateTags(2)], &[InvalidateAllOf(0b11)], &[Put(0, 0b11)]],
        ),
        named("invalidated by two", &[&[InvalidateTags(1)], &[InvalidateTags(1)], &[Fill(0, 0b1)]]),
        named("put, expired, replaced", &[&[Put(0, 0b1), ExpireKey(0)], &[Replace(1, 0b10)], &[Sweep]]),
    ]
}

/// Puts that wait for the disk: what returned is there after a power cut.
#[must_use]
pub fn promised() -> Vec<Plan> {
    let processes: [&[Op]; 3] =
        [&[Put(0, 0b11), Put(1, 0)], &[Fill(0, 0b1), Put(2, 0b10)], &[InvalidateTags(1), Put(0, 0b10)]];
    let plan = |model| {
        Plan::new(format!("promised, {model:?}"), &processes)
            .after(&[&[Put(1, 0b1), Fill(2, 0b1)], &[Put(2, 0b1)]])
            .durability(Durability::Full)
            .cuts(2, model)
    };
    let plans = [CrashModel::Ordered, CrashModel::Unordered, CrashModel::Torn].map(plan);
    twice(plans.into_iter().collect())
}

/// Things in the tree that are none of the cache's.
#[must_use]
pub fn planted() -> Vec<Plan> {
    let before = &[Put(0, 0b1), Put(1, 0b11)];
    let plan = |planted| {
        let processes: [&[Op]; 4] = [
            &[Op::Plant(planted), Read(0), Op::Plant(planted)],
            &[Fill(0, 0b1), InvalidateKey(0), Put(0, 0b1)],
            &[Read(0), InvalidateTags(1), Fill(1, 0b1)],
            &[Sweep, Evict(0), Clear],
        ];
        Plan::new(format!("planted: {planted:?}"), &processes).before(before)
    };
    twice(Planted::ALL.map(plan).into_iter().collect())
}

/// Roots that are opened and made under the scheduler.
#[must_use]
pub fn cold() -> Vec<Plan> {
    let puts: [&[Op]; 2] = [&[Put(0, 0b1), Read(0)], &[Put(0, 0b10), Read(0)]];
    let fills: [&[Op]; 3] = [&[Fill(0, 0b1)], &[Fill(0, 0b1)], &[InvalidateTags(1), Sweep]];
    let after: &[&[Op]] = &[&[Put(0, 0b1), Read(0)], &[Read(0), Sweep]];
    let cut =
        |model| Plan::new(format!("a new root, cut, {model:?}"), &puts).cold().after(after).cuts(2, model);
    let plans = vec![
        Plan::new("a new root, two puts", &puts).cold(),
        Plan::new("a new root, fills, tag", &fills).cold(),
        Plan::new("a new root, deaths", &fills).cold().deaths(2),
        Plan::new("a new root, faults", &fills).cold().faults(2),
        cut(CrashModel::Ordered),
        cut(CrashModel::Unordered),
        cut(CrashModel::Torn),
    ];
    twice(plans)
}

/// Somebody removes the root, and the programs that work in it go on, in the one that the first of them makes: what is invalidated
/// by one that has not noticed yet is dead there, too.
#[must_use]
pub fn removed() -> Vec<Plan> {
    let before = &[Put(0, 0b1), Put(1, 0b10)];
    let plan = |name: &str, processes: &[&[Op]]| {
        let name = format!("root removed, {name}");
        Plan::new(name, &[&[&[RemoveRoot][..]], processes].concat()).before(before).by_facade()
    };
    // Whoever looked a moment ago does not look again.
    let late: &[Op] = &[Pass(1_100), Read(0), InvalidateTags(1), Read(0)];
    let plans = vec![
        plan("fill, tag", &[&[Fill(0, 0b1)], &[InvalidateTags(1)]]),
        plan("put, tag", &[&[Put(0, 0b1)], &[InvalidateTags(1)]]),
        plan("put, key", &[&[Put(0, 0)], &[InvalidateKey(0)]]),
        plan("put, soft tag", &[&[Put(0, 0b1)], &[ExpireTags(1)]]),
        plan("put, all of two tags", &[&[Put(0, 0b11)], &[InvalidateAllOf(0b11)]]),
        plan("put, clear", &[&[Put(0, 0b1)], &[Clear]]),
        plan("replace, tag", &[&[Replace(0, 0b1)], &[InvalidateTags(1), Replace(0, 0b1)]]),
        plan("fills, tag", &[&[Fill(0, 0b1), Read(0)], &[Fill(0, 0b11), Read(0)], &[InvalidateTags(1)]]),
        plan("put, tag, sweep", &[&[Put(0, 0b1)], &[InvalidateTags(1), Read(0)], &[Sweep, Put(1, 0b1)]]),
        plan("put, tag, late", &[&[Put(0, 0b1), Fill(0, 0b1)], late]),
        plan("put, tag, deaths", &[&[Put(0, 0b1), Fill(1, 0b1)], &[InvalidateTags(1), Read(0)]]).deaths(2),
        plan("put, tag, faults", &[&[Put(0, 0b1), Fill(1, 0b1)], &[InvalidateTags(1), Read(0)]]).faults(2),
        plan("twice", &[&[Put(0, 0b1), RemoveRoot, Put(0, 0b1)], &[Put(1, 0b1), InvalidateTags(1), Read(0)]]),
    ];
    [plans.clone(), plans.into_iter().map(Plan::compact).collect()].concat()
}

/// On roots of the layout `compact`: what is the same there, and what goes on in the folder of a tag, above all.
#[must_use]
pub fn compact() -> Vec<Plan> {
    let plans = [small(), large(), fateful(), cold(), planted()].concat();
    // Those of the facade are made of the others, as ever.
    twice(plans.into_iter().filter(|plan| !plan.facade).map(Plan::compact).collect())
}

/// Each plan by the programs that take the steps themselves, and by the released facade.
fn twice(plans: Vec<Plan>) -> Vec<Plan> {
    let facades: Vec<_> = plans.iter().map(|plan| plan.clone().by_facade()).collect();
    [plans, facades].concat()
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Plan> {
    let by_both = twice([small(), large(), unseen(), fateful()].concat());
    [by_both, cold(), promised(), planted(), removed(), compact()].concat()
}
