//! What lies planted in the tree: nothing waits for it, follows it, or touches what is outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use common::{Site, get, key, put, sweep, tag, tags};
use tagcache_fs::sys::{DirBatch, FileKind, Sys};
use tagcache_fs::{Errno, Error, Found, Options, Root, Tally, Whereabouts};
use tagcache_testkit::{At, Call, Fault, Layer, Layered, World, make_device, make_fifo};

/// A name among the links of a tag that no entry has: small numbers of inodes are given on small filesystems.
const LINK: &str = "2:18446744073709551577";

/// What can be planted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plant {
    LinkToFile,
    LinkToFolder,
    LinkToNothing,
    LinkToItself,
    Fifo,
    Folder,
    FullFolder,
    Socket,
}

impl Plant {
    const ALL: [Self; 8] = [
        Self::LinkToFile,
        Self::LinkToFolder,
        Self::LinkToNothing,
        Self::LinkToItself,
        Self::Fifo,
        Self::Folder,
        Self::FullFolder,
        Self::Socket,
    ];

    fn plant(self, at: &Path, outside: &Outside) {
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        match self {
            Self::LinkToFile => symlink(outside.file(), at).unwrap(),
            Self::LinkToFolder => symlink(outside.dir.path(), at).unwrap(),
            Self::LinkToNothing => symlink(outside.dir.path().join("nothing"), at).unwrap(),
            Self::LinkToItself => symlink(at, at).unwrap(),
            Self::Fifo => make_fifo(at).unwrap(),
            Self::Folder => fs::create_dir(at).unwrap(),
            Self::FullFolder => {
                fs::create_dir(at).unwrap();
                fs::write(at.join("file"), b"somebody's").unwrap();
            }
            Self::Socket => drop(UnixListener::bind(at).unwrap()),
        }
    }
}

/// What a call for a thing of the machine found, and did not wait for: root alone may plant a device, so anybody else
/// is refused by the system, and by that nobody can plant one either.
#[test]
fn a_device_that_is_planted_in_any_place_is_neither_read_nor_waited_for() {
    for (is_block, numbers) in [(false, (1, 3)), (true, (7, 200))] {
        let site = Site::new();
        let device = |path: &Path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            make_device(path, is_block, numbers).is_ok()
        };
        if !device(&site.key_path(&key("k"))) {
            return;
        }
        assert!(matches!(site.root.entry(&key("k")).unwrap(), Found::NotAFile), "block: {is_block}");
        put(&site.root, &key("k"), &tags(["a"]), b"value");
        assert!(
            site.root.entry(&key("k")).unwrap().into_entry().is_some(),
            "block: {is_block}: it was replaced"
        );
        for planted in ["tmp/planted", "locks/planted", &format!("data/ff/ff/tag:61/77/{LINK}")] {
            assert!(device(&site.path(planted)), "{planted}");
        }
        site.root.invalidate_tags(&tags(["a"])).unwrap();
        sweep(&site.root);
        drop(site.neighbour());
        assert!(device(&site.path("moved")) && fs::rename(site.path("moved"), site.path("log")).is_ok());
        // One that can be opened is a log that is broken, and gets a successor.
        let marked = site.neighbour().1.mark().is_ok();
        let is_file = fs::symlink_metadata(site.path("log")).unwrap().is_file();
        assert_eq!(marked, is_file, "block: {is_block}: as the log");
    }
}

/// A folder beside the root that must stay as it is.
struct Outside {
    dir: tempfile::TempDir,
}

