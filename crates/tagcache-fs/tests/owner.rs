//! Whose a root is: one user's, and nobody else may write in it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::sync::Arc;

use tagcache_fs::sys::{Custody, Stat};
use tagcache_fs::{OpenError, Options, Os, Root};
use tagcache_testkit::{At, Call, Layer, Layered};

/// Nobody in particular, and not us.
const SOMEBODY: u32 = 65_534;

fn refused(path: &Path) -> (Custody, String) {
    match Root::open(path).map(drop) {
        Err(OpenError::NotOurs { path: named, custody }) => {
            assert_eq!(named, path);
            (custody, OpenError::NotOurs { path: named, custody }.to_string())
        }
        other => panic!("it is not ours: {other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_directory_of_another_user_is_refused_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    drop(Root::open(&root).unwrap());
    let (path, owner) = match chown(&root, Some(SOMEBODY), None) {
        Ok(()) => (root.as_path(), SOMEBODY),
        // Only root may give things away; but then there is somebody else's directory everywhere.
        Err(_) => (Path::new("/"), fs::metadata("/").unwrap().uid()),
    };
    let before = tagcache_testkit::files(&root).unwrap();
    let (custody, told) = refused(path);
    assert!(matches!(custody, Custody::Foreign { owner: found, .. } if found == owner), "{custody:?}");
    assert!(told.contains(&format!("belongs to user {owner}")), "{told}");
    assert_eq!(tagcache_testkit::files(&root).unwrap(), before);
}

#[test]
fn a_root_that_others_may_write_in_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    drop(Root::open(&root).unwrap());
    for open in [0o770, 0o702, 0o777, 0o1777] {
        fs::set_permissions(&root, Permissions::from_mode(open)).unwrap();
        let (custody, told) = refused(&root);
        assert_eq!(custody, Custody::Shared { mode: open }, "{open:o}");
        assert!(told.contains(&format!("{open:o}")) && told.contains("chmod go-w"), "{told}");
        assert_eq!(mode(&root), open, "it is not for us to change");
    }
    fs::set_permissions(&root, Permissions::from_mode(0o755)).unwrap();
    assert!(Root::open(&root).is_ok(), "to look in is another matter, and its owner's own");
}

#[test]
fn a_directory_that_becomes_a_root_is_closed_to_others() {
    for given in [0o755, 0o777, 0o770] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, Permissions::from_mode(given)).unwrap();
        drop(Root::open(&root).unwrap());
        assert_eq!(mode(&root), 0o700, "it was {given:o}");
    }
}

#[test]
fn a_directory_that_is_refused_for_what_lies_in_it_keeps_its_mode() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("project");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o775)).unwrap();
    fs::write(path.join("thesis.txt"), "years").unwrap();
    assert!(matches!(Options::new().open(&path), Err(OpenError::NotACache { .. })));
    assert_eq!(mode(&path), 0o775);
}

/// Who made a folder below it works there on when the door is closed.
#[test]
fn a_directory_that_others_may_write_in_becomes_a_root_only_while_it_is_empty() {
    for (given, folder) in [(0o777, "data"), (0o770, "tmp"), (0o1777, "locks")] {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join(folder)).unwrap();
        fs::set_permissions(&root, Permissions::from_mode(given)).unwrap();
        let (custody, _) = refused(&root);
        assert_eq!(custody, Custody::Shared { mode: given }, "{folder}");
        assert_eq!(mode(&root), given, "it is not for us to change");
    }
}

#[test]
fn a_folder_that_was_there_is_used_only_if_nobody_else_may_write_in_it() {
    for folder in ["data", "tmp", "locks"] {
        let dir = tempfile::tempdir().unwrap();
        let (root, inner) = (dir.path().join("root"), dir.path().join("root").join(folder));
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(&inner, Permissions::from_mode(0o777)).unwrap();
        match Root::open(&root).map(drop) {
            Err(OpenError::NotOurs { path, custody }) => {
                assert_eq!((path, custody), (inner, Custody::Shared { mode: 0o777 }));
            }
            other => panic!("{folder}: {other:?}"),
        }
    }
}

/// As a umask of 0277 does it.
struct NoRights;

impl Layer for NoRights {
    fn stat(&self, at: &At<'_>, stat: Stat) -> Stat {
        match at.call {
            Call::StatAt if at.is_below("data") => Stat { mode: 0o500, ..stat },
            _ => stat,
        }
    }
}

#[test]
fn a_umask_that_takes_the_owners_own_rights_is_named_and_leaves_nothing_half_made() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let told = match Options::new().open_on(Layered::over(Os, &Arc::new(NoRights)), &root) {
        Err(error @ OpenError::Umask { .. }) => error.to_string(),
        other => panic!("it could not be used: {:?}", other.map(drop)),
    };
    assert!(told.contains("data") && told.contains("umask"), "{told}");
    assert!(Root::open(&root).is_ok(), "with another umask it is made");
}
