//! The examination: everything that is wrong is found, told with what it means, and repaired on request only.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use tagcache::fs::Errno;
use tagcache::{
    Builder, Error, Finding, Harm, Lookup, Policy, Raw, Source, Stored, Verification, VerifyOptions, Wrong,
};
use tagcache_testkit::{Call, Fault};

use common::{DAY, Fixture, HAS_BUCKETS, HOUR, PLANTS, fill, plant, text};

const LOOK: VerifyOptions = VerifyOptions::new();
const REPAIR: VerifyOptions = VerifyOptions::new().repair(true);

/// A cache with a page and something sound beside it.
fn with_page() -> Fixture {
    let fixture = Fixture::new();
    fixture.cache.put("page", &text("page"), &Policy::new().tags(["a", "b"])).unwrap();
    fixture.cache.put("sound", &text("sound"), &Policy::new().tags(["b", "c"])).unwrap();
    fixture
}

fn words(report: &Verification) -> Vec<&'static str> {
    let mut words: Vec<_> = report.findings.iter().map(|finding| finding.wrong.word()).collect();
    words.sort_unstable();
    words
}

/// The only link under a tag that has one.
fn link_of(fixture: &Fixture, tag: &str) -> PathBuf {
    let first = |folder| fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let below = first(fixture.tag_folder(tag));
    if HAS_BUCKETS { first(below) } else { below }
}

#[test]
fn a_sound_cache_has_no_findings_however_old_its_entries_are() {
    let fixture = with_page();
    fixture.cache.put("old", &text("old"), &Policy::new().tag("a").expire_in(HOUR).keep_stale(HOUR)).unwrap();
    fixture.cache.put("soft", &text("soft"), &Policy::new().tag("s")).unwrap();
    fixture.cache.expire_tag("s").unwrap();
    fixture.world.clock.advance(DAY);
    let before = fixture.files("");
    let report = fixture.cache.verify(&LOOK).unwrap();
    assert_eq!((report.entries, report.links, report.exit_code()), (4, 6, 0), "{report:?}");
    assert!(report.findings.is_empty(), "{report:?}");
    assert_eq!(fixture.files(""), before, "nothing was touched");
}

/// What can be done to the page; the word of what is found, what it costs, and how many names are stray with it.
const DEEDS: [(&str, &str, Harm, usize); 8] = [
    ("cut", "damaged", Harm::Loss, 0),
    ("overwritten", "damaged", Harm::Loss, 0),
    ("a bit of the payload turned", "damaged", Harm::Loss, 0),
    ("renamed", "wrong place", Harm::Loss, 2),
    ("hard-linked", "foreign links", Harm::Loss, 2),
    ("a tag removed by hand", "names missing", Harm::Loss, 1),
    ("poisoned", "dead", Harm::Litter, 2),
    ("a tag link moved out", "tag link missing", Harm::Danger, 0),
];

/// What goes out of the cache goes to `outside`.
fn do_to_page(fixture: &Fixture, deed: &str, outside: &Path) {
    let entry = fixture.entry("page");
    let bytes = fs::read(&entry).unwrap();
    let done = match deed {
        "cut" => fs::write(&entry, &bytes[..bytes.len() - 1]),
        "overwritten" => fs::write(&entry, "no record at all"),
        "a bit of the payload turned" => {
            let mut turned = bytes.clone();
            turned[bytes.len() - 6] ^= 1;
            fs::write(&entry, turned)
        }
        "renamed" => fs::rename(&entry, fixture.make_folders_of("another page")),
        "hard-linked" => fs::hard_link(&entry, outside.join("backup")),
        "a tag removed by hand" => fs::remove_dir_all(fixture.tag_folder("a")),
        "poisoned" => fs::File::open(&entry).and_then(|file| file.set_modified(std::time::UNIX_EPOCH)),
        "a tag link moved out" => fs::rename(link_of(fixture, "a"), outside.join("backup")),
        other => unreachable!("{other}"),
    };
    done.unwrap();
}

