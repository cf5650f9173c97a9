//! From a draft to an entry, and back when something fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use common::{Site, Trap, checked, get, key, publish, put, soon, tag, tags};
use tagcache_fs::sys::{OpenMode, Sys};
use tagcache_fs::{DraftError, Errno, Os, Root, Tag};
use tagcache_testkit::{At, Call, Fault, World};

/// The errno of a draft that failed, and not by a race.
fn errno(error: &DraftError) -> Errno {
    match error {
        DraftError::Io(error) => error.errno(),
        other => panic!("no system call failed: {other}"),
    }
}

/// The call that makes a name under a tag.
fn links_a_tag(at: &At<'_>) -> bool {
    at.call == Call::Link && at.is_below("data/")
}

/// The first log begins as a draft, too: it is made before a trap waits for another.
fn open_log<S: Sys>(root: &Root<S>) {
    drop(root.mark().unwrap());
}

#[test]
fn an_entry_may_have_no_tag_or_one_or_128() {
    let site = Site::new();
    for count in [0, 1, 128] {
        let tags: Vec<Tag> = (0..count).map(|number| tag(format!("{number}"))).collect();
        let name = key(format!("{count} tags"));
        let links = put(&site.root, &name, &tags, b"value");
        assert_eq!(links, count + 1);
        assert_eq!(get(&site.root, &name, links).as_deref(), Some(&b"value"[..]));
    }
}

#[test]
fn a_tag_that_is_given_twice_counts_once() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a", "b", "a", "a"]), b"value");
    assert_eq!(links, 3);
    assert!(get(&site.root, &key("k"), links).is_some());
}

#[test]
fn an_entry_may_be_empty_or_64_mebibytes() {
    let site = Site::new();
    for len in [0, 64 << 20] {
        let value = vec![0xa5; len];
        let links = put(&site.root, &key("k"), &tags(["t"]), &value);
        assert!(get(&site.root, &key("k"), links) == Some(value), "{len} bytes come back");
    }
}

#[test]
fn a_draft_that_reserved_more_than_it_wrote_has_only_what_was_written() {
    let site = Site::new();
    let mut draft = site.root.draft(&key("k"), site.root.mark().unwrap()).unwrap();
    draft.reserve(4096).unwrap();
    draft.write(b"short").unwrap();
    let stamped = draft.stamp(soon(&site.root)).unwrap();
    let links = stamped.link(&[]).unwrap().check().unwrap().publish().unwrap().links();
    assert_eq!(get(&site.root, &key("k"), links).as_deref(), Some(&b"short"[..]));
}

#[test]
fn a_write_that_the_system_cuts_short_is_continued() {
    let site = Site::new();
    drop(site.root.mark().unwrap());
    site.world.faults.add(Fault::short_write(3).below("tmp/"));
    let links = put(&site.root, &key("k"), &[], b"all of it");
    assert_eq!(get(&site.root, &key("k"), links).as_deref(), Some(&b"all of it"[..]));
}

#[test]
fn what_a_full_disk_took_of_a_write_stays_and_the_rest_can_follow() {
    let site = Site::new();
    let mut draft = site.root.draft(&key("k"), site.root.mark().unwrap()).unwrap();
    draft.write(b"head ").unwrap();
    site.world.faults.add(Fault::short_write(3).below("tmp/"));
    site.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("tmp/").after(1));
    let mut rest = &b"all of it"[..];
    assert_eq!(draft.write_from(&mut rest).unwrap_err().errno(), Errno::NOSPC);
    assert_eq!(rest, b" of it");
    draft.write_from(&mut rest).unwrap();
    assert_eq!(rest, b"");
    let stamped = draft.stamp(soon(&site.root)).unwrap();
    let links = stamped.link(&[]).unwrap().check().unwrap().publish().unwrap().links();
    assert_eq!(get(&site.root, &key("k"), links).as_deref(), Some(&b"head all of it"[..]));
}

