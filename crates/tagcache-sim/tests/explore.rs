//! Every way that the smallest plans can go.

use tagcache_sim::{Op, Plan, Stage, plans};

#[test]
fn every_way_of_the_smallest_plans_holds() {
    let smallest = ["fill, key", "fill, soft tag", "fill, soft key", "two puts"];
    for plan in plans::small().into_iter().filter(|plan| smallest.contains(&plan.name.as_str())) {
        let explored = Stage::new(plan).explore(20_000);
        if let Some(failure) = &explored.failure {
            panic!("{failure}");
        }
        assert!(explored.complete, "there are more ways: {explored:?}");
    }
}

#[test]
fn the_ways_of_two_readers_are_counted_right() {
    // Each opens, asks the inode and reads; none sees what the other does, so each pair of places is one state:
    let plan = Plan::new("two readers", &[&[Op::Read(0)], &[Op::Read(0)]]).before(&[Op::Put(0, 1)]);
    let explored = Stage::new(plan).explore(1_000);
    assert!(explored.complete);
    // the beginning, before each of the three calls, and the end.
    assert_eq!(explored.states, 5 * 5, "{explored:?}");
}

#[test]
fn a_hole_that_is_known_is_found() {
    for plan in plans::open() {
        let stage = Stage::new(plan);
        let found = (0..5_000).find_map(|seed| stage.run(tagcache_sim::Choices::seed(seed)).violation);
        assert!(found.is_some(), "\"{}\" holds now: move it to the plans that must", stage.plan().name);
    }
}
