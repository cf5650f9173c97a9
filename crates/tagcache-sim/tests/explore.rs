//! Every way that the smallest plans can go.

use tagcache_sim::{Op, Plan, Stage, plans};

#[test]
fn every_way_of_the_smallest_plans_holds() {
    let smallest = ["fill, key", "fill, soft tag", "fill, soft key", "two puts"];
    let plans = plans::small().into_iter().filter(|plan| smallest.contains(&plan.name.as_str()));
    for plan in plans.flat_map(|plan| [plan.clone(), plan.compact()]) {
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
fn an_entry_that_lost_its_name_unseen_is_served_to_nobody() {
    // Two puts of one key in one instant, or an eviction beside a put, take the name from an entry that neither looked at:
    // no poison. A backup then makes its count right again, and who had it open took it for fresh, for ever.
    for plan in plans::unseen() {
        let stage = Stage::new(plan);
        let broken = (0..3_000).find_map(|seed| {
            let report = stage.run(tagcache_sim::Choices::seed(seed));
            report.violation.map(|violation| stage.failure(&violation, &report.made))
        });
        if let Some(failure) = broken {
            panic!("{failure}");
        }
    }
}
