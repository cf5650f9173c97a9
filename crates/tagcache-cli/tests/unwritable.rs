//! Where nothing can be written, what can be told is told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::fs;
use std::process::Command;

use common::{Ended, Place};

#[test]
fn figures_whose_tallies_cannot_be_read_are_told_without_them() {
    let place = Place::new();
    place.feed("put home -t bio", "home").quietly(0);
    let usage = place.root().join("usage");
    let _ = fs::remove_file(&usage);
    fs::create_dir(&usage).unwrap();
    let text = place.line("stats");
    assert_eq!(text.code, Some(2), "{text:?}");
    assert!(text.out.contains("fresh        1\n") && text.out.contains("counted      -\n"), "{}", text.out);
    assert!(text.err.contains("usage"), "{}", text.err);
    let json: serde_json::Value = serde_json::from_str(&place.line("stats --json").out).unwrap();
    assert_eq!((&json["entries"]["fresh"], &json["counted"]), (&1.into(), &serde_json::Value::Null));
}

/// One line of a shell that looks at the cache, which holds one entry, on a filesystem that nobody can write to; `None` where no
/// filesystem can be mounted.
fn on_a_read_only_one(place: &Place, line: &str) -> Option<Ended> {
    let mounted = "mount -t tmpfs none mounted";
    let mut trial = Command::new("unshare");
    fs::create_dir_all(place.path("mounted")).unwrap();
    let own = ["--user", "--map-root-user", "--mount", "sh", "-c"];
    let tried = trial.args(own).arg(mounted).current_dir(place.path("")).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("SKIPPED: no filesystem can be mounted here");
        return None;
    }
    let script = format!(
        "{mounted} && echo home | $T put home -t bio && mount -o remount,ro mounted && exec $T {line}"
    );
    let mut shell = Command::new("unshare");
    shell.args(own).arg(script).current_dir(place.path("")).env("T", env!("CARGO_BIN_EXE_tagcache"));
    Some(Ended::of(shell.env("TAGCACHE_ROOT", place.path("mounted/cache")).output().unwrap()))
}

#[test]
fn a_read_only_filesystem_is_one_to_look_at_and_none_for_a_cache() {
    let place = Place::new();
    let Some(stats) = on_a_read_only_one(&place, "stats") else { return };
    assert_eq!(stats.code, Some(0), "{stats:?}");
    assert!(
        stats.out.contains("fresh        1\n") && stats.out.contains("counted      -\n"),
        "{}",
        stats.out
    );
    assert!(stats.err.contains("nothing is counted: ") && stats.err.contains("read-only"), "{}", stats.err);
    for (line, out) in [("get home", "home\n"), ("ls", "home\n")] {
        assert_eq!(on_a_read_only_one(&place, line).unwrap().quietly(0).out, out);
    }
    let doctor = on_a_read_only_one(&place, "doctor").unwrap().quietly(1).out;
    assert!(doctor.starts_with("writing ") && doctor.contains("Read-only file system"), "{doctor}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_directory_in_which_nothing_can_be_made_is_an_answer_of_doctor_and_no_error() {
    let place = Place::new();
    // Not even root makes a folder there.
    let text = place.line("--root /proc doctor").quietly(1).out;
    assert!(text.starts_with("writing                  NO  no cache can be made"), "{text}");
    let json = place.line("--root /proc doctor --json").quietly(1).out;
    common::checked("doctor", &json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["fit"], &json["directory"]), (&false.into(), &"/proc".into()));
    assert_eq!(json["answers"][0]["capability"], "writing");
}

#[test]
fn no_path_in_a_message_is_obeyed_by_a_terminal() {
    let place = Place::new();
    let root = "odd\x1b[31m\n";
    let told = place.run(["--root", root, "ls"]);
    assert_eq!(told.err, "tagcache: there is no cache in odd\\x1b[31m\\x0a yet\n");
    place.run(["--root", root, "put", "k"]).quietly(0);
    let stats = place.run(["--root", root, "stats"]).quietly(0).out;
    assert!(stats.starts_with("root         ") && stats.contains("odd\\x1b[31m\\x0a\n"), "{stats}");
    assert!(!stats.contains('\x1b'), "{stats}");
}
