//! The folders of this machine on which a comparison needs nobody's leave.

#![allow(clippy::print_stdout, reason = "a skip says why")]

use std::path::PathBuf;

use tagcache_honest::habits::Habits;
use tagcache_honest::place::Place;

/// The folder of a place and its habits; nothing, and the reason in the log, where there is none to compare with.
pub(crate) fn ground(place: Place) -> Option<(PathBuf, Habits)> {
    let found = place.folder().map_err(|halt| halt.to_string());
    let found = found.and_then(|folder| Habits::of(&folder).map(|habits| (folder, habits)));
    found.map_err(|why| println!("SKIPPED: {place}: {why}")).ok()
}

/// All of those places that there are.
#[allow(dead_code, reason = "not every test program wants all")]
pub(crate) fn grounds() -> Vec<(PathBuf, Habits)> {
    [Place::Disk, Place::Memory].into_iter().filter_map(ground).collect()
}
