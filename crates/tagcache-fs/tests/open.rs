//! Opening a root: made, recognised, refused, or made anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread;

use common::{LAYOUT, Site, get, key, put, tags};
use tagcache_fs::{Durability, Errno, Layout, OpenError, Options, Root};
use tagcache_testkit::{Call, Fault, World, files, folders, make_fifo};

fn format_of(path: &Path) -> String {
    fs::read_to_string(path.join("tagcache.format")).unwrap()
}

/// The same settings with another word for the layout.
fn replaced_layout(format: &str, word: &str) -> String {
    let ours = match LAYOUT {
        Layout::Compact => "layout = compact\n",
        _ => "layout = 1\n",
    };
    assert!(format.contains(ours), "{format}");
    format.replace(ours, &format!("layout = {word}\n"))
}

/// The error, which must name the directory.
fn refused<T>(outcome: Result<T, OpenError>, path: &Path) -> OpenError {
    let error = outcome.err().expect("it must not be opened");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_fresh_root_has_its_folders_its_settings_and_the_mark_for_backups() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("several/new/folders");
    let root = Root::open(&path).unwrap();
    assert_eq!(root.path(), path);
    assert_eq!(root.durability(), Durability::Invalidations);
    assert_eq!(files(&path).unwrap(), ["CACHEDIR.TAG", "tagcache.format"]);
    assert_eq!(folders(&path).unwrap(), ["data", "locks", "tmp"]);
    assert!(format_of(&path).starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    assert!(format_of(&path).contains("\nlayout = 1\n"));
}

#[test]
fn nobody_but_the_owner_may_look_into_a_fresh_root() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root");
    let _root = Root::open(&path).unwrap();
    for folder in ["", "data", "tmp", "locks"] {
        let mode = fs::metadata(path.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[test]
fn a_root_that_is_opened_again_has_what_was_put() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let links =
        put(&Options::new().open_on(world.sys(), dir.path()).unwrap(), &key("k"), &tags(["a"]), b"value");
    let before = format_of(dir.path());
    let again = Options::new().open_on(world.sys(), dir.path()).unwrap();
    assert_eq!(get(&again, &key("k"), links).as_deref(), Some(&b"value"[..]));
    assert_eq!(format_of(dir.path()), before);
}

#[test]
fn threads_that_open_a_new_root_at_once_agree_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root");
    thread::scope(|scope| {
        let opened: Vec<_> = (0..16).map(|_| scope.spawn(|| Root::open(&path))).collect();
        for thread in opened {
            thread.join().unwrap().unwrap();
        }
    });
    assert_eq!(files(&path).unwrap(), ["CACHEDIR.TAG", "tagcache.format"], "one made it, and cleaned up");
}

#[test]
fn an_opener_that_waits_for_another_one_gives_up_after_a_while() {
    use tagcache_fs::{Os, sys::Sys};
    let dir = tempfile::tempdir().unwrap();
    let other = Os.open_root(dir.path()).unwrap();
    Os.try_lock(&other).unwrap();
    let world = World::new();
    let error = refused(Options::new().open_on(world.sys(), dir.path()), dir.path());
    assert!(matches!(error, OpenError::Io(ref error) if error.doing() == "lock"), "{error}");
    drop(other);
    assert!(Options::new().open_on(world.sys(), dir.path()).is_ok());
}

#[test]
fn a_directory_that_holds_something_else_is_refused_and_not_touched() {
    for stranger in ["notes.txt", "data/notes.txt", "tmp/notes.txt", "locks/notes.txt", "data/ae/08/key:6b"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(stranger);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"somebody's").unwrap();
        let error = refused(Root::open(dir.path()), dir.path());
        assert!(matches!(error, OpenError::NotACache { .. }), "{stranger}: {error}");
        assert_eq!(files(dir.path()).unwrap(), [stranger]);
    }
}

#[test]
fn a_file_is_no_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"").unwrap();
    assert!(matches!(refused(Root::open(&path), &path), OpenError::NotACache { .. }));
}