#[test]
fn a_draft_dropped_at_any_step_takes_all_its_names_back() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    let draft = || site.root.draft(&k, site.root.mark().unwrap()).unwrap();
    let none: Vec<String> = Vec::new();

    drop(draft());
    assert_eq!(site.all_files(), none, "after the first step");
    drop(draft().stamp(soon(&site.root)).unwrap());
    assert_eq!(site.all_files(), none, "after the time");
    let linked = draft().stamp(soon(&site.root)).unwrap().link(&t).unwrap();
    assert_eq!(site.all_files().len(), 3);
    drop(linked);
    assert_eq!(site.all_files(), none, "after the links");
    drop(checked(&site.root, &k, &t, b"value").unwrap());
    assert_eq!(site.all_files(), none, "after the check");
    common::sweep(&site.root);
    assert!(tagcache_testkit::folders(site.path("data")).unwrap().is_empty(), "its folders go with a sweep");
}

#[test]
fn a_failed_publish_gives_the_work_back_and_nothing_is_written_again() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    put(&site.root, &k, &[], b"so that the folders are there");
    for errno in [Errno::NOSPC, Errno::IO, Errno::ACCESS] {
        site.root.invalidate_key(&k, &mut |_| t.to_vec()).unwrap();
        let work = checked(&site.root, &k, &t, b"value").unwrap();
        site.world.faults.add(Fault::on(Call::Rename, errno));
        let failed = work.publish().unwrap_err();
        assert_eq!(self::errno(&failed.error), errno);
        assert!(get(&site.root, &k, 3).is_none(), "it is not published");

        let (published, calls) = site.world.counter.during(|| failed.draft.publish().unwrap());
        assert_eq!(calls, [(Call::Rename, 1)], "one rename is all that was missing");
        assert_eq!(get(&site.root, &k, published.links()).as_deref(), Some(&b"value"[..]));
    }
}

#[test]
fn links_that_could_not_all_be_made_are_taken_back_and_can_be_made_again() {
    let site = Site::new();
    let k = key("k");
    put(&site.root, &k, &tags(["a", "b"]), b"so that most folders are there");
    site.root.invalidate_key(&k, &mut |_| tags(["a", "b"]).to_vec()).unwrap();
    for fault in [Fault::on(Call::Link, Errno::NOSPC).after(1), Fault::on(Call::Link, Errno::DQUOT)] {
        // The same tags, and others.
        for again in [tags(["a", "b"]), tags(["b", "c"])] {
            let mut draft = site.root.draft(&k, site.root.mark().unwrap()).unwrap();
            draft.write(b"value").unwrap();
            site.world.faults.add(fault.clone());
            let stamped = draft.stamp(soon(&site.root)).unwrap();
            let failed = stamped.link(&tags(["a", "b"])).unwrap_err();
            site.world.faults.mend();
            assert_eq!(site.all_files().len(), 1, "the draft alone: {:?}", site.all_files());
            let published = failed.draft.link(&again).unwrap().check().unwrap().publish().unwrap();
            assert_eq!(published.links(), 3);
            assert_eq!(get(&site.root, &k, 3).as_deref(), Some(&b"value"[..]));
            site.root.invalidate_key(&k, &mut |_| again.to_vec()).unwrap();
            assert_eq!(site.all_files(), Vec::<String>::new());
        }
    }
}

