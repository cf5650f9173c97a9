//! Copies of a root, by the commands that people copy with: a copy knows nothing of later invalidations, so it starts afresh.
//!
//! In a file of its own, since a child that is just being started holds the locks of the process for an instant.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::{Site, get, key, put, tags};
use tagcache_fs::{Found, Options, Os, Root, Time};
use tagcache_testkit::{Layer, Layered, World, files};

/// The commands that people copy directories with: from `$1` to `$2`, which is not there yet.
const COPIES: [(&str, &str); 7] = [
    ("cp", "cp -r \"$1\" \"$2\""),
    ("cp", "cp -a \"$1\" \"$2\""),
    ("rsync", "rsync -a \"$1\"/ \"$2\""),
    ("rsync", "rsync -aH \"$1\"/ \"$2\""),
    ("tar", "mkdir \"$2\" && tar -C \"$1\" -cf - . | tar -C \"$2\" -xf -"),
    // An image is made by one and unpacked by many.
    (
        "tar",
        "mkdir \"$2\" && tar -C \"$1\" -cf \"$2\".tar . && rm -r \"$2\" && mkdir \"$2\" && tar -C \"$2\" -xf \"$2\".tar",
    ),
    ("cpio", "mkdir \"$2\" && cd \"$1\" && find . -depth | cpio -pdm --quiet \"$2\""),
];

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_copied_root_starts_afresh_and_the_original_keeps_what_it_has() {
    let mut tried = 0;
    for (program, command) in COPIES.into_iter().filter(|(program, _)| is_installed(program)) {
        tried += 1;
        let site = Site::new();
        let links = put(&site.root, &key("k"), &tags(["a", "b"]), b"value");
        let _lease = site.root.try_lease(&key("k")).unwrap();
        let parent = tempfile::tempdir().unwrap();
        let copy = parent.path().join("copy");
        let copying =
            Command::new("sh").args(["-c", command, program]).arg(site.dir.path()).arg(&copy).status();
        assert!(copying.unwrap().success(), "{command}");
        let before = tagcache_testkit::files(&site.dir).unwrap();

        let world = World::new();
        let root = Options::new().open_on(world.sys(), &copy).unwrap();
        assert_eq!(files(&copy).unwrap(), ["CACHEDIR.TAG", "tagcache.format"], "{command}");
        assert_eq!(root.durability(), site.root.durability());
        assert!(root.was_copied() && !site.root.was_copied(), "{command}: who emptied it knows");
        assert!(!Options::new().open_on(world.sys(), &copy).unwrap().was_copied(), "{command}: only once");
        put(&root, &key("k"), &[], b"other");
        assert_eq!(get(&site.root, &key("k"), links).as_deref(), Some(&b"value"[..]), "{command}");
        assert_eq!(tagcache_testkit::files(&site.dir).unwrap(), before, "{command}");
        site.root.invalidate_key(&key("k"), &mut |_| Vec::new()).unwrap();
        assert!(root.entry(&key("k")).unwrap().into_entry().is_some(), "{command}: they are two caches");
    }
    assert!(tried >= 4, "cp and tar are everywhere");
}

/// Programs are started by the tests beside this one, and until they run they have copies of what is open here, locks
/// included: the draft of whoever has just died seems to live a moment longer.
fn sweep_until_clean(root: &Root, copy: &Path, step: &str) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        common::sweep(root);
        let left = files(copy).unwrap();
        if left == ["CACHEDIR.TAG", "tagcache.format"] {
            return;
        }
        assert!(Instant::now() < until, "{step}: {left:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_copy_whose_first_opener_died_at_any_step_starts_afresh_with_the_next() {
    // It once lost its settings before it was emptied: who died in between left a directory that was refused for ever.
    let site = Site::new();
    put(&site.root, &key("k"), &tags(["a"]), b"value");
    let parent = tempfile::tempdir().unwrap();
    for step in 1.. {
        let copy = parent.path().join(step.to_string());
        assert!(Command::new("cp").arg("-a").arg(site.dir.path()).arg(&copy).status().unwrap().success());
        let world = World::new();
        world.faults.die_at_change(step);
        drop(Options::new().open_on(world.sys(), &copy));
        let root = Root::open(&copy).unwrap_or_else(|error| panic!("step {step}: {error}"));
        assert!(matches!(root.entry(&key("k")).unwrap(), Found::Absent), "step {step}");
        sweep_until_clean(&root, &copy, &format!("step {step}"));
        if !world.faults.is_dead() {
            assert!(step > 10, "only {step} steps are no opening");
            return;
        }
    }
}

#[test]
fn a_copy_by_hard_links_serves_nothing_and_spoils_nothing_for_long() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    let parent = tempfile::tempdir_in(site.dir.path().parent().unwrap()).unwrap();
    let copy = parent.path().join("copy");
    assert!(Command::new("cp").arg("-al").arg(site.dir.path()).arg(&copy).status().unwrap().success());
    let world = World::new();
    let root = Options::new().open_on(world.sys(), &copy).unwrap();
    assert!(get(&root, &key("k"), links).is_none(), "a foreign hard link");
    assert!(get(&site.root, &key("k"), links).is_none(), "in both");
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    assert!(get(&site.root, &key("k"), links).is_some());
}

/// Everything was born a nanosecond later.
struct BornLater;

impl Layer for BornLater {
    fn born(&self, born: Option<Time>) -> Option<Time> {
        born.map(|born| born.after(Duration::from_nanos(1)))
    }
}

/// An ext4 gives the number of an inode that is gone to the next file: a copy that takes the place of its original may have all its
/// numbers.
#[test]
fn a_copy_that_was_given_the_inode_number_of_its_original_starts_afresh() {
    let site = Site::new();
    let settings = std::fs::read_to_string(site.dir.path().join("tagcache.format")).unwrap();
    if !settings.contains("\nborn = ") {
        return; // this filesystem keeps no times of birth
    }
    put(&site.root, &key("k"), &tags(["a"]), b"value");
    let again = Options::new().open_on(Os, site.dir.path()).unwrap();
    assert!(again.entry(&key("k")).unwrap().into_entry().is_some(), "it is the original");
    let copy = Options::new().open_on(Layered::over(Os, &Arc::new(BornLater)), site.dir.path()).unwrap();
    assert!(copy.entry(&key("k")).unwrap().into_entry().is_none(), "it may have been invalidated since");
}

/// A root of a program that did not write it down, or a filesystem that does not know.
#[test]
fn where_no_birth_is_known_the_inode_number_decides() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let unknown = Layered::over(Os, &Arc::new(NoBirth));
    let root = Options::new().open_on(unknown, site.dir.path()).unwrap();
    assert!(root.entry(&key("k")).unwrap().into_entry().is_some());
}

struct NoBirth;

impl Layer for NoBirth {
    fn born(&self, _born: Option<Time>) -> Option<Time> {
        None
    }
}
