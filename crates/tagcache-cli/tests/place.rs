//! Which directory it is, and how it is made.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::{Ended, Place, checked, files_below};

#[test]
fn the_root_is_what_is_said_first_by_option_then_by_environment_then_by_xdg() {
    let place = Place::new();
    let put = |vars: &[(&str, &str)], options: &[&str]| {
        let mut command = place.command(options.iter().copied().chain(["put", "k"]));
        command.env_remove("TAGCACHE_ROOT").env_remove("HOME");
        for (name, value) in vars {
            command.env(name, value);
        }
        Ended::of(command.output().unwrap())
    };
    let at = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let is_cache = |name: &str| place.path(name).join("tagcache.format").exists();
    put(&[("TAGCACHE_ROOT", "env")], &["--root", "option"]).quietly(0);
    assert!(is_cache("option") && !is_cache("env"));
    put(&[("TAGCACHE_ROOT", "env"), ("XDG_CACHE_HOME", &at("xdg"))], &[]).quietly(0);
    assert!(is_cache("env") && !is_cache("xdg/tagcache"));
    put(&[("XDG_CACHE_HOME", &at("xdg")), ("HOME", &at("home"))], &[]).quietly(0);
    assert!(is_cache("xdg/tagcache") && !is_cache("home/.cache/tagcache"));
    put(&[("XDG_CACHE_HOME", "relative"), ("HOME", &at("home"))], &[]).quietly(0);
    assert!(is_cache("home/.cache/tagcache") && !is_cache("relative/tagcache"), "a relative one is ignored");
    put(&[], &[]).saying(2, "name a directory with --root");
    put(&[], &["--root", ""]).saying(2, "a value is required for");
}