#[test]
fn a_root_whose_maker_died_at_any_step_is_made_by_the_next_opener() {
    let dir = tempfile::tempdir().unwrap();
    let whole = World::new();
    let (_, calls) =
        whole.counter.during(|| Options::new().open_on(whole.sys(), dir.path().join("whole")).unwrap());
    for step in 1..=calls.changing() {
        let path = dir.path().join(step.to_string());
        let world = World::new();
        world.faults.die_at_change(step);
        let died = Options::new().open_on(world.sys(), &path);
        assert!(world.faults.is_dead(), "step {step}");
        drop(died);
        let root = Root::open(&path).unwrap_or_else(|error| panic!("step {step}: {error}"));
        common::sweep(&root);
        let left = files(&path).unwrap();
        assert_eq!(left, ["CACHEDIR.TAG", "tagcache.format"], "step {step}");
    }
}

#[test]
fn a_root_of_a_later_version_is_named_and_left_alone() {
    let site = Site::new();
    let later = replaced_layout(&format_of(site.dir.path()), "2");
    fs::write(site.path("tagcache.format"), &later).unwrap();
    let error = refused(Root::open(&site.dir), site.dir.path());
    assert!(matches!(&error, OpenError::Layout { version, .. } if version == "2"));
    assert!(error.to_string().contains("update the program"), "{error}");
    assert_eq!(format_of(site.dir.path()), later);
}

#[test]
fn damaged_settings_are_refused_whatever_the_damage() {
    let site = Site::new();
    let whole = format_of(site.dir.path());
    let without = |name: &str| {
        whole
            .lines()
            .filter(|line| !line.starts_with(name))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let with = |name: &str, value: &str| format!("{}{name} = {value}\n", without(name));
    let damaged = [
        String::new(),
        whole[1..].to_owned(),
        whole[..whole.len() / 2].to_owned(),
        without("durability"),
        without("layout"),
        with("durability", "eternal"),
        with("inode", "-1"),
        with("mtime-granularity", "0"),
        with("mtime-max", "0"),
        with("mtime-max", "999999999"),
        with("rename-noreplace", "maybe"),
    ];
    for text in &damaged {
        fs::write(site.path("tagcache.format"), text).unwrap();
        let error = refused(Root::open(&site.dir), site.dir.path());
        assert!(matches!(error, OpenError::NotACache { .. }), "{text:?}: {error}");
    }
}

#[test]
fn settings_that_are_no_file_are_refused_without_a_hang() {
    let plants: [fn(&Path); 3] = [
        |path| fs::create_dir(path).unwrap(),
        |path| std::os::unix::fs::symlink("/etc/passwd", path).unwrap(),
        |path| make_fifo(path).unwrap(),
    ];
    for plant in plants {
        let site = Site::new();
        fs::remove_file(site.path("tagcache.format")).unwrap();
        plant(&site.path("tagcache.format"));
        let error = refused(Root::open(&site.dir), site.dir.path());
        assert!(matches!(error, OpenError::NotACache { .. }), "{error}");
    }
}

#[test]
fn a_root_that_lost_its_format_finds_it_by_its_other_name() {
    // Where a filesystem promises no order a power cut can take the one name and leave the log and the entries.
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    fs::remove_file(site.path("tagcache.format")).unwrap();
    let (_world, root) = site.neighbour();
    assert_eq!(get(&root, &key("k"), links).as_deref(), Some(&b"value"[..]));
    assert!(site.path("tagcache.format").exists());
}

#[test]
fn another_durability_is_refused_and_the_same_is_not() {
    let dir = tempfile::tempdir().unwrap();
    for durability in [Durability::Full, Durability::Volatile, Durability::Invalidations] {
        let path = dir.path().join(durability.to_string());
        let root = Options::new().durability(durability).open(&path).unwrap();
        assert_eq!(root.durability(), durability);
        assert_eq!(
            Root::open(&path).unwrap().durability(),
            durability,
            "whoever does not ask takes what is there"
        );
        assert!(Options::new().durability(durability).open(&path).is_ok());
        let other = if durability == Durability::Full { Durability::Volatile } else { Durability::Full };
        let error = refused(Options::new().durability(other).open(&path), &path);
        assert!(
            matches!(error, OpenError::DurabilityDiffers { asked, fixed, .. } if asked == other && fixed == durability)
        );
    }
}

#[test]
fn an_opener_that_wants_an_existing_root_makes_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("root");
    let existing = Options::new().existing_only(true);
    assert!(
        matches!(refused(existing.open(&path), &path), OpenError::Io(error) if error.errno() == Errno::NOENT)
    );
    assert!(!path.exists());
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(existing.open(&path), &path), OpenError::NotACache { .. }));
    assert!(folders(&path).unwrap().is_empty() && files(&path).unwrap().is_empty());
    drop(Root::open(&path).unwrap());
    assert!(existing.open(&path).is_ok());
}

