//! Making a root is for one process at a time, and whoever dies over it harms nobody.

use tagcache_actors::Actor;

use crate::stage;

#[test]
fn processes_that_open_a_new_root_at_once_share_it() {
    let stage = stage();
    let mut actors: [Actor; 8] = std::array::from_fn(|_| stage.stranger());
    actors.iter_mut().for_each(|actor| actor.send("open"));
    for actor in &mut actors {
        assert_eq!(actor.hear(), "opened");
    }
    for (number, actor) in actors.iter_mut().enumerate() {
        actor.expect(&format!("put key{number} v{number}"), "stored");
    }
    for actor in &mut actors {
        for number in 0..8 {
            actor.expect(&format!("get key{number}"), &format!("fresh v{number}"));
        }
    }
    stage.assert_nothing_left();
}

#[test]
fn a_root_whose_maker_was_killed_before_any_change_is_made_by_the_next_one() {
    for changes in 0.. {
        let stage = stage();
        let [mut victim, mut next] = [stage.stranger(), stage.stranger()];
        let Some(call) = victim.stop_after(changes, "change", "open") else {
            assert!(changes > 20, "making a root takes more than {changes} changes");
            return;
        };
        victim.kill();
        assert_eq!(next.ask("open"), "opened", "after a maker was killed before {call}");
        next.expect("put home v1 bio", "stored");
        next.expect("get home", "fresh v1");
        let swept = next.ask("sweep");
        assert!(swept.starts_with("swept") && !swept.contains("failed"), "killed before {call}: {swept}");
        stage.assert_nothing_left();
    }
}

#[test]
fn a_maker_that_is_stopped_is_waited_for() {
    let stage = stage();
    let [mut maker, mut comer] = [stage.stranger(), stage.stranger()];
    maker.expect("stop-at link", "ok");
    maker.stops("open", "link");
    comer.expect("stop-at wait", "ok");
    comer.stops("open", "wait");
    maker.expect("go", "opened");
    comer.expect("go", "opened");
    maker.expect("put home v1", "stored");
    comer.expect("get home", "fresh v1");
}

#[test]
fn the_durability_of_a_root_is_that_of_its_maker() {
    let stage = stage();
    let [mut maker, mut other, mut third] = [stage.stranger(), stage.stranger(), stage.stranger()];
    maker.expect("open durability=volatile", "opened");
    let refused = other.ask("open durability=full");
    assert!(refused.contains("volatile") && refused.contains("full"), "it should name both: {refused}");
    third.expect("open", "opened");
}