#[test]
fn whatever_was_done_to_an_entry_is_found_told_and_repaired_on_request_only() {
    for (deed, word, harm, strays) in DEEDS {
        let (fixture, outside) = (with_page(), tempfile::tempdir().unwrap());
        do_to_page(&fixture, deed, outside.path());
        let before = fixture.files("");

        let report = fixture.cache.verify(&LOOK).unwrap();
        let mut expected = vec![word];
        expected.resize(1 + strays, "stray link");
        expected.sort_unstable();
        assert_eq!(words(&report), expected, "{deed}: {report:?}");
        let finding = report.findings.iter().find(|finding| finding.wrong.word() == word).unwrap();
        assert_eq!((finding.wrong.harm(), finding.repaired), (harm, false), "{deed}");
        assert!(finding.to_string().contains(finding.wrong.meaning()), "{deed}");
        assert_eq!(report.exit_code(), harm as u8, "{deed}");
        assert_eq!(fixture.files(""), before, "{deed}: only looked at");

        let repaired = fixture.cache.verify(&REPAIR).unwrap();
        assert_eq!((repaired.exit_code(), repaired.failed), (0, 0), "{deed}: {repaired:?}");
        assert!(repaired.repaired > 0 && repaired.findings.iter().all(|finding| finding.repaired), "{deed}");
        let again = fixture.cache.verify(&LOOK).unwrap();
        assert!(again.findings.is_empty(), "{deed}: one repair is enough: {again:?}");
        assert_eq!((again.entries, again.links), (1, 2), "{deed}: what is sound stays");
        assert!(fixture.cache.get::<String>("sound").unwrap().is_some(), "{deed}");
        assert!(!matches!(fixture.cache.lookup::<String>("page").unwrap(), Lookup::Fresh(_)), "{deed}");
    }
}

/// Why that finding is a danger: a hard link makes up for the one that an invalidation would have found.
#[test]
fn after_a_repair_nothing_is_served_that_an_invalidation_could_not_find() {
    let (fixture, outside) = (with_page(), tempfile::tempdir().unwrap());
    do_to_page(&fixture, "a tag link moved out", outside.path());
    fixture.cache.verify(&REPAIR).unwrap();
    fixture.cache.invalidate_tag("a").unwrap();
    assert!(fixture.cache.get::<String>("page").unwrap().is_none());
}

#[test]
fn a_link_in_the_folder_of_a_tag_that_the_entry_does_not_have_is_found() {
    let fixture = with_page();
    let link = link_of(&fixture, "a");
    let there = fixture.tag_folder("a");
    let foreign = fixture.tag_folder("zzz");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::rename(there, &foreign).unwrap();
    assert!(!link.exists());
    let report = fixture.cache.verify(&LOOK).unwrap();
    assert_eq!(words(&report), ["stray link", "tag link missing"]);
    assert_eq!(report.exit_code(), 2);
    assert_eq!(fixture.cache.verify(&REPAIR).unwrap().exit_code(), 0);
    assert!(fixture.cache.verify(&LOOK).unwrap().findings.is_empty());
}

#[test]
fn what_is_foreign_is_told_never_followed_and_removed_only_when_that_is_asked_for() {
    for what in PLANTS {
        let fixture = with_page();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("precious"), "kept").unwrap();
        let bucket = link_of(&fixture, "a").parent().unwrap().to_path_buf();
        let root = fixture.path();
        let places = [root.join("data/x"), root.join("tmp/x"), root.join("x"), bucket.join("x")];
        for place in &places {
            plant(what, place, outside.path());
        }
        for options in [LOOK, REPAIR] {
            let report = fixture.cache.verify(&options).unwrap();
            assert_eq!(words(&report), ["foreign"; 4], "{what}");
            assert_eq!(report.exit_code(), 0, "{what}");
            assert!(places.iter().all(|place| place.symlink_metadata().is_ok()), "{what}");
        }
        assert_eq!(fixture.cache.verify(&REPAIR.remove_foreign(true)).unwrap().repaired, 4, "{what}");
        assert!(places.iter().all(|place| place.symlink_metadata().is_err()), "{what}");
        assert!(outside.path().join("precious").exists(), "{what}");
    }
}