#[test]
fn whoever_opens_a_root_makes_a_folder_that_somebody_took_and_does_without_where_he_cannot() {
    for folder in ["data", "tmp", "locks"] {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new();
        drop(Options::new().open_on(world.sys(), dir.path()).unwrap());
        fs::remove_dir(dir.path().join(folder)).unwrap();
        for errno in [Errno::ROFS, Errno::NOSPC] {
            for call in [Call::MakeDir, Call::Link] {
                world.faults.add(Fault::on(call, errno).for_ever());
            }
            assert!(
                Options::new().open_on(world.sys(), dir.path()).is_ok(),
                "{folder}: what is there can be read"
            );
            world.faults.mend();
        }
        assert!(Options::new().existing_only(true).open_on(world.sys(), dir.path()).is_ok(), "{folder}");
        assert_eq!(folders(dir.path()).unwrap(), ["data", "locks", "tmp"], "{folder}");
    }
}

#[test]
fn a_call_that_fails_while_a_root_is_made_is_an_error_that_names_it() {
    for call in
        [Call::MakeRoot, Call::MakeDir, Call::Create, Call::Link, Call::Sync, Call::FsKind, Call::TryLock]
    {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new();
        let path = dir.path().join("root");
        world.faults.add(Fault::on(call, Errno::IO));
        let error = refused(Options::new().open_on(world.sys(), &path), &path);
        assert!(matches!(error, OpenError::Io(ref error) if error.errno() == Errno::IO), "{call}: {error}");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause, Some(Errno::IO.to_string()), "{call}: and not the same text once more");
        assert!(Options::new().open_on(world.sys(), &path).is_ok(), "{call}: the next opener makes it");
    }
}

#[test]
fn a_root_on_a_filesystem_that_became_read_only_opens_for_reading() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    let world = World::new();
    for call in [Call::Link, Call::Unlink, Call::Create] {
        world.faults.add(Fault::on(call, Errno::ROFS).for_ever());
    }
    let root = Options::new().open_on(world.sys(), site.dir.path()).unwrap();
    assert!(get(&root, &key("k"), links).is_some());
}

#[test]
fn a_root_that_is_renamed_while_it_is_open_goes_on_working() {
    let parent = tempfile::tempdir().unwrap();
    let (old, new) = (parent.path().join("old"), parent.path().join("new"));
    let world = World::new();
    let root = Options::new().open_on(world.sys(), &old).unwrap();
    fs::rename(&old, &new).unwrap();
    let links = put(&root, &key("k"), &tags(["a"]), b"value");
    let again = Options::new().open_on(world.sys(), &new).unwrap();
    assert!(get(&again, &key("k"), links).is_some());
}

#[test]
fn text_behind_the_settings_does_not_hide_them() {
    let site = Site::new();
    let mut file = OpenOptions::new().append(true).open(site.path("tagcache.format")).unwrap();
    writeln!(file, "# {}", "x".repeat(10_000)).unwrap();
    assert!(Root::open(&site.dir).is_ok());
}

#[test]
fn a_root_that_lost_its_cachedir_tag_keeps_its_entries_and_gets_a_new_one() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    std::fs::remove_file(site.dir.path().join("CACHEDIR.TAG")).unwrap();
    let world = World::new();
    let root = Options::new().open_on(world.sys(), site.dir.path()).unwrap();
    assert_eq!(get(&root, &key("k"), links).as_deref(), Some(&b"value"[..]), "tidying up is no copy");
    assert!(site.dir.path().join("CACHEDIR.TAG").exists());
}
