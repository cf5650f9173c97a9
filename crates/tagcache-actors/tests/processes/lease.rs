//! Leases between processes: the file may go while one waits for its lock.

use crate::stage;

#[test]
fn a_second_taker_that_locked_a_removed_lease_takes_the_one_at_the_path() {
    let stage = stage();
    let [mut first, mut second] = stage.actors();
    first.expect("hold lease home", "held");
    second.expect("stop-at flock locks/", "ok");
    second.stops("hold lease home", "flock");
    // It has the file open that the first one removes now.
    first.expect("release", "released");
    second.expect("go", "held");
    first.expect("hold lease home", "busy");
    assert_eq!(stage.files("locks").len(), 1, "the lease that is held is the one at the path");
    second.expect("release", "released");
    stage.assert_nothing_left();
}

#[test]
fn two_takers_on_two_inodes_never_both_hold_the_lease() {
    let stage = stage();
    let [mut first, mut second, mut third] = stage.actors();
    first.expect("hold lease home", "held");
    second.expect("stop-at flock locks/", "ok");
    second.stops("hold lease home", "flock");
    first.expect("release", "released");
    third.expect("hold lease home", "held");
    // The lock of the removed file is free, and worth nothing.
    second.expect("go", "busy");
    third.expect("release", "released");
    second.expect("hold lease home", "held");
}

#[test]
fn whoever_gets_the_lease_looks_again_before_it_computes() {
    let stage = stage();
    let [mut first, mut second] = stage.actors();
    first.expect("fill home v1", "computing");
    second.expect("stop-at open-or-create locks/", "ok");
    second.stops("fill home v2", "open-or-create");
    first.expect("go", "computed v1 stored");
    second.expect("go", "fresh v1");
    assert_eq!(stage.computations(), 1);
    stage.assert_nothing_left();
}

#[test]
fn a_lease_whose_holder_was_killed_is_taken_over() {
    let stage = stage();
    let [mut first, mut second] = stage.actors();
    first.expect("hold lease home", "held");
    second.expect("hold lease home", "busy");
    first.kill();
    assert_eq!(stage.files("locks").len(), 1, "nobody was left to remove it");
    second.expect("hold lease home", "held");
    second.expect("release", "released");
    stage.assert_nothing_left();
}
