//! What the comparison found wrong in the simulator, or worth knowing of the real ones, as it was shrunk.

#![allow(clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::ffi::CStr;

use common::grounds;
use tagcache_fs::sys::{OpenMode, Replace};
use tagcache_honest::call::{Call, Path, Plant};
use tagcache_honest::campaign::in_new_folder;

fn at(name: &CStr) -> Path {
    Path::named(name).unwrap_or_else(|| panic!("{name:?} is no path of the sequences"))
}

fn too_long() -> Path {
    let names = (0..).map(Path);
    let long = |path: &Path| path.to_string().ends_with("(256)");
    names.take(32).find(long).unwrap_or_else(|| panic!("no path has a name that is too long"))
}

fn agrees(calls: &[Call]) {
    for (folder, habits) in grounds() {
        if let Err(story) = in_new_folder(&habits, &folder, calls) {
            panic!("{}:\n{story}", habits.filesystem.name);
        }
    }
}

#[test]
fn a_write_of_nothing_changes_no_time() {
    agrees(&[Call::Open(None, at(c"l"), OpenMode::Create, 0), Call::SetMtime(0, 2), Call::Write(0, 0)]);
}

#[test]
fn reserving_no_space_is_refused() {
    agrees(&[Call::Open(None, at(c"a"), OpenMode::Create, 0), Call::Allocate(0, 0), Call::Allocate(0, 1)]);
}

#[test]
fn what_is_renamed_is_looked_for_before_the_new_name_is_measured() {
    let (missing, long) = (at(c"l"), too_long());
    agrees(&[
        Call::Rename(None, missing, long, Replace::Any),
        Call::Open(None, missing, OpenMode::Create, 0),
        Call::Rename(None, missing, long, Replace::Any),
    ]);
}

#[test]
fn a_removed_folder_does_not_measure_names() {
    let (d, long) = (at(c"d"), too_long());
    agrees(&[
        Call::MakeDir(None, d),
        Call::Open(None, d, OpenMode::Read, 1),
        Call::MakeDir(Some(1), long),
        Call::RemoveDir(None, d),
        Call::MakeDir(Some(1), long),
        Call::List(1),
    ]);
}

#[test]
fn an_access_time_has_the_same_end_as_a_modification_time() {
    let set = |index| Call::SetAtime(0, index);
    agrees(&[Call::Open(None, at(c"l"), OpenMode::Create, 0), set(7), set(8), set(9), set(10), set(11)]);
}

#[test]
fn reading_moves_an_access_time_that_is_older_than_the_file() {
    let l = at(c"l");
    agrees(&[
        Call::Open(None, l, OpenMode::Create, 0),
        Call::SetAtime(0, 0),
        Call::Open(None, l, OpenMode::Read, 1),
        Call::Read(1, 4),
        Call::Read(0, 4),
    ]);
}

#[test]
fn a_lock_ends_with_the_last_descriptor_of_its_open_file() {
    let a = at(c"a");
    agrees(&[
        Call::Open(None, a, OpenMode::Create, 0),
        Call::Duplicate(0, 1),
        Call::Open(None, a, OpenMode::Read, 2),
        Call::Lock(0),
        Call::Lock(1),
        Call::Lock(2),
        Call::Close(0),
        Call::Lock(2),
        Call::Close(1),
        Call::Lock(2),
    ]);
}

#[test]
fn a_symbolic_link_on_the_way_is_refused_by_open_and_followed_by_every_other_call() {
    let (d, link) = (at(c"d"), at(c"l"));
    let mut calls = vec![Call::MakeDir(None, d), Call::Plant(None, link, Plant::Link(1))];
    for mode in [OpenMode::Read, OpenMode::Dir, OpenMode::Create, OpenMode::ReadWrite, OpenMode::Append] {
        calls.extend([Call::Open(None, link, mode, 0), Call::Open(None, at(c"l/a"), mode, 0)]);
    }
    calls.extend([
        Call::MakeDir(None, at(c"l/e")),
        Call::Open(None, at(c"d/a"), OpenMode::Create, 0),
        Call::Link(None, at(c"l/a"), at(c"b")),
        Call::Rename(None, at(c"l/a"), at(c"d/b"), Replace::Never),
        Call::RemoveDir(None, at(c"l/e")),
        Call::RemoveDir(None, link),
        Call::Unlink(None, link),
    ]);
    agrees(&calls);
}

#[test]
fn what_is_planted_is_opened_or_refused_with_the_same_word() {
    let (fifo, socket) = (at(c"a"), at(c"b"));
    let mut calls = vec![Call::Plant(None, fifo, Plant::Fifo), Call::Plant(None, socket, Plant::Socket)];
    for mode in [OpenMode::Read, OpenMode::Dir, OpenMode::Create, OpenMode::ReadWrite, OpenMode::Append] {
        calls.extend([Call::Open(None, fifo, mode, 0), Call::Open(None, socket, mode, 1)]);
    }
    calls.extend([
        Call::Lock(0),
        Call::SetMtime(0, 0),
        Call::Link(None, fifo, at(c"l")),
        Call::Unlink(None, fifo),
    ]);
    agrees(&calls);
}

#[test]
fn a_listed_folder_that_is_read_as_a_file_is_refused() {
    let d = at(c"d");
    agrees(&[
        Call::MakeDir(None, d),
        Call::Open(None, d, OpenMode::Read, 0),
        Call::Read(0, 1),
        Call::List(0),
        Call::Read(0, 1),
        Call::ReadAt(0, 0),
    ]);
}

#[test]
fn a_folder_that_is_not_empty_is_not_replaced() {
    agrees(&[
        Call::MakeDir(None, at(c"a")),
        Call::MakeDir(None, at(c"l")),
        Call::MakeDir(None, at(c"l/e")),
        Call::Rename(None, at(c"a"), at(c"l"), Replace::Any),
        Call::RemoveDir(None, at(c"l/e")),
        Call::Rename(None, at(c"a"), at(c"l"), Replace::Any),
    ]);
}