#[test]
fn a_full_disk_at_any_call_is_an_error_and_leaves_nothing_behind() {
    for call in [Call::Create, Call::Allocate, Call::Write, Call::Link, Call::Rename, Call::MakeDir] {
        let site = Site::new();
        drop(site.root.mark().unwrap());
        site.world.faults.add(Fault::on(call, Errno::NOSPC));
        let error = publish(&site.root, &key("k"), &tags(["a", "b"]), b"value").unwrap_err();
        assert_eq!(errno(&error), Errno::NOSPC, "{call}");
        assert!(error.to_string().contains("free space"), "{error}");
        assert_eq!(site.all_files(), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn too_many_links_to_one_file_is_an_error_that_speaks_of_tags() {
    let site = Site::new();
    site.world.faults.add(Fault::on(Call::Link, Errno::MLINK).after(1));
    let error = publish(&site.root, &key("k"), &tags(["a", "b"]), b"value").unwrap_err();
    assert_eq!(errno(&error), Errno::MLINK);
    assert!(error.to_string().contains("fewer tags"), "{error}");
    assert_eq!(site.all_files(), Vec::<String>::new());
}

#[test]
fn a_draft_that_an_invalidation_of_its_key_took_is_raced_at_the_links() {
    let site = Site::new();
    let (trap, k) = (Trap::default(), key("k"));
    let (_, other) = site.neighbour();
    let root = trap.root(site.dir.path(), links_a_tag, move |_| {
        other.invalidate_key(&key("k"), &mut |_| Vec::new()).unwrap();
    });
    trap.arm();
    assert!(matches!(checked(&root, &k, &tags(["a"]), b"value"), Err(DraftError::Raced)));
    assert_eq!(site.all_files(), Vec::<String>::new());
}

#[test]
fn a_draft_that_an_invalidation_of_its_key_took_after_the_check_is_raced() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a"]));
    let work = checked(&site.root, &k, &t, b"value").unwrap();
    site.root.invalidate_key(&k, &mut |_| Vec::new()).unwrap();
    let failed = work.publish().unwrap_err();
    assert!(matches!(failed.error, DraftError::Raced));
    assert!(matches!(failed.draft.publish().unwrap_err().error, DraftError::Raced), "and for ever");
    assert_eq!(site.all_files(), Vec::<String>::new());
}

#[test]
fn a_draft_whose_tag_was_invalidated_after_the_check_is_published_dead() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a"]));
    let work = checked(&site.root, &k, &t, b"value").unwrap();
    site.root.invalidate_tags(&t).unwrap();
    let links = work.publish().unwrap().links();
    let entry = site.root.entry(&k).unwrap().into_entry().unwrap();
    assert_eq!(entry.meta().standing(links), tagcache_fs::Standing::Poisoned);
}

#[test]
fn what_is_replaced_is_poisoned_and_leaves_no_link_behind() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    put(&site.root, &k, &t, b"old");
    let mut old = site.root.entry(&k).unwrap().into_entry().unwrap();
    let published = publish(&site.root, &k, &tags(["b"]), b"new").unwrap();
    assert_eq!(old.refresh().unwrap().mtime, tagcache_fs::meta::POISON);
    published.replaced().unwrap().remove_links(&t).unwrap();
    assert_eq!(old.refresh().unwrap().links, 0);
    assert_eq!(site.files("data").len(), 2, "the new entry and its link");
    assert_eq!(get(&site.root, &k, published.links()).as_deref(), Some(&b"new"[..]));
}

#[test]
fn an_entry_overwritten_a_thousand_times_leaves_no_dead_link() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    for _ in 0..1000 {
        let published = publish(&site.root, &k, &t, b"value").unwrap();
        if let Some(old) = published.replaced() {
            old.remove_links(&t).unwrap();
        }
    }
    assert_eq!(site.files("data").len(), 3);
}

#[test]
fn a_system_without_a_rename_that_refuses_publishes_all_the_same() {
    let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
    world.faults.add(Fault::on(Call::Rename, Errno::INVAL));
    let root = common::options().open_on(world.sys(), dir.path()).unwrap();
    assert!(!root.capabilities().rename_noreplace);
    for value in [b"first", b"later"] {
        let published = publish(&root, &key("k"), &tags(["a"]), value).unwrap();
        assert_eq!(published.replaced().is_some(), value == b"later");
        assert_eq!(get(&root, &key("k"), published.links()).as_deref(), Some(&value[..]));
    }
}

