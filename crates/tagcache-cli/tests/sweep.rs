//! `sweep` and `verify`: what they tell, and when they have nothing to say.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;

use common::{Place, files_below};

fn filled(count: usize) -> Place {
    let place = Place::new();
    for number in 0..count {
        place.feed(&format!("put page/{number}"), "page").quietly(0);
    }
    place
}

#[test]
fn what_is_told_as_kept_is_what_is_there_after_the_evictions() {
    let place = filled(5);
    let trial = place.line("sweep --max-files 2 --dry-run").quietly(0).out;
    assert!(
        trial.contains("would evict       3 entries\n") && trial.contains("kept              2 entries, "),
        "{trial}"
    );
    let told = place.line("sweep --max-files 2").quietly(0).out;
    assert!(told.contains("evicted   3 entries\n") && told.contains("kept      2 entries, "), "{told}");
    assert_eq!(place.line("ls").quietly(0).out.lines().count(), 2);
    place.feed("put one-more", "page").quietly(0);
    let json: serde_json::Value =
        serde_json::from_str(&place.line("sweep --max-files 2 --json").quietly(0).out).unwrap();
    let left = files_below(&place.root().join("data"));
    let disk_bytes: u64 = left.iter().map(|file| fs::metadata(file).unwrap().blocks() * 512).sum();
    assert_eq!((&json["evicted"], &json["kept"]), (&1.into(), &2.into()), "{json}");
    assert_eq!((left.len(), json["kept_bytes"].as_u64()), (2, Some(disk_bytes)), "{json}");
}

#[test]
fn who_comes_while_another_process_is_at_it_does_nothing_and_exits_with_one() {
    let place = filled(1);
    let cache = tagcache::Builder::new(tagcache::Raw).open(place.root()).unwrap();
    let lock = cache.root().try_sweep_lock().unwrap().expect("nobody sweeps yet");
    for line in ["sweep", "sweep --json", "verify", "verify --json", "verify --repair"] {
        place.line(line).saying(1, "another process is sweeping or verifying");
    }
    assert_eq!(place.line("sweep --quiet").quietly(1).out, "");
    drop(lock);
    place.line("verify").quietly(0);
}

#[test]
fn a_quiet_sweep_writes_nothing_unless_something_is_wrong() {
    let place = Place::new();
    assert_eq!(place.line("sweep --quiet").quietly(1).out, "", "there is no cache yet");
    assert!(!place.root().exists());
    let place = filled(3);
    assert_eq!(place.line("sweep -q --max-files 1").quietly(0).out, "");
    assert_eq!(place.line("ls").quietly(0).out.lines().count(), 1, "it swept all the same");
    fs::write(place.root().join("tagcache.format"), "no format").unwrap();
    place.line("sweep --quiet").saying(2, "tagcache.format");
}