/// The examination used to pass over the names beside `data/`: every put failed, and it found nothing wrong.
#[test]
fn whatever_blocks_a_name_that_the_cache_needs_is_a_loss_and_told_with_what_to_do() {
    for name in ["log", "usage", "tmp", "locks", "data"] {
        for what in PLANTS {
            let is_folder = matches!(name, "tmp" | "locks" | "data");
            if is_folder && what == "a directory" {
                continue;
            }
            let (fixture, outside) = (with_page(), tempfile::tempdir().unwrap());
            fs::write(outside.path().join("precious"), "kept").unwrap();
            let place = fixture.path().join(name);
            if is_folder {
                fs::remove_dir_all(&place).unwrap();
            } else if place.exists() {
                fs::remove_file(&place).unwrap();
            }
            plant(what, &place, outside.path());
            for options in [LOOK, REPAIR] {
                let report = fixture.cache.verify(&options).unwrap();
                assert_eq!((words(&report), report.exit_code()), (vec!["blocked"], 1), "{what} as {name}");
                let told = report.findings[0].to_string();
                assert!(told.starts_with(&format!("{name}: ")) && told.contains("remove it"), "{told}");
                assert!(place.symlink_metadata().is_ok(), "{what} as {name} stays");
            }
            assert_eq!(fixture.cache.verify(&REPAIR.remove_foreign(true)).unwrap().repaired, 1);
            assert!(fixture.cache.verify(&LOOK).unwrap().findings.is_empty(), "{what} as {name}");
            let other = fixture.another_process(Builder::new(Raw));
            other.cache.put("page", &text("new"), &Policy::new().tag("a")).unwrap();
            assert_eq!(other.cache.invalidate_tag("a").unwrap(), 1, "{what} as {name}: it is made anew");
            assert!(outside.path().join("precious").exists(), "{what} as {name}");
        }
    }
}

#[test]
fn while_a_name_is_blocked_what_the_finding_says_fails_and_nothing_else() {
    // Which put, computation, invalidation and opening succeed.
    for (name, expected) in [
        ("log", [false, false, false, true]),
        ("tmp", [false, false, true, false]),
        ("locks", [true, false, true, false]),
        ("usage", [true, true, true, true]),
        ("data", [false, false, true, false]),
    ] {
        let fixture = with_page();
        let (cache, place) = (&fixture.cache, fixture.path().join(name));
        let _ = fs::remove_dir_all(&place).or_else(|_| fs::remove_file(&place));
        plant("a FIFO", &place, Path::new(""));
        let computed = cache.get_with("computed", &Policy::new(), |_| text("computed"));
        let found = [
            cache.put("put", &text("put"), &Policy::new()).is_ok(),
            matches!(computed.source(), Source::Computed { stored: Stored::Yes, .. }),
            cache.invalidate_tag("a").is_ok(),
            Builder::new(Raw).open(fixture.path()).is_ok(),
        ];
        assert_eq!((found, computed.as_str()), (expected, "computed"), "{name}");
        let is_served = cache.get::<String>("sound").unwrap().is_some();
        assert_eq!(is_served, name != "data", "{name}: reading goes on, where there is something to read");
    }
}

#[test]
fn a_link_planted_as_the_folder_of_a_tag_is_told_and_not_followed() {
    let fixture = with_page();
    let folder = fixture.tag_folder("zzz");
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    symlink(fixture.tag_folder("a"), &folder).unwrap();
    let report = fixture.cache.verify(&REPAIR).unwrap();
    assert_eq!((words(&report), report.links), (vec!["foreign"], 4));
}

#[test]
fn what_a_later_version_wrote_is_told_and_left_alone() {
    let fixture = with_page();
    let entry = fixture.entry("page");
    let mut bytes = fs::read(&entry).unwrap();
    bytes[8] = 2; // the version of the record
    fs::write(&entry, &bytes).unwrap();
    let report = fixture.cache.verify(&REPAIR).unwrap();
    assert!(matches!(report.findings[0].wrong, Wrong::OtherVersion { found: 2 }), "{report:?}");
    assert_eq!((report.findings.len(), report.repaired, report.exit_code()), (1, 0, 0));
    assert_eq!(fs::read(&entry).unwrap(), bytes);
}

#[test]
fn what_dead_processes_left_is_counted_and_what_is_being_written_is_left_alone() {
    let fixture = Fixture::new();
    let filling = fill(fixture.cache.begin::<String>("page", &Policy::new().tag("t")).unwrap());
    let draft = "tmp/00000000000000000000000000000000.0000000000000000";
    fs::write(fixture.path().join(draft), "its writer is dead").unwrap();
    for _ in 0..2 {
        let report = fixture.cache.verify(&LOOK).unwrap();
        assert_eq!((report.orphans, report.findings.len()), (1, 0), "{report:?}");
    }
    assert_eq!(fixture.cache.verify(&REPAIR).unwrap().orphans, 1);
    assert_eq!(fixture.cache.verify(&REPAIR).unwrap().orphans, 0);
    assert!(matches!(filling.commit(&text("page")).unwrap(), Stored::Yes), "the fill went on");
}

