//! `rm -rf` under programs that are at work: each goes on, and in the end they share one cache again.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tagcache_actors::{Actor, PATIENCE, Stage};

const PROCESSES: usize = 8;
const KEYS: usize = 20;

/// How often the root is removed.
const REMOVALS: usize = 20;

fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_actor")).volatile()
}

/// Everybody asks at once for a value, in turns, until there were enough removals. No answer may be an error.
fn keep_busy(actors: &mut [Actor], removals: &AtomicUsize, turns: &AtomicUsize) {
    while removals.load(Ordering::Relaxed) < REMOVALS {
        let rounds = turns.fetch_add(1, Ordering::Relaxed);
        for (number, actor) in actors.iter_mut().enumerate() {
            let key = (rounds + number) % KEYS;
            actor.send(&format!("get-with key{key} v{key} tag{} all", key % 3));
        }
        for (number, actor) in actors.iter_mut().enumerate() {
            let key = (rounds + number) % KEYS;
            let answer = actor.hear();
            let value = format!("v{key}");
            let words: Vec<&str> = answer.split(' ').collect();
            assert!(
                ["fresh", "stale", "computed"].contains(&words[0]) && words[1] == value,
                "a value and no error: {answer}"
            );
        }
    }
}

/// Ends when each of them is served what each other one put: they have one root again.
fn assert_one_cache(actors: &mut [Actor]) {
    let until = Instant::now() + PATIENCE;
    for number in 0..actors.len() {
        loop {
            let put = actors[number].ask(&format!("put after{number} w{number} all"));
            let served = |actor: &mut Actor| actor.ask(&format!("get after{number}"));
            let answers: Vec<String> = actors.iter_mut().map(served).collect();
            if answers.iter().all(|answer| *answer == format!("fresh w{number}")) {
                break;
            }
            assert!(Instant::now() < until, "what {number} put ({put}), the others are served: {answers:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Removes the root so often, by `remove`, which may fail half way; each time while the others are at work in it.
fn removing(root: &Path, removals: &AtomicUsize, turns: &AtomicUsize, remove: impl Fn(&Path)) {
    let until = Instant::now() + PATIENCE;
    for _ in 0..REMOVALS {
        let seen = turns.load(Ordering::Relaxed);
        let is_at_work = || turns.load(Ordering::Relaxed) > seen + 1 && root.join("tagcache.format").exists();
        while !is_at_work() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        remove(root);
        removals.fetch_add(1, Ordering::Relaxed);
    }
}

fn check(remove: impl Fn(&Path) + Sync) {
    let stage = stage();
    let mut actors: [Actor; PROCESSES] = stage.actors();
    let (removals, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let root = stage.root();
    thread::scope(|scope| {
        scope.spawn(|| removing(&root, &removals, &turns, &remove));
        keep_busy(&mut actors, &removals, &turns);
    });
    assert_one_cache(&mut actors);
    actors[0].expect("invalidate-tag all", &format!("took {}", links_of_all(&stage)));
    for actor in &mut actors {
        actor.expect("get after3", "none");
    }
    let mut newcomer = newcomer(&stage, &mut actors);
    // Whatever folder the last removal took is made again when it is needed.
    newcomer.expect("hold lease home", "held");
    newcomer.expect("release", "released");
    let swept = newcomer.ask("sweep");
    assert!(swept.starts_with("swept"), "{swept}");
    stage.assert_nothing_left();
}

/// A directory without its markers is nobody's cache to a newcomer. Where all else that is needed is still there, those who are
/// at work in it notice within a second, and put them back.
fn newcomer(stage: &Stage, actors: &mut [Actor]) -> Actor {
    let until = Instant::now() + PATIENCE;
    loop {
        match stage.try_actor() {
            Ok(actor) => return actor,
            Err(refused) => assert!(
                refused.contains("no tagcache.format") && Instant::now() < until,
                "it is a cache again: {refused}, with {:?}",
                stage.files("")
            ),
        }
        for actor in &mut *actors {
            actor.expect("get after3", "none");
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// How many entries have the tag that all have.
fn links_of_all(stage: &Stage) -> usize {
    let links = stage.files("data");
    links.iter().filter(|path| path.contains("/tag:616c6c/")).count()
}

#[test]
fn when_rm_empties_the_root_under_eight_busy_processes_they_go_on_and_cache_again() {
    check(|root| {
        // It may meet a folder that was made again in this instant, and give up.
        let _ = Command::new("rm").arg("-rf").arg(root).stderr(std::process::Stdio::null()).status();
    });
}

#[test]
fn when_the_root_is_moved_aside_and_removed_under_eight_busy_processes_they_go_on_and_cache_again() {
    check(|root| {
        let aside = root.with_file_name("aside");
        if fs::rename(root, &aside).is_ok() {
            while aside.exists() {
                let _ = fs::remove_dir_all(&aside);
            }
        }
    });
}