#[test]
fn the_root_is_made_for_its_owner_only() {
    let place = Place::new();
    place.run(["--root", "a/b", "put", "k"]).quietly(0);
    for dir in ["a", "a/b"] {
        let mode = fs::metadata(place.path(dir)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{dir}");
    }
}

#[test]
fn a_root_that_is_not_there_is_told_and_not_made_by_who_only_looks() {
    let place = Place::new();
    for line in ["get k", "inspect k", "ls", "tags", "stats", "sweep", "verify"] {
        place.line(line).saying(1, "there is no cache in");
    }
    let doctor = place.line("doctor");
    assert_eq!(doctor.code, Some(0));
    assert!(doctor.out.contains("hard links") && doctor.err.contains("is not there yet"), "{doctor:?}");
    assert!(!place.root().exists());
}

#[test]
fn paths_are_those_of_the_tree_and_need_none() {
    let place = Place::new();
    assert_eq!(place.line("path blog-home").quietly(0).out, "data/ae/08/key:626c6f672d686f6d65\n");
    assert_eq!(place.line("path --tag bio").quietly(0).out, "data/18/ae/tag:62696f\n");
    assert!(!place.root().exists());
    let layout = tagcache::fs::Layout::Compact;
    let compact = tagcache::Builder::new(tagcache::Raw).layout(layout).open(place.root()).unwrap();
    compact.put("blog-home", &String::from("home"), &tagcache::Policy::new().tag("bio")).unwrap();
    for line in ["path blog-home", "path --tag bio"] {
        let path = place.line(line).quietly(0).out;
        assert!(place.root().join(path.trim_end()).exists(), "{line} is where it is: {path}");
        assert!(
            place.line("inspect blog-home").quietly(0).out.contains(path.trim_end()),
            "and inspect says so"
        );
    }
    place.line("path").saying(2, "required");
    place.line("path k --tag t").saying(2, "cannot be used with");
}

#[test]
fn a_copy_begins_empty_and_whoever_opens_it_first_says_so_once() {
    let place = Place::new();
    place.feed("put k -t t", "value").quietly(0);
    let lines =
        ["ls", "tags", "stats", "verify", "get k", "inspect k", "sweep -n", "sweep --quiet", "path k"];
    let others = ["put other", "invalidate --tag t", "run -- echo ran"];
    let copy = || {
        let copied = Command::new("cp").arg("-a").arg(place.root()).arg(place.path("copy")).status();
        assert!(copied.unwrap().success());
    };
    for line in lines.into_iter().chain(others) {
        copy();
        let first = place.line(&format!("--root copy {line}"));
        assert_eq!(first.err.matches("copy is a copy of another cache").count(), 1, "{line}: {first:?}");
        assert!(first.err.contains("it begins empty") && first.err.lines().count() == 1, "{line}: {first:?}");
        let second = place.line(&format!("--root copy {line}"));
        assert_eq!(second.err, "", "{line}");
        assert_eq!(place.line("--root copy get k").quietly(1).out, "", "{line}");
        fs::remove_dir_all(place.path("copy")).unwrap();
    }
    copy();
    place.line("--root copy run --quiet -- true").quietly(0);
    assert_eq!(place.line("get k").quietly(0).out, "value", "the other one has what it had");
}

/// Whatever the umask.
fn make_dir(path: &Path, mode: u32) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_put_refuses_for_what_it_is_or_holds_is_no_place_for_a_cache_to_the_doctor_either() {
    let place = Place::new();
    make_dir(&place.path("full"), 0o755);
    make_dir(&place.path("shared"), 0o777);
    place.write("file", "somebody's");
    place.write("full/notes.txt", "somebody's");
    place.write("shared/notes.txt", "somebody's");
    std::os::unix::fs::symlink("nowhere", place.path("link")).unwrap();
    for (root, why) in [
        ("file", "file is no directory"),
        ("file/below", "file is no directory"),
        ("link", "link is no directory"),
        ("/dev/null", "/dev/null is no directory"),
        ("full", "full holds notes.txt and no tagcache.format"),
        ("shared", "others may write in shared"),
    ] {
        let told = place.line(&format!("--root {root} doctor"));
        assert_eq!(told.code, Some(1), "{root}: {told:?}");
        let line = format!("place                    NO  a cache is refused here: {why}");
        assert!(told.out.contains(&line) && !told.err.contains("not there yet"), "{root}: {told:?}");
        let json = checked("doctor", &place.line(&format!("--root {root} doctor --json")).out).remove(0);
        let last = json["answers"].as_array().unwrap().last().unwrap();
        assert_eq!((&json["fit"], &last["capability"]), (&false.into(), &"place".into()), "{root}");
        assert_eq!(place.line(&format!("--root {root} put k")).code, Some(2), "{root}: as it is");
    }
    assert_eq!(files_below(&place.path("full")), [place.path("full/notes.txt")]);
    assert_eq!(place.read("file"), "somebody's");
}

#[test]
fn a_place_that_put_takes_is_one_to_the_doctor_and_stays_as_it_is() {
    let place = Place::new();
    for dir in ["empty", "left", "left/data"] {
        make_dir(&place.path(dir), 0o755);
    }
    make_dir(&place.path("shared"), 0o777);
    place.line("--root cache put k").quietly(0);
    for root in ["new/folders", "empty", "shared", "left", "cache"] {
        let doctor = place.line(&format!("--root {root} doctor"));
        assert_eq!(doctor.code, Some(0), "{root}: {doctor:?}");
        assert!(!doctor.out.contains("place "), "{root}: {doctor:?}");
    }
    assert!(!place.path("new").exists() && files_below(&place.path("left")).is_empty());
    for root in ["new/folders", "empty", "shared", "left", "cache"] {
        place.line(&format!("--root {root} put k")).quietly(0);
    }
}

#[test]
fn a_cache_that_lost_a_folder_stores_again_at_once() {
    // Without `data` each put failed, until somebody swept.
    for folder in ["data", "tmp", "locks"] {
        let place = Place::new();
        place.feed("put page", "old").quietly(0);
        fs::remove_dir_all(place.root().join(folder)).unwrap();
        place.feed("put page", "new").quietly(0);
        assert_eq!(place.line("get page").quietly(0).out, "new", "{folder}");
    }
}
