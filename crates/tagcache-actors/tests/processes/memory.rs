//! What one process keeps in memory, and what others do to it.

use std::fs;

use tagcache_actors::Actor;

use crate::stage;

/// What the other process does, and what the reader then gets and from where.
const CHANGES: [(&str, &str); 10] = [
    ("put home new bio", "disk new"),
    ("replace home new", "disk new"),
    ("invalidate-tag bio", "none"),
    ("invalidate-key home", "none"),
    ("clear", "none"),
    ("expire-tag bio", "none"),
    ("expire-key home", "none"),
    ("put about other bio", "memory old"),
    ("invalidate-tag other", "memory old"),
    ("sweep", "memory old"),
];

#[test]
fn a_change_by_another_process_is_seen_at_the_next_hit_and_nothing_else_is() {
    for (change, found) in CHANGES {
        let stage = stage();
        let [mut reader, mut other] = stage.actors();
        other.expect("put home old bio", "stored");
        reader.expect("keep home", "memory old");
        other.ask(change);
        let origin = reader.ask("origin home");
        assert_eq!(origin, found, "after {change}");
    }
}

#[test]
fn what_was_softly_expired_is_stale_from_memory_too() {
    let stage = stage();
    let [mut reader, mut other] = stage.actors();
    other.expect("put home old bio", "stored");
    reader.expect("keep home", "memory old");
    other.expect("expire-tag bio", "took 1");
    reader.expect("lookup home", "stale old softly expired");
}

#[test]
fn every_process_keeps_its_own_and_sees_the_same() {
    let stage = stage();
    let [mut one, mut two, mut three, mut author] = stage.actors();
    author.expect("put home old bio", "stored");
    for reader in [&mut one, &mut two, &mut three] {
        reader.expect("keep home", "memory old");
    }
    author.expect("invalidate-tag bio", "took 1");
    for reader in [&mut one, &mut two, &mut three] {
        reader.expect("origin home", "none");
    }
    author.expect("put home new bio", "stored");
    for reader in [&mut one, &mut two, &mut three] {
        reader.expect("keep home", "memory new");
    }
}

/// Before each change that the command makes the reader, who keeps the old value, and a newcomer, who does not, must be told
/// the same, and after the death of its author, too.
#[test]
fn memory_and_disk_say_the_same_wherever_another_process_stops_and_dies() {
    for command in
        ["put home new author", "invalidate-tag bio", "invalidate-key home", "expire-tag bio", "clear"]
    {
        for changes in 0.. {
            let stage = stage().volatile();
            let [mut victim, mut reader, mut newcomer] = stage.actors();
            newcomer.expect("put home old bio", "stored");
            reader.expect("keep home", "memory old");
            let Some(call) = victim.stop_after(changes, "change", command) else {
                assert!(changes > 1, "`{command}` makes more than {changes} changes");
                break;
            };
            assert_agree(&mut reader, &mut newcomer, &format!("{command}, stopped before {call}"));
            victim.kill();
            assert_agree(&mut reader, &mut newcomer, &format!("{command}, killed before {call}"));
        }
    }
}

fn assert_agree(keeper: &mut Actor, newcomer: &mut Actor, when: &str) {
    assert_eq!(keeper.ask("lookup home"), newcomer.ask("lookup home"), "{when}");
}

/// The files that a process has open although their names are gone.
fn open_and_deleted(actor: &Actor) -> usize {
    let open = fs::read_dir(format!("/proc/{}/fd", actor.id())).expect("a list of open files");
    let is_dead = |entry: &fs::DirEntry| {
        fs::read_link(entry.path()).is_ok_and(|file| {
            let file = file.to_string_lossy();
            file.contains("/data/") && file.ends_with(" (deleted)")
        })
    };
    open.filter_map(Result::ok).filter(is_dead).count()
}

#[cfg(target_os = "linux")]
#[test]
fn disk_space_of_dead_entries_is_given_back() {
    let stage = stage();
    let [mut reader, mut other] = stage.actors();
    for key in ["a", "b", "c"] {
        other.expect(&format!("put {key} value bio"), "stored");
        reader.expect(&format!("keep {key}"), "memory value");
    }
    other.expect("clear", "took 3");
    assert_eq!(open_and_deleted(&reader), 3, "nobody has come by yet");
    reader.ask("upkeep");
    assert_eq!(open_and_deleted(&reader), 0, "their space is free");
    reader.expect("in-memory", "0");
}

#[test]
fn a_forked_child_is_told_the_truth_of_what_it_inherited() {
    let stage = stage();
    let [mut reader, mut other] = stage.actors();
    other.expect("put home old bio", "stored");
    reader.expect("keep home", "memory old");
    reader.expect("fork origin home", "memory old");
    other.expect("invalidate-tag bio", "took 1");
    reader.expect("fork origin home", "none");
    reader.expect("fork put home new bio", "stored");
    reader.expect("origin home", "disk new");
    reader.expect("keep home", "memory new");
    reader.expect("fork invalidate-key home", "took 1");
    reader.expect("origin home", "none");
}
