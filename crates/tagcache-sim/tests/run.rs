//! Runs by chance: of the plans that are there, and of plans that chance makes.

use proptest::prelude::*;
use tagcache_fs::Durability;
use tagcache_sim::{Choices, CrashModel, Op, Plan, Planted, Replay, Stage, plans};

/// Runs of each plan; the programs `random` and `explore` make as many as one likes.
const RUNS: u64 = 150;

#[test]
fn no_plan_breaks_an_invariant() {
    for plan in plans::all() {
        let stage = Stage::new(plan);
        for seed in 0..RUNS {
            assert_holds(&stage, Choices::seed(seed));
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_run() {
    for plan in plans::fateful() {
        let stage = Stage::new(plan);
        let (first, second) = (stage.run(Choices::seed(7)), stage.run(Choices::seed(7)));
        assert_eq!(first.made, second.made, "{}", stage.plan().name);
        assert_eq!(first.interleaved, second.interleaved, "{}", stage.plan().name);
    }
}

#[test]
fn the_numbers_of_a_run_make_it_again() {
    let stage = Stage::new(plans::fateful().remove(0));
    let first = stage.run(Choices::seed(3));
    let replay = Replay::parse(&Replay::of(&first.made).to_string()).expect("what was written is read");
    let second = stage.run(Choices::given(replay.0));
    assert_eq!(first.made, second.made);
}

#[test]
fn without_choices_one_process_runs_after_the_other_and_nothing_is_lost() {
    let stage = Stage::new(Plan::new("two puts", &[&[Op::Put(0, 1)], &[Op::Put(0, 2), Op::Read(0)]]));
    let (violation, story) = stage.replay(&Replay(Vec::new()));
    assert_eq!(violation, None);
    let begins = story.iter().filter(|line| line.contains("begins")).map(|line| &line[..2]);
    // The last process is the one that looks through what is left.
    let turns: Vec<_> = begins.filter(|process| *process != "p7").collect();
    assert_eq!(turns, ["p0", "p1", "p1"]);
    assert!(story.iter().any(|line| line.contains("takes key 0 as fresh")), "{story:#?}");
}

fn assert_holds(stage: &Stage, choices: Choices) {
    let report = stage.run(choices);
    let told = report.violation.as_ref().map(|violation| stage.failure(violation, &report.made).to_string());
    assert!(told.is_none(), "{}", told.unwrap_or_default());
}

fn op() -> impl Strategy<Value = Op> {
    let (key, tags) = (0..2u8, 0..4u8);
    prop_oneof![
        3 => (key.clone(), tags.clone()).prop_map(|(key, tags)| Op::Fill(key, tags)),
        3 => (key.clone(), tags.clone()).prop_map(|(key, tags)| Op::Put(key, tags)),
        1 => (key.clone(), tags.clone()).prop_map(|(key, tags)| Op::Replace(key, tags)),
        2 => (1..4u8).prop_map(Op::InvalidateTags),
        1 => (1..4u8).prop_map(Op::ExpireTags),
        1 => key.clone().prop_map(Op::InvalidateKey),
        1 => key.clone().prop_map(Op::ExpireKey),
        1 => Just(Op::Clear),
        1 => Just(Op::Sweep),
        1 => key.clone().prop_map(Op::Evict),
        1 => key.clone().prop_map(Op::Read),
        1 => key.prop_map(Op::Hold),
        1 => Just(Op::Judge),
        1 => Just(Op::Backup),
        1 => Just(Op::Forget),
        1 => prop::sample::select(Planted::ALL.to_vec()).prop_map(Op::Plant),
        1 => (0..2u8).prop_map(Op::FailedFill),
        1 => prop::sample::select(vec![1, 50, 200]).prop_map(Op::Pass),
        1 => prop::sample::select(vec![-7_200, -60, 60, 7_200]).prop_map(Op::Clock),
        1 => Just(Op::RemoveRoot),
    ]
}

fn program() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), 1..4)
}

fn plan() -> impl Strategy<Value = Plan> {
    let processes = prop::collection::vec(program(), 1..4);
    let before = prop::collection::vec(op(), 0..3);
    let after = prop::collection::vec(program(), 0..2);
    let models = vec![CrashModel::Ordered, CrashModel::Unordered, CrashModel::Torn];
    let fate = (0..2u8, 0..2u8, 0..3u8, prop::sample::select(models));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.1), any::<bool>());
    (processes, before, after, fate, flags).prop_map(|(processes, before, after, fate, flags)| {
        let ((deaths, cuts, faults, model), (facade, full, log_is_full, cold, compact)) = (fate, flags);
        let mut plan = Plan::new("", &[]).before(&before).deaths(deaths).faults(faults).cuts(cuts, model);
        (plan.processes, plan.after, plan.facade) = (processes, after, facade);
        (plan.log_is_full, plan.cold) = (log_is_full && !cold, cold);
        if full {
            plan = plan.durability(Durability::Full);
        }
        if compact {
            plan = plan.compact();
        }
        // By its line a failure is told again.
        plan.name = plan.line();
        plan
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_program_breaks_an_invariant(plan in plan(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        assert_holds(&Stage::new(plan), Choices::bytes(bytes));
    }

    #[test]
    fn the_line_of_a_plan_makes_the_same_plan(plan in plan()) {
        let again = Plan::from_line(&plan.line()).expect("what was written is read");
        prop_assert_eq!(format!("{again:?}"), format!("{plan:?}"));
    }

    #[test]
    fn what_a_replay_writes_it_reads(numbers in prop::collection::vec(0..4u32, 0..40)) {
        let replay = Replay(numbers);
        prop_assert_eq!(Replay::parse(&replay.to_string()), Some(replay));
    }
}
