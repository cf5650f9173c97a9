//! What a process finds around it: an umask, a filesystem that can only be read.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tagcache_actors::{Actor, Stage};
use tempfile::TempDir;

/// A program that runs the actor after these lines of shell.
fn script(dir: &TempDir, lines: &str) -> PathBuf {
    let path = dir.path().join("actor.sh");
    let actor = env!("CARGO_BIN_EXE_actor");
    fs::write(&path, format!("#!/bin/sh\n{lines}\nexec {actor} \"$@\"\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    path
}

/// Every name below a folder, with its mode.
fn modes(folder: &Path, into: &mut Vec<(PathBuf, u32)>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            modes(&path, into);
        }
        into.push((path, meta.permissions().mode() & 0o7777));
    }
}

#[test]
fn whatever_the_umask_folders_are_the_owners_alone_and_so_are_files() {
    for umask in ["000", "022", "077", "027"] {
        let dir = tempfile::tempdir().unwrap();
        let stage = Stage::new(script(&dir, &format!("umask {umask}")));
        let mut actor = stage.actor();
        actor.expect("put home v1 bio blog", "stored");
        actor.expect("invalidate-tag blog", "took 1");
        actor.expect("hold lease home", "held");
        let mut met = vec![(stage.root(), fs::metadata(stage.root()).unwrap().permissions().mode() & 0o7777)];
        modes(&stage.root(), &mut met);
        assert!(met.len() > 12, "the lease, the log and the rest: {met:?}");
        for (path, mode) in met {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "{} under umask {umask}", path.display());
        }
    }
}

/// Whether this process may mount: root, and not in a sandbox.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[test]
fn a_root_on_a_filesystem_that_can_only_be_read_serves_hits_and_computes_the_rest() {
    if !may_mount() {
        // Where nothing can be mounted `tagcache/tests/read_only.rs` has the same by injected errors.
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::new(env!("CARGO_BIN_EXE_actor"));
    stage.actor().expect("put home v1 bio", "stored");
    let before = stage.files("");
    let lines = "exec 3>&1\n[ \"$IN\" ] || exec env IN=1 unshare --mount \"$0\" \"$@\"\n\
                 mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 1";
    let tally = dir.path().join("tally");
    let mut reader = Actor::spawn(&script(&dir, lines), &stage.root(), &tally);
    reader.expect("open", "opened");
    reader.expect("get home", "fresh v1");
    reader.expect("get-with home v2 bio", "fresh v1");
    let computed = reader.ask("get-with other v3 bio");
    assert!(computed.starts_with("computed v3"), "the caller has its value: {computed}");
    let refused = reader.ask("invalidate-tag bio");
    assert!(refused.starts_with("error") && refused.contains("read-only"), "it says so: {refused}");
    reader.expect("get home", "fresh v1");
    assert_eq!(stage.files(""), before, "nothing was changed");
}
