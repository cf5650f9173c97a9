//! The comparison can fail: a simulator that is set wrong is found out.

#![allow(clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use common::ground;
use tagcache_fs::Time;
use tagcache_honest::campaign;
use tagcache_honest::habits::{FILESYSTEMS, Habits};
use tagcache_honest::place::Place;

const ENOUGH: u32 = 2_000;

/// The story that finds this setting out.
fn story(set: impl FnOnce(&mut Habits)) -> Option<String> {
    let (folder, mut habits) = ground(Place::Memory)?;
    set(&mut habits);
    let outcome = campaign::run(&habits, &folder, 1, ENOUGH);
    Some(outcome.err().unwrap_or_else(|| panic!("it was not found out")))
}

#[test]
fn a_wrong_end_of_time_is_found_out() {
    let story = story(|habits| habits.traits.mtime_max = Time::from_parts(15_032_385_535, 0));
    assert!(story.is_none_or(|story| story.contains("mtime 15032385535.000000000 s")));
}

#[test]
fn a_wrong_unit_of_time_is_found_out() {
    let story = story(|habits| habits.traits.mtime_granularity = 1_000_000_000);
    assert!(story.is_none_or(|story| story.contains("time ")));
}

#[test]
fn a_clock_that_stands_still_is_found_out_by_a_change_time() {
    // So coarse that no second of a sequence makes a difference.
    let story = story(|habits| habits.traits.tick = 1_000_000_000_000);
    assert!(story.is_none_or(|story| story.contains("moved, and stood still where it is simulated")));
}

#[test]
fn a_rename_that_cannot_refuse_is_found_out() {
    let story = story(|habits| habits.traits.rename_noreplace = false);
    assert!(
        story.is_none_or(|story| story.contains("replacing nothing") && story.contains("simulated: EINVAL"))
    );
}

#[test]
fn wrong_rights_are_found_out() {
    let story = story(|habits| habits.traits.superuser = !habits.traits.superuser);
    assert!(story.is_none_or(|story| story.contains("mode of #") && story.contains("EACCES")));
}

#[test]
fn a_story_is_shrunk_to_what_matters() {
    let Some(story) = story(|habits| habits.traits.mtime_max = Time::from_parts(15_032_385_535, 0)) else {
        return;
    };
    let calls = story.lines().filter(|line| line.contains(" = ")).count();
    assert!(calls <= 3, "one to open, one to set, and at most one more:\n{story}");
}

#[test]
fn every_filesystem_has_a_name_of_its_own() {
    let mut names: Vec<_> = FILESYSTEMS.iter().map(|filesystem| filesystem.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FILESYSTEMS.len());
}
