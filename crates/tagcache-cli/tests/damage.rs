//! A damaged root is described, and nothing crashes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use common::{Place, files_below};

/// Every command that looks, and what it may exit with; none is killed, and none says that it panicked.
#[track_caller]
fn nothing_crashes(place: &Place, what: &str) {
    for line in [
        "get home",
        "get home --stale",
        "ls -l -a",
        "ls --tag bio",
        "ls --json",
        "tags",
        "inspect home",
        "inspect home --json",
        "stats",
        "doctor",
        "verify",
        "sweep -n",
        "run --key home -- echo ran",
        "invalidate --tag bio",
        "put home",
        "sweep",
        "verify --repair",
    ] {
        let ended = place.line(line);
        assert!(matches!(ended.code, Some(0..=2)), "{what}: {line}: {ended:?}");
        assert!(!ended.err.contains("panicked"), "{what}: {line}: {}", ended.err);
    }
}

fn filled() -> Place {
    let place = Place::new();
    place.feed("put home -t bio", "home").quietly(0);
    place.feed("put about -t bio", "about").quietly(0);
    place
}

/// One bit of a file is another, and its expiry the same.
fn flip(path: &Path, place: impl Fn(usize) -> usize) {
    let expiry = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    let place = place(bytes.len());
    bytes[place] ^= 1;
    fs::write(path, bytes).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(expiry).unwrap();
}

#[test]
fn an_entry_whose_value_is_damaged_is_a_miss_that_is_told_and_nobody_calls_it_fresh() {
    let place = filled();
    place.write("large", vec![b'x'; 3 << 20]);
    place.line("put large large").quietly(0);
    place.line("run --key run -- head -c 300000 /dev/zero").quietly(0);
    for (key, pieces) in [("home", 1), ("run", 1), ("large", 3)] {
        // The last byte of the value lies before the table of checksums: four bytes for each piece of a MiB.
        flip(&place.entry(key), |len| len - 4 * pieces - 1);
        let whole = (pieces - 1) << 20;
        let text = place.run(["inspect", key]).quietly(0).out;
        assert!(text.contains("verdict     unusable: damaged: "), "{key}: {text}");
        assert!(!text.contains("value ("), "{key}: what is damaged is not shown: {text}");
        let json = place.run(["inspect", "--json", key]).quietly(0).out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&json["verdict"], &json["preview"]), (&"unusable".into(), &serde_json::Value::Null));
        let got = place.run(["get", key]);
        assert_eq!((got.code, got.raw.len()), (Some(1), whole), "{key}: only what was checked: {}", got.err);
        assert!(got.err.contains("the entry cannot be served: damaged: "), "{key}: {}", got.err);
    }
}

#[test]
fn a_damaged_entry_is_told_by_every_command_that_meets_it() {
    let place = filled();
    flip(&place.entry("home"), |_| 30);
    place.line("get home").saying(1, "the entry cannot be served: damaged: ");
    let inspected = place.line("inspect home").quietly(0).out;
    assert!(inspected.contains("verdict     unusable: damaged"), "{inspected}");
    let listed = place.line("ls");
    assert_eq!((listed.code, listed.out.as_str()), (Some(0), "about\n"));
    assert!(listed.err.contains("1 names cannot be read as entries"), "{}", listed.err);
    assert!(place.line("stats").quietly(0).out.contains("no entries   1"));
    let verified = place.line("verify").quietly(1).out;
    assert!(verified.contains("no whole record") && verified.contains("1 losses"), "{verified}");
    let repaired = place.line("verify --repair").quietly(0).out;
    assert!(repaired.contains("(repaired)"), "{repaired}");
    place.line("verify").quietly(0);
}

/// `verify` passed over it, and exited with 0.
#[test]
fn a_folder_in_the_place_of_the_log_is_told_and_removed_when_that_is_asked_for() {
    let place = filled();
    let log = place.root().join("log");
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let verified = place.line("verify").quietly(1).out;
    assert!(verified.contains("log: something else") && verified.contains("1 losses"), "{verified}");
    place.line("verify --repair").quietly(1);
    place.line("verify --repair --remove-foreign").quietly(0);
    place.line("verify").quietly(0);
    place.feed("put home -t bio", "home").quietly(0);
}

#[test]
fn whatever_lies_in_the_place_of_anything_is_described_and_never_a_crash() {
    let names = ["", "data", "tmp", "locks", "log", "tagcache.format", "CACHEDIR.TAG"];
    for name in names.iter().skip(1) {
        let place = filled();
        let path = place.root().join(name);
        let is_dir = path.is_dir();
        if is_dir {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        nothing_crashes(&place, &format!("{name} is gone"));

        let place = filled();
        let path = place.root().join(name);
        if is_dir {
            fs::remove_dir_all(&path).unwrap();
            fs::write(&path, "a file").unwrap();
        } else {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
        }
        nothing_crashes(&place, &format!("{name} is another kind"));

        let place = filled();
        let path = place.root().join(name);
        if is_dir {
            fs::remove_dir_all(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        symlink("/dev/zero", &path).unwrap();
        nothing_crashes(&place, &format!("{name} is a link to /dev/zero"));
    }
}

#[test]
fn every_file_cut_short_or_overwritten_is_described_and_never_a_crash() {
    let count = files_below(&filled().root()).len();
    for which in 0..count {
        for bytes in [&b""[..], &[0xff; 200]] {
            let place = filled();
            let mut files = files_below(&place.root());
            files.sort();
            fs::write(&files[which], bytes).unwrap();
            nothing_crashes(&place, &format!("{} holds {} bytes", files[which].display(), bytes.len()));
        }
    }
}

#[test]
fn a_directory_of_somebody_else_is_refused_and_stays_as_it_is() {
    let place = Place::new();
    fs::create_dir(place.root()).unwrap();
    fs::write(place.root().join("photo.jpg"), "photo").unwrap();
    for line in ["put k", "get k", "ls", "stats", "sweep", "verify --repair", "invalidate --all"] {
        place.line(line).saying(2, "is not a cache");
    }
    assert_eq!(files_below(&place.root()), [place.root().join("photo.jpg")]);
}
