//! The simulation sees mistakes.

use tagcache_sim::mutant::{cases, hunt};

#[test]
fn every_planted_mistake_is_caught() {
    for (mistake, plan) in cases() {
        let caught = hunt(mistake, &plan, 20_000);
        assert!(caught.is_some(), "{mistake:?} survived \"{}\"", plan.name);
    }
}