impl Outside {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(LINK), b"secret").unwrap();
        // Names that the layout would give, so that whoever comes through a link finds something to take.
        fs::create_dir_all(dir.path().join("77")).unwrap();
        fs::write(dir.path().join("77").join(LINK), b"secret").unwrap();
        fs::create_dir_all(dir.path().join("bc/tag:61/77")).unwrap();
        Self { dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join(LINK)
    }

    /// All that could change.
    fn state(&self) -> Vec<(String, u64, i64, i64, u32)> {
        let path = self.dir.path();
        let mut names = tagcache_testkit::files(path).unwrap();
        names.extend(tagcache_testkit::folders(path).unwrap());
        let state = |name: String| {
            let meta = fs::symlink_metadata(path.join(&name)).unwrap();
            (name, meta.nlink(), meta.mtime(), meta.mtime_nsec(), meta.mode())
        };
        names.into_iter().map(state).collect()
    }
}

/// Ends the test when something hangs, instead of waiting for ever. The limit is far above what a barrier takes on a disk
/// that others keep busy.
fn unless_it_hangs<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || sender.send(act()));
    let value = receiver.recv_timeout(Duration::from_secs(600));
    if value.is_err() && !worker.is_finished() {
        panic!("it hangs");
    }
    match worker.join() {
        Ok(_) => value.unwrap(),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Everything that reads, takes away or cleans up. Only what is planted may make one of them fail, and only by saying so.
fn use_everything<S: Sys>(root: &Root<S>) {
    let _ = root.entry(&key("k")).unwrap();
    let _ = root.mark();
    let _ = root.try_lease(&key("k"));
    let _ = root.expire_tags(&tags(["a"]));
    let _ = root.expire_key(&key("k"));
    let _ = root.invalidate_tags(&tags(["a"]));
    let _ = root.invalidate_key(&key("k"), &mut |_| tags(["a"]).to_vec());
    root.each_entry::<Error>(&mut |_| Ok(())).unwrap();
    sweep(root);
    let _ = root.clear();
    sweep(root);
}

/// Plants each kind at a place, does everything, and looks whether the outside is as it was.
fn everywhere(place: impl Fn(&Site) -> PathBuf, look: impl Fn(&Site, Plant)) {
    for plant in Plant::ALL {
        let (site, outside) = (Site::new(), Outside::new());
        put(&site.root, &key("other"), &tags(["a"]), b"value");
        let at = place(&site);
        plant.plant(&at, &outside);
        let before = outside.state();
        look(&site, plant);
        let root = site.root.clone();
        unless_it_hangs(move || use_everything(&root));
        assert_eq!(outside.state(), before, "{plant:?}");
        let is_full = plant == Plant::FullFolder;
        assert!(!is_full || at.join("file").exists(), "a folder with something in it is nobody's to remove");
    }
}

#[test]
fn what_is_planted_at_the_place_of_a_key_is_no_entry() {
    everywhere(
        |site| site.key_path(&key("k")),
        |site, plant| {
            assert!(matches!(site.root.entry(&key("k")).unwrap(), Found::NotAFile), "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_at_the_place_of_a_key_is_replaced_unless_it_is_a_folder() {
    everywhere(
        |site| site.key_path(&key("k")),
        |site, plant| {
            let outcome = common::publish(&site.root, &key("k"), &tags(["a"]), b"value");
            match plant {
                Plant::Folder | Plant::FullFolder => {
                    let error = outcome.unwrap_err();
                    assert!(
                        matches!(&error, tagcache_fs::DraftError::Io(error) if error.errno() == Errno::ISDIR)
                    );
                    assert_eq!(site.files("tmp").len(), 0);
                }
                _ => assert_eq!(get(&site.root, &key("k"), outcome.unwrap().links()).unwrap(), b"value"),
            }
        },
    );
}

#[test]
fn what_is_planted_among_the_links_of_a_tag_hides_none_of_them() {
    everywhere(
        |site| site.bucket(&tag("a"), "77").join(LINK),
        |site, plant| {
            site.root.invalidate_tags(&tags(["a"])).unwrap_or_else(|error| panic!("{plant:?}: {error}"));
            assert!(get(&site.root, &key("other"), 2).is_none(), "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_as_a_bucket_hides_no_other() {
    everywhere(
        |site| site.tag_folder(&tag("a")).join("zz"),
        |site, plant| {
            site.root.invalidate_tags(&tags(["a"])).unwrap_or_else(|error| panic!("{plant:?}: {error}"));
            assert!(get(&site.root, &key("other"), 2).is_none(), "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_as_the_folder_of_a_tag_is_not_entered() {
    everywhere(
        |site| {
            let folder = site.tag_folder(&tag("b"));
            assert!(!folder.exists());
            folder
        },
        |site, plant| {
            let touched = site.root.invalidate_tags(&tags(["b"])).unwrap();
            assert_eq!(touched.links, 0, "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_as_a_shard_is_not_entered() {
    // `data/ba`, which is that of the tag `a` too.
    everywhere(
        |site| {
            site.root.clear().unwrap();
            sweep(&site.root);
            assert!(site.tag_folder(&tag("a")).starts_with(site.path("data/ba")));
            site.path("data/ba")
        },
        |site, plant| {
            let touched = site.root.invalidate_tags(&tags(["a"])).unwrap();
            assert_eq!(touched.links, 0, "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_as_the_shard_of_a_key_is_a_miss() {
    everywhere(
        |site| site.path(format!("data/{:02x}", key("k").shard().outer())),
        |site, plant| {
            let found = site.root.entry(&key("k")).unwrap();
            assert!(found.into_entry().is_none(), "{plant:?}");
        },
    );
}

#[test]
fn what_is_planted_among_the_drafts_stays_or_goes_without_harm() {
    let digest: String = key("k").digest().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for name in [format!("{digest}.0123456789abcdef"), "log-0123456789abcdef".into(), "notes".into()] {
        everywhere(
            |site| site.path("tmp").join(&name),
            |site, plant| {
                let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
                assert!(get(&site.root, &key("k"), links).is_some(), "{plant:?}");
            },
        );
    }
}

#[test]
fn what_is_planted_as_a_lease_is_an_error_or_a_lease_and_never_a_hang() {
    let digest: String = key("k").digest().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    everywhere(
        |site| site.path("locks").join(&digest),
        |site, plant| match site.root.try_lease(&key("k")) {
            // Opening it for writing and locking it is all that a lease asks.
            Ok(Some(_)) => assert_eq!(plant, Plant::Fifo),
            Ok(None) => panic!("{plant:?} holds no lease"),
            Err(error) => assert!(error.errno().is_foreign_object(), "{plant:?}: {error}"),
        },
    );
}

#[test]
fn what_is_planted_as_the_usage_fails_a_tally_clearly_and_never_hangs() {
    for plant in Plant::ALL {
        let (site, outside) = (Site::new(), Outside::new());
        plant.plant(&site.path("usage"), &outside);
        let before = outside.state();
        let root = site.root.clone();
        unless_it_hangs(move || {
            let ledger = root.ledger();
            let failed = ledger.add(key("k").shard(), Tally::default()).unwrap_err();
            assert!(failed.path().ends_with("usage"), "{plant:?}: {failed}");
            assert!(ledger.refresh().is_err() && ledger.try_evict_lock().is_err(), "{plant:?}");
        });
        assert_eq!(outside.state(), before, "{plant:?}");
    }
}

#[test]
fn what_is_planted_as_the_log_fails_a_mark_clearly_and_is_gone_when_it_is_removed() {
    for plant in Plant::ALL {
        let (site, outside) = (Site::new(), Outside::new());
        let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
        let mark = site.root.mark().unwrap();
        let at = site.path("log");
        fs::remove_file(&at).unwrap();
        plant.plant(&at, &outside);
        let before = outside.state();
        let mode = fs::symlink_metadata(&at).unwrap().mode();
        let root = site.root.clone();
        unless_it_hangs(move || {
            assert!(root.mark().is_err(), "{plant:?}");
            let failed = root.invalidate_tags(&tags(["a"])).unwrap_err();
            assert!(failed.first().path().ends_with("log"), "{plant:?}: {failed}");
            let draft = root.draft(&key("k"), mark).unwrap();
            let linked = draft.stamp(common::soon(&root)).unwrap().link(&tags(["a"])).unwrap();
            assert!(linked.check().is_err(), "{plant:?}: what was marked before is not stored");
        });
        assert!(
            get(&site.root, &key("k"), links).is_none(),
            "{plant:?}: and the links are gone all the same"
        );
        assert_eq!(outside.state(), before, "{plant:?}");
        assert_eq!(fs::symlink_metadata(&at).unwrap().mode(), mode, "{plant:?}: it was not touched");

        if at.is_dir() && !at.is_symlink() {
            fs::remove_dir_all(&at).unwrap();
        } else {
            fs::remove_file(&at).unwrap();
        }
        let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
        assert!(get(&site.root, &key("k"), links).is_some(), "{plant:?}");
    }
}

/// A filesystem whose directories do not say what a name stands for.
struct Silent;

impl Layer for Silent {
    fn names(&self, _at: &At<'_>, batch: &mut DirBatch) {
        let mut silent = DirBatch::new();
        for item in batch.iter() {
            silent.push(item.name, FileKind::Unknown, item.ino);
        }
        *batch = silent;
    }
}

#[test]
fn where_a_directory_does_not_tell_kinds_they_are_asked_for() {
    for plant in Plant::ALL {
        let (dir, outside) = (tempfile::tempdir().unwrap(), Outside::new());
        let sys = Layered::over(World::new().sys(), &Arc::new(Silent));
        let root = common::options().open_on(sys, dir.path()).unwrap();
        put(&root, &key("k"), &tags(["a", "b"]), b"value");
        let folder = dir.path().join(tag("a").path_in(common::LAYOUT).to_str().unwrap());
        let planted = [folder.join("77").join(LINK), folder.join("zz"), dir.path().join("data/ff")];
        for at in &planted {
            if !at.exists() {
                plant.plant(at, &outside);
            }
        }
        let before = outside.state();
        let clone = root.clone();
        unless_it_hangs(move || {
            assert_eq!(clone.invalidate_tags(&tags(["a"])).unwrap().links, 1, "{plant:?}");
            let mut entries = 0;
            clone
                .each_entry::<Error>(&mut |met| {
                    entries += u32::from(matches!(met, tagcache_fs::Met::Entry(_)));
                    Ok(())
                })
                .unwrap();
            assert_eq!(entries, 1, "{plant:?}");
            sweep(&clone);
            clone.clear().unwrap();
        });
        assert!(get(&root, &key("k"), 3).is_none());
        assert_eq!(outside.state(), before, "{plant:?}");
    }
}

#[test]
fn a_root_with_something_else_in_the_place_of_a_folder_is_refused_and_nothing_is_written_there() {
    for folder in ["data", "tmp", "locks"] {
        let site = Site::new();
        let (at, elsewhere) = (site.dir.path().join(folder), tempfile::tempdir().unwrap());
        fs::remove_dir_all(&at).unwrap();
        symlink(elsewhere.path(), &at).unwrap();
        let told = Root::open(site.dir.path()).map(drop).unwrap_err().to_string();
        assert!(told.contains(&format!("its {folder} is no folder")), "{told}");
        assert_eq!(site.root.whereabouts().unwrap(), Whereabouts::Stripped, "who has it open is told");
        assert!(site.root.restore().is_err(), "{folder}");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "{folder}");
    }
}

#[test]
fn a_root_whose_owner_may_not_write_in_it_is_opened_for_reading() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &[], b"value");
    for errno in [Errno::ACCESS, Errno::PERM] {
        let world = World::new();
        world.faults.add(Fault::on(Call::Link, errno));
        let root = Options::new().open_on(world.sys(), site.dir.path()).unwrap();
        assert_eq!(get(&root, &key("k"), links).as_deref(), Some(&b"value"[..]), "{errno:?}");
    }
}