#[test]
fn folders_that_a_sweep_removes_in_between_are_made_again() {
    let site = Site::new();
    for call in [Call::Link, Call::Rename] {
        let trap = Trap::default();
        let (_, other) = site.neighbour();
        let root = trap.root(
            site.dir.path(),
            move |at| at.call == call && at.to.is_some_and(|to| to.to_bytes().starts_with(b"data/")),
            move |_| common::sweep(&other),
        );
        // So that the folders are there, and empty, when the trap springs.
        drop(checked(&root, &key("k"), &tags(["a"]), b"value").unwrap());
        trap.arm();
        let links = put(&root, &key("k"), &tags(["a"]), b"value");
        assert!(!trap.is_armed() && get(&root, &key("k"), links).is_some(), "{call}");
    }
}

#[test]
fn a_draft_that_a_sweep_holds_before_its_writer_locked_it_is_made_again() {
    let site = Site::new();
    let (trap, dir) = (Trap::default(), site.dir.path().to_owned());
    let held = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let holder = std::sync::Arc::clone(&held);
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::TryLock && at.is_below("tmp/"),
        move |at| {
            let file = Os.open(&Os.open_root(&dir).unwrap(), at.path, OpenMode::Read).unwrap();
            Os.try_lock(&file).unwrap();
            fs::remove_file(dir.join(at.path.to_str().unwrap())).unwrap();
            holder.lock().unwrap().push(file);
        },
    );
    open_log(&root);
    trap.arm();
    let links = put(&root, &key("k"), &tags(["a"]), b"value");
    assert_eq!(held.lock().unwrap().len(), 1);
    assert!(get(&root, &key("k"), links).is_some());
}

#[test]
fn a_draft_that_a_sweep_removed_before_its_writer_locked_it_is_made_again() {
    // The lock of a removed file is free. Its writer once took it, met the missing name when it linked, and called
    // itself raced: a sweep cost a put.
    let site = Site::new();
    let (trap, (_, other)) = (Trap::default(), site.neighbour());
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::TryLock && at.is_below("tmp/"),
        move |_| common::sweep(&other),
    );
    open_log(&root);
    trap.arm();
    let links = put(&root, &key("k"), &tags(["a"]), b"value");
    assert!(!trap.is_armed() && get(&site.root, &key("k"), links).is_some());
}

#[test]
fn a_file_that_has_the_name_of_a_link_is_neither_used_nor_removed() {
    // A link that a restored backup left there, under an inode number that is in use again. The draft once rolled back
    // by unlinking every name that it had wanted, this one included.
    let site = Site::new();
    let (trap, dir) = (Trap::default(), site.dir.path().to_owned());
    let root = trap.root(site.dir.path(), links_a_tag, move |at| {
        let to = dir.join(at.to.unwrap().to_str().unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, b"somebody's").unwrap();
    });
    trap.arm();
    let error = checked(&root, &key("k"), &tags(["a"]), b"value").unwrap_err();
    assert_eq!(errno(&error), Errno::EXIST);
    let files = site.all_files();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::read(site.path(&files[0])).unwrap(), b"somebody's");
}

#[test]
fn an_umask_that_takes_bits_from_the_owner_makes_no_entry_softly_expired() {
    let site = Site::new();
    let (trap, dir) = (Trap::default(), site.dir.path().to_owned());
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::TryLock && at.is_below("tmp/"),
        move |at| {
            let path = dir.join(at.path.to_str().unwrap());
            fs::set_permissions(path, fs::Permissions::from_mode(0o400)).unwrap();
        },
    );
    open_log(&root);
    trap.arm();
    let links = put(&root, &key("k"), &[], b"value");
    assert!(!trap.is_armed() && get(&root, &key("k"), links).is_some());
}

#[test]
fn only_the_owner_may_read_an_entry() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let mode = fs::metadata(site.key_path(&key("k"))).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
