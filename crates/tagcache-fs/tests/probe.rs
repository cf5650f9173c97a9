//! What is found out about a filesystem, and what is refused with its reason: filesystems that lie.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::sync::Arc;
use std::sync::Mutex;

use common::{get, key, put, tags};
use tagcache_fs::sys::{FsKind, Result, Stat};
use tagcache_fs::{Errno, OpenError, Options, Time, Unfit};
use tagcache_testkit::{At, Call, Fault, Hook, Hooked, Layer, Layered, World, files};

const DAY: u64 = 86_400 * 1_000_000_000;

/// Opens a new root on a filesystem with this fault; the reason why it was refused.
fn refusal<L: Layer>(layer: L) -> Unfit {
    let dir = tempfile::tempdir().unwrap();
    let sys = Layered::over(World::new().sys(), &Arc::new(layer));
    match Options::new().open_on(sys, dir.path()) {
        Err(error @ OpenError::Unfit { why, .. }) => {
            assert!(error.to_string().contains(&why.to_string()), "{error}");
            assert!(files(dir.path()).unwrap().is_empty(), "the probe cleans up");
            why
        }
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// Says something else of every file.
struct Stats(fn(Stat) -> Stat);

impl Layer for Stats {
    fn stat(&self, _at: &At<'_>, stat: Stat) -> Stat {
        (self.0)(stat)
    }
}

/// Answers something else to one call.
struct Answers(Call, Result<()>);

impl Layer for Answers {
    fn before(&self, at: &At<'_>) -> Result<()> {
        // Whatever it answers, the call is not made.
        if at.call == self.0 { Err(Errno::IO) } else { Ok(()) }
    }

    fn answer(&self, at: &At<'_>, outcome: Result<()>) -> Result<()> {
        if at.call == self.0 { self.1 } else { outcome }
    }
}

/// The kind that a filesystem says it is.
struct Kind(FsKind);

impl Layer for Kind {
    fn fs_kind(&self, _kind: FsKind) -> FsKind {
        self.0
    }
}

#[test]
fn a_link_count_that_does_not_rise_is_refused() {
    assert_eq!(refusal(Stats(|stat| Stat { nlink: 1, ..stat })), Unfit::LinksNotCounted);
}

#[test]
fn a_link_that_is_a_copy_is_refused() {
    struct Copies;
    impl Layer for Copies {
        fn stat(&self, at: &At<'_>, stat: Stat) -> Stat {
            let is_second_name = at.call == Call::StatAt && at.path.to_bytes().ends_with(b"-b");
            Stat { ino: stat.ino + u64::from(is_second_name), ..stat }
        }
    }
    assert_eq!(refusal(Copies), Unfit::LinksNotCounted);
}

#[test]
fn a_filesystem_without_links_is_refused() {
    for errno in [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK] {
        assert_eq!(refusal(Answers(Call::Link, Err(errno))), Unfit::NoHardLinks);
    }
}

#[test]
fn folders_on_several_filesystems_are_refused() {
    assert_eq!(refusal(Answers(Call::Link, Err(Errno::XDEV))), Unfit::SeveralFilesystems);
    struct Mounted;
    impl Layer for Mounted {
        fn stat(&self, at: &At<'_>, stat: Stat) -> Stat {
            Stat { dev: stat.dev + u64::from(at.path == c"tmp"), ..stat }
        }
    }
    assert_eq!(refusal(Mounted), Unfit::SeveralFilesystems);
}

#[test]
fn a_filesystem_that_drops_times_is_refused() {
    assert_eq!(refusal(Answers(Call::SetMtime, Ok(()))), Unfit::NoTimes);
    assert_eq!(refusal(Stats(|stat| Stat { mtime: Time::EPOCH, ..stat })), Unfit::NoTimes);
    let ended = |stat: Stat| Stat { mtime: stat.mtime.min(Time::from_parts(1_500_000_000, 0)), ..stat };
    assert_eq!(refusal(Stats(ended)), Unfit::NoTimes, "its time ended before now");
    let days = |stat: Stat| Stat { mtime: Time::from_nanos(stat.mtime.as_nanos() / DAY * DAY), ..stat };
    assert_eq!(refusal(Stats(days)), Unfit::NoTimes, "an expiry in days is none");
}

#[test]
fn a_filesystem_that_drops_modes_is_refused() {
    assert_eq!(refusal(Answers(Call::SetMode, Ok(()))), Unfit::NoModes);
    assert_eq!(refusal(Stats(|stat| Stat { mode: 0o777, ..stat })), Unfit::NoModes);
}

#[test]
fn a_lock_that_excludes_nobody_is_refused() {
    struct Generous;
    impl Layer for Generous {
        fn answer(&self, at: &At<'_>, outcome: Result<()>) -> Result<()> {
            if at.call == Call::TryLock { Ok(()) } else { outcome }
        }
    }
    assert_eq!(refusal(Generous), Unfit::LocksDoNotExclude);
}

#[test]
fn a_remote_filesystem_is_refused_unless_it_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let sys = || Layered::over(World::new().sys(), &Arc::new(Kind(FsKind::Remote)));
    let error = Options::new().open_on(sys(), dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Unfit { why: Unfit::Remote, .. }), "{error}");
    assert!(files(dir.path()).unwrap().is_empty());
    let root = Options::new().allow_remote(true).open_on(sys(), dir.path()).unwrap();
    assert_eq!(root.capabilities().kind, FsKind::Remote);
    let error = Options::new().open_on(sys(), dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Unfit { why: Unfit::Remote, .. }), "an existing root, too: {error}");
}

