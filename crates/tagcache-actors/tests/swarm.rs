//! Many processes with many threads each at one cold key: one computation for all of them.

use tagcache_actors::{Actor, Stage};

const PROCESSES: usize = 64;
const THREADS: usize = 8;

/// Everybody asks, each for a value of its own; nobody gets one before a leader is told to go.
fn swarm(stage: &Stage) -> Vec<Actor> {
    let mut actors: Vec<Actor> = (0..PROCESSES).map(|_| stage.actor()).collect();
    for (number, actor) in actors.iter_mut().enumerate() {
        actor.send(&format!("ask home v{number} {THREADS}"));
    }
    for actor in &mut actors {
        assert_eq!(actor.hear(), "asking");
    }
    actors
}

/// The number of the one that says next that it computes. The others say nothing until it is done.
fn leader(actors: &mut [Actor]) -> usize {
    let said = Actor::hear_any(actors);
    assert_eq!(said.1, "computing", "nobody has a value before somebody computes it");
    said.0
}

fn assert_all_get(actors: &mut [Actor], value: &str) {
    for actor in actors {
        assert_eq!(actor.hear(), format!("got {value}"), "all threads should get the one value");
    }
}

#[test]
fn sixty_four_processes_of_eight_threads_compute_a_cold_key_once() {
    let stage = Stage::new(env!("CARGO_BIN_EXE_swarm"));
    let mut actors = swarm(&stage);
    let leading = leader(&mut actors);
    actors[leading].send("go");
    assert_all_get(&mut actors, &format!("v{leading}"));
    assert_eq!(stage.computations(), 1);
    stage.assert_nothing_left();
}

#[test]
fn when_the_one_who_computes_is_killed_there_are_two_computations_and_no_third() {
    let stage = Stage::new(env!("CARGO_BIN_EXE_swarm"));
    let mut actors = swarm(&stage);
    let killed = leader(&mut actors);
    actors.remove(killed).kill();
    let second = leader(&mut actors);
    actors[second].send("go");
    let value = format!("v{}", if second < killed { second } else { second + 1 });
    assert_all_get(&mut actors, &value);
    assert_eq!(stage.computations(), 2, "the killed one, and the next");
    stage.assert_nothing_left();
}
