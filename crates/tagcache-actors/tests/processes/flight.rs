//! One computation at a time for a key, however many processes ask.

use tagcache_actors::Actor;

use crate::stage;

const MANY: usize = 32;

#[test]
fn thirty_two_processes_on_a_cold_key_compute_once() {
    let stage = stage();
    let mut actors: [Actor; MANY] = stage.actors();
    for (number, actor) in actors.iter_mut().enumerate() {
        actor.send(&format!("get-with home v{number} bio"));
    }
    let answers: Vec<String> = actors.iter_mut().map(Actor::hear).collect();
    let (computed, fresh): (Vec<_>, Vec<_>) = answers.iter().partition(|it| it.starts_with("computed "));
    assert_eq!(stage.computations(), 1, "{answers:?}");
    assert_eq!(computed.len(), 1, "{answers:?}");
    let value = computed[0].trim_start_matches("computed ").trim_end_matches(" stored");
    assert!(fresh.iter().all(|it| **it == format!("fresh {value}")), "all should get {value}: {answers:?}");
    stage.assert_nothing_left();
}

#[test]
fn thirty_one_processes_wait_for_the_one_that_computes() {
    let stage = stage();
    let mut leader = stage.actor();
    leader.expect("fill home v1 bio", "computing");
    let mut waiting: [Actor; MANY - 1] = stage.actors();
    for actor in &mut waiting {
        actor.expect("stop-at wait", "ok");
        actor.stops("get-with home mine bio", "wait");
        // They look again, in vain, for as long as it takes.
        actor.send("go");
    }
    leader.expect("go", "computed v1 stored");
    for actor in &mut waiting {
        assert_eq!(actor.hear(), "fresh v1");
    }
    assert_eq!(stage.computations(), 1);
    stage.assert_nothing_left();
}

#[test]
fn when_the_one_who_computes_is_killed_the_next_one_does_it() {
    let stage = stage();
    let [mut leader, mut second, mut third] = stage.actors();
    leader.expect("fill home lost bio", "computing");
    second.expect("stop-at wait", "ok");
    second.stops("fill home v2 bio", "wait");
    second.send("go");
    leader.kill();
    assert_eq!(second.hear(), "computing", "the lease outlives no process");
    third.expect("stop-at wait", "ok");
    third.stops("fill home v3 bio", "wait");
    second.expect("go", "computed v2 stored");
    third.expect("go", "fresh v2");
    assert_eq!(stage.computations(), 2, "the killed one, and the next");
    stage.assert_nothing_left();
}

#[test]
fn after_a_computation_that_failed_or_declined_the_next_one_computes() {
    for (command, answer) in [("fail", "failed: as told"), ("decline", "ok")] {
        let stage = stage();
        let [mut leader, mut second] = stage.actors();
        leader.expect("fill home v1", "computing");
        second.expect("stop-at wait", "ok");
        second.stops("get-with home v2", "wait");
        leader.expect(command, answer);
        if command == "decline" {
            leader.expect("go", "computed v1 declined");
        }
        second.expect("go", "computed v2 stored");
        assert_eq!(stage.computations(), 2);
        stage.assert_nothing_left();
    }
}

#[test]
fn whoever_waited_too_long_computes_for_itself_and_stores_nothing() {
    let stage = stage();
    let [mut leader, mut second, mut reader] = stage.actors();
    leader.expect("fill home v1", "computing");
    second.expect("policy patience=20", "ok");
    second.expect("get-with home v2", "computed v2 unleased");
    reader.expect("lookup home", "miss absent");
    leader.expect("go", "computed v1 stored");
    second.expect("get home", "fresh v1");
}

#[test]
fn tags_that_are_known_only_in_the_computation_are_tags_for_every_process() {
    let stage = stage();
    let [mut leader, mut other] = stage.actors();
    leader.expect("fill home v1 bio", "computing");
    leader.expect("tag author-3", "ok");
    leader.expect("go", "computed v1 stored");
    other.expect("get home", "fresh v1");
    other.expect("invalidate-tag author-3", "took 1");
    leader.expect("lookup home", "miss invalidated");
}