#[test]
fn a_root_in_a_lower_layer_of_an_overlay_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Options::new().open_on(World::new().sys(), dir.path()).unwrap());
    // There a link is given to a copy, and what was there before keeps its count.
    let sys =
        Layered::over(World::new().sys(), &Arc::new(Stats(|stat| Stat { nlink: stat.nlink.min(2), ..stat })));
    let error = Options::new().open_on(sys, dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Unfit { why: Unfit::LowerLayer, .. }), "{error}");
    assert!(!files(dir.path()).unwrap().iter().any(|file| file.starts_with("tmp/")));
}

/// A filesystem whose times are whole seconds and end in 2038.
struct Old;

impl Layer for Old {
    fn stat(&self, _at: &At<'_>, stat: Stat) -> Stat {
        let secs = i64::try_from(stat.mtime.secs()).unwrap().min(i64::from(i32::MAX));
        Stat { mtime: Time::from_parts(secs, 0), ..stat }
    }
}

#[test]
fn the_range_and_the_granularity_of_times_are_found_out_and_remembered() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let sys = Layered::over(World::new().sys(), &Arc::new(Old));
        let root = Options::new().open_on(sys, dir.path()).unwrap();
        assert_eq!(root.capabilities().mtime_granularity, 1_000_000_000);
        assert_eq!(root.capabilities().mtime_max, Time::from_parts(i64::from(i32::MAX), 0));
        let links = put(&root, &key("k"), &tags(["a"]), b"value");
        assert!(get(&root, &key("k"), links).is_some());
    }
}

#[test]
fn the_real_filesystem_is_fit_and_what_it_can_do_is_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let first = *Options::new().open_on(World::new().sys(), dir.path()).unwrap().capabilities();
    let again = *Options::new().open_on(World::new().sys(), dir.path()).unwrap().capabilities();
    assert_eq!(first, again);
    assert!(first.mtime_max > Time::from_parts(2_000_000_000, 0));
}

#[test]
fn a_system_that_knows_no_rename_without_replacing_is_fit() {
    for errno in [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP] {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        world.faults.add(Fault::on(Call::Rename, errno));
        let root = Options::new().open_on(world.sys(), dir.path()).unwrap();
        assert!(!root.capabilities().rename_noreplace);
    }
}

#[test]
fn a_rename_that_replaces_although_it_must_not_is_not_relied_on() {
    struct Rude(Mutex<bool>);
    impl Layer for Rude {
        fn answer(&self, at: &At<'_>, outcome: Result<()>) -> Result<()> {
            let first = at.call == Call::Rename && std::mem::take(&mut *self.0.lock().unwrap());
            if first { Ok(()) } else { outcome }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let sys = Layered::over(World::new().sys(), &Arc::new(Rude(Mutex::new(true))));
    let root = Options::new().open_on(sys, dir.path()).unwrap();
    assert!(!root.capabilities().rename_noreplace);
}

#[test]
fn a_probe_that_the_environment_refuses_is_an_error_and_no_verdict() {
    for call in [Call::Create, Call::Link, Call::SetMtime, Call::SetMode, Call::TryLock] {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        world.faults.add(Fault::on(call, Errno::NOSPC));
        let error = Options::new().open_on(world.sys(), dir.path()).unwrap_err();
        assert!(
            matches!(error, OpenError::Io(ref error) if error.errno() == Errno::NOSPC),
            "{call}: {error}"
        );
        assert!(files(dir.path()).unwrap().is_empty(), "{call}");
    }
}

/// The story: under `torture --foreign-links` a backup linked the file of the probe in the instant between two of its
/// calls. It had three names then, and the probe said that the filesystem does not count.
#[test]
fn a_backup_that_links_the_file_of_the_probe_does_not_make_the_filesystem_unfit() {
    let dir = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir_in(dir.path().parent().unwrap()).unwrap();
    let (root, backup) = (dir.path().to_owned(), copies.path().to_owned());
    let backups = Mutex::new(0);
    let hook = Hook::new(move |at: &At<'_>| {
        let mut made = backups.lock().unwrap();
        // As often as the probe looks at what lies in `tmp/`.
        if matches!(at.call, Call::Stat | Call::Link) && at.path.to_bytes().starts_with(b"tmp/probe-") {
            *made += 1;
            let _ = std::fs::hard_link(root.join(at.path.to_str().unwrap()), backup.join(made.to_string()));
        }
        Ok(())
    });
    let sys = Hooked::over(World::new().sys(), &Arc::new(hook));
    Options::new().open_on(sys, dir.path()).expect("the filesystem counts every link, also those of others");
    assert!(files(copies.path()).unwrap().len() > 2, "there should have been a backup");
}
