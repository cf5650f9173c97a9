//! A computation that asks for other keys.

use crate::stage;

#[test]
fn a_computation_may_compute_another_key_and_both_are_stored() {
    let stage = stage();
    let [mut actor, mut other] = stage.actors();
    actor.expect("fill page v1", "computing");
    actor.expect("fill part v2", "computing");
    actor.expect("go", "computed v2 stored");
    other.expect("get part", "fresh v2");
    actor.expect("go", "computed v1 stored");
    other.expect("get page", "fresh v1");
}

#[test]
fn a_computation_that_asks_for_its_own_key_gets_an_answer_at_once() {
    let stage = stage();
    let mut actor = stage.actor();
    actor.expect("stop-always wait", "ok");
    actor.expect("fill home outer", "computing");
    actor.expect("get-with home inner", "computed inner fault");
    actor.expect("go", "computed outer stored");
    actor.expect("get home", "fresh outer");
}

#[test]
fn two_processes_that_wait_for_each_other_go_on_after_the_wait_limit() {
    let stage = stage();
    let mut actors: [_; 2] = stage.actors();
    let crossed = [("one", "two"), ("two", "one")];
    for (actor, (own, _)) in actors.iter_mut().zip(crossed) {
        actor.expect("policy patience=50", "ok");
        actor.expect("stop-at wait", "ok");
        actor.expect(&format!("fill {own} own"), "computing");
    }
    for (actor, (_, foreign)) in actors.iter_mut().zip(crossed) {
        actor.stops(&format!("get-with {foreign} spare"), "wait");
    }
    // Both are waiting now, each for what the other is to compute.
    actors.iter_mut().for_each(|actor| actor.send("go"));
    for actor in &mut actors {
        assert_eq!(actor.hear(), "computed spare unleased");
    }
    for actor in &mut actors {
        actor.expect("go", "computed own stored");
    }
    for (actor, (_, foreign)) in actors.iter_mut().zip(crossed) {
        actor.expect(&format!("get {foreign}"), "fresh own");
    }
    stage.assert_nothing_left();
}
