//! The cleanup beside everything else.

use tagcache_actors::{Actor, Stage};

use crate::stage;

#[test]
fn of_two_sweeps_at_once_one_says_that_the_other_is_at_it() {
    let stage = stage();
    let [mut first, mut second] = stage.actors();
    first.expect("put home v1 bio", "stored");
    first.expect("stop-at getdents tmp", "ok");
    first.stops("sweep", "getdents");
    second.expect("sweep", "busy");
    first.expect("go", "swept kept=1");
    second.expect("sweep", "swept kept=1");
}

#[test]
fn a_killed_sweeper_leaves_the_right_to_sweep() {
    let stage = stage();
    let [mut first, mut second] = stage.actors();
    first.expect("hold sweep", "held");
    second.expect("sweep", "busy");
    first.kill();
    second.expect("sweep", "swept");
}

#[test]
fn a_sweep_leaves_a_living_draft_and_removes_that_of_a_killed_process() {
    let stage = stage();
    let [mut living, mut dying, mut sweeper] = stage.actors();
    living.expect("stop-at rename tmp/", "ok");
    living.stops("put home v1 bio", "rename");
    dying.expect("stop-at rename tmp/", "ok");
    dying.stops("put about v1 bio", "rename");
    sweeper.expect("sweep", "swept");
    dying.kill();
    sweeper.expect("sweep", "swept drafts=1 links=1");
    living.expect("go", "stored");
    sweeper.expect("get home", "fresh v1");
    stage.assert_nothing_left();
}

#[test]
fn a_sweep_before_any_call_of_a_put_costs_it_nothing() {
    before_every_call("put home new bio author", |stage, writer, sweeper| {
        let swept = sweeper.ask("sweep");
        assert!(swept.contains(" entries=1 "), "it takes the dead entry and no other: {swept}");
        writer.expect("run", "stored");
        sweeper.expect("get home", "fresh new");
        stage.assert_nothing_left();
    });
}

#[test]
fn a_put_before_any_call_of_a_sweep_costs_at_most_that_put() {
    before_every_call("sweep", |stage, sweeper, writer| {
        writer.expect("put home new bio", "stored");
        let swept = sweeper.ask("run");
        assert!(swept.starts_with("swept"), "{swept}");
        let found = writer.ask("get home");
        assert!(["fresh new", "none"].contains(&found.as_str()), "never an older value: {found}");
        stage.assert_nothing_left();
    });
}

/// Stops a process before each call of `command` in turn, each time beside a living entry and a dead one; `meanwhile` is
/// given the stopped process first, and makes it run to its end.
fn before_every_call(command: &str, meanwhile: impl Fn(&Stage, &mut Actor, &mut Actor)) {
    let stage = stage().volatile();
    let mut other = stage.actor();
    for calls in 0.. {
        other.expect("put home old bio author", "stored");
        other.expect("put about old bio dead", "stored");
        other.expect("invalidate-tag dead", "took 1");
        let mut stopped = stage.actor();
        if stopped.stop_after(calls, "any", command).is_none() {
            assert!(calls > 10, "`{command}` makes more than {calls} calls");
            return;
        }
        meanwhile(&stage, &mut stopped, &mut other);
    }
}

#[test]
fn a_sweep_takes_what_killed_processes_left_and_nothing_else() {
    let stage = stage();
    let [mut filler, mut holder, mut living, mut sweeper] = stage.actors();
    filler.expect("fill home v1 bio", "computing");
    filler.expect("stop-at fstat log", "ok");
    filler.stops("go", "fstat");
    holder.expect("hold lease about", "held");
    living.expect("put post v1 bio", "stored");
    living.expect("hold lease post", "held");
    filler.kill();
    holder.kill();
    sweeper.expect("sweep", "swept drafts=1 links=1 leases=2 kept=1");
    living.expect("get post", "fresh v1");
    sweeper.expect("hold lease post", "busy");
    living.expect("release", "released");
    stage.assert_nothing_left();
}