#[test]
fn a_directory_that_is_no_longer_this_cache_is_refused_and_nothing_in_it_removed() {
    for marker in ["tagcache.format", "CACHEDIR.TAG"] {
        for deed in ["removed", "a copy", "a symbolic link", "a directory", "a FIFO"] {
            let fixture = with_page();
            do_to_page(&fixture, "cut", Path::new("nothing goes out"));
            let path = fixture.path().join(marker);
            let (bytes, aside) = (fs::read(&path).unwrap(), fixture.path().join("aside"));
            fs::rename(&path, &aside).unwrap();
            match deed {
                "a copy" => fs::write(&path, bytes).unwrap(),
                "removed" => {}
                planted => plant(planted, &path, &aside),
            }
            let before = fixture.files("");
            let error = fixture.cache.verify(&REPAIR.remove_foreign(true)).unwrap_err();
            assert!(matches!(error, Error::Open(_)), "{marker} {deed}: {error}");
            assert!(error.to_string().contains("is not a cache"), "{marker} {deed}: {error}");
            assert_eq!(fixture.files(""), before, "{marker} {deed}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_and_not_called_damaged() {
    let fixture = with_page();
    fixture.world.faults.add(Fault::on(Call::Read, Errno::IO).below("data/"));
    let report = fixture.cache.verify(&REPAIR).unwrap();
    assert_eq!((report.failed, report.findings.len(), report.exit_code()), (1, 0, 3), "{report:?}");
    assert_eq!(fixture.cache.stats().faults, 1);
    assert_eq!(fixture.cache.verify(&LOOK).unwrap().exit_code(), 0);
}

#[test]
fn beside_a_sweep_or_another_examination_it_does_nothing_and_says_so() {
    let fixture = with_page();
    let other = fixture.another_process(Builder::new(Raw));
    let lock = other.cache.root().try_sweep_lock().unwrap().unwrap();
    let report = fixture.cache.verify(&LOOK).unwrap();
    assert_eq!((report.busy, report.entries, report.exit_code()), (true, 0, 3));
    drop(lock);
    assert!(!fixture.cache.verify(&LOOK).unwrap().busy);
}

#[test]
fn all_findings_are_counted_and_only_so_many_listed() {
    let fixture = Fixture::new();
    for page in 0..10 {
        let key = format!("page {page}");
        fixture.cache.put(&key, &text("page"), &Policy::new()).unwrap();
        fs::write(fixture.entry(&key), "no record").unwrap();
    }
    let report = fixture.cache.verify(&LOOK.list_at_most(3)).unwrap();
    assert_eq!((report.losses, report.findings.len()), (10, 3));
}

#[test]
fn the_last_chunk_of_a_large_value_is_read_too() {
    let fixture = Fixture::new();
    fixture.cache.put("large", &vec![7u8; (2 << 20) + 5], &Policy::new()).unwrap();
    assert!(fixture.cache.verify(&LOOK).unwrap().findings.is_empty());
    let entry = fixture.entry("large");
    let mut bytes = fs::read(&entry).unwrap();
    let at = bytes.len() - 3 * 4 - 1; // in front of a line for each of three chunks
    bytes[at] ^= 1;
    fs::write(&entry, bytes).unwrap();
    let report = fixture.cache.verify(&LOOK).unwrap();
    assert_eq!(words(&report), ["damaged"]);
    assert!(report.findings[0].to_string().contains('2'), "which chunk: {}", report.findings[0]);
}

#[test]
fn beside_writers_and_invalidations_nothing_is_called_damaged_or_dangerous() {
    let fixture = Fixture::new();
    let policy = Policy::new().tags(["a", "b", "c"]);
    for options in [LOOK, REPAIR] {
        std::thread::scope(|scope| {
            let writers: Vec<_> = ["a", "b"]
                .map(|tag| {
                    let (cache, policy) = (&fixture.cache, &policy);
                    scope.spawn(move || {
                        for round in 0..150 {
                            cache.put(format!("page {}", round % 5), &text("page"), policy).unwrap();
                            if round % 3 == 0 {
                                cache.invalidate_tag(tag).unwrap();
                            }
                        }
                    })
                })
                .into();
            while !writers.iter().all(ScopedJoinHandle::is_finished) {
                let report = fixture.cache.verify(&options).unwrap();
                assert_eq!((report.dangers, report.losses, report.failed), (0, 0, 0), "{report:#?}");
                let harmless = |finding: &Finding| finding.wrong.harm() == Harm::Litter;
                assert!(report.findings.iter().all(harmless), "also what was repaired: {report:#?}");
            }
        });
    }
    fixture.cache.verify(&REPAIR).unwrap();
    assert!(fixture.cache.verify(&LOOK).unwrap().findings.is_empty());
}
