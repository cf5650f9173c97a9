//! Sequences by chance, on the folder for temporary files and on a tmpfs.

#![allow(clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use common::{ground, grounds};
use tagcache_honest::campaign;
use tagcache_honest::place::Place;

const SEED: u64 = 1;

fn agrees(place: Place) {
    let Some((folder, habits)) = ground(place) else { return };
    match campaign::run(&habits, &folder, SEED, 1_000) {
        Ok(tally) => assert_eq!(tally.sequences, 1_000),
        Err(story) => panic!("on {place}, which is {}:\n{story}", habits.filesystem.name),
    }
}

#[test]
fn the_simulated_filesystem_answers_every_call_as_that_of_the_disk() {
    agrees(Place::Disk);
}

#[test]
fn the_simulated_filesystem_answers_every_call_as_that_in_memory() {
    agrees(Place::Memory);
}

#[test]
fn a_folder_that_changes_is_read_with_every_name_that_stays_and_none_twice() {
    for (folder, habits) in grounds() {
        if let Err(what) = campaign::read_folders(&habits, &folder, SEED, 10) {
            panic!("{}: {what}", habits.filesystem.name);
        }
    }
}
