//! The stale rule: one caller regenerates, the others get the old value, and nobody what was invalidated.

use crate::stage;

/// Makes `home` old, in each of the ways that leave its value true.
const WAYS: [(&[&str], &str); 3] = [
    (&["policy expired", "put home old bio"], "expired"),
    (&["put home old bio", "expire-tag bio"], "softly expired"),
    (&["put home old bio", "expire-key home"], "softly expired"),
];

#[test]
fn one_process_regenerates_and_the_others_get_the_old_value() {
    for (preparation, why) in WAYS {
        let stage = stage();
        let [mut author, mut leader, mut second, mut third] = stage.actors();
        preparation.iter().for_each(|command| drop(author.ask(command)));
        leader.expect("fill home new bio", "computing");
        for other in [&mut second, &mut third] {
            other.expect("fill home mine bio", &format!("stale old {why}"));
            other.expect("lookup home", &format!("stale old {why}"));
            other.expect("get home", "none");
        }
        leader.expect("go", "computed new stored");
        second.expect("fill home mine bio", "fresh new");
        assert_eq!(stage.computations(), 1, "after {preparation:?}");
        stage.assert_nothing_left();
    }
}

#[test]
fn whoever_wants_no_old_value_waits_for_the_new_one() {
    let stage = stage();
    let [mut leader, mut other] = stage.actors();
    leader.expect("put home old bio", "stored");
    leader.expect("expire-tag bio", "took 1");
    leader.expect("fill home new bio", "computing");
    other.expect("policy wait", "ok");
    other.expect("stop-at wait", "ok");
    other.stops("get-with home mine", "wait");
    leader.expect("go", "computed new stored");
    other.expect("go", "fresh new");
}

#[test]
fn a_value_invalidated_while_it_is_regenerated_is_served_to_nobody() {
    let stage = stage();
    let [mut leader, mut other] = stage.actors();
    leader.expect("put home old bio", "stored");
    leader.expect("expire-tag bio", "took 1");
    leader.expect("fill home new bio", "computing");
    other.expect("get-with home mine", "stale old softly expired");
    other.expect("invalidate-tag bio", "took 1");
    other.expect("lookup home", "miss invalidated");
    other.expect("stop-at wait", "ok");
    other.stops("get-with home mine", "wait");
    leader.expect("go", "computed new raced");
    other.expect("go", "computed mine stored");
}

#[test]
fn a_value_that_is_too_old_is_served_to_nobody() {
    let stage = stage();
    let [mut leader, mut other] = stage.actors();
    leader.expect("policy too-old", "ok");
    leader.expect("put home old", "stored");
    leader.expect("policy", "ok");
    other.expect("lookup home", "miss too old");
    leader.expect("fill home new", "computing");
    other.expect("stop-at wait", "ok");
    other.stops("get-with home mine", "wait");
    leader.expect("go", "computed new stored");
    other.expect("go", "fresh new");
}

#[test]
fn when_the_one_who_regenerates_is_killed_the_next_one_does_it() {
    let stage = stage();
    let [mut leader, mut second, mut third] = stage.actors();
    leader.expect("put home old bio", "stored");
    leader.expect("expire-key home", "took 1");
    leader.expect("fill home lost bio", "computing");
    second.expect("fill home new bio", "stale old softly expired");
    leader.kill();
    second.expect("fill home new bio", "computing");
    third.expect("fill home mine bio", "stale old softly expired");
    second.expect("go", "computed new stored");
    third.expect("get home", "fresh new");
    stage.assert_nothing_left();
}
