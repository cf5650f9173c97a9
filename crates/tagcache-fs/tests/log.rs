//! What a fill learns from the log, whatever became of the log meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use common::{Site, Trap, get, key, put, soon, tag, tags};
use tagcache_fs::sys::Sys;
use tagcache_fs::{DraftError, Errno, Incomplete, Mark, Root, Touched};
use tagcache_testkit::{Call, Fault, TestSys};

/// Puts the value of a fill that was marked before: key `k`, tags `a` and `b`.
fn store<S: Sys>(root: &Root<S>, mark: Mark<S>) -> Result<u64, DraftError> {
    let mut draft = root.draft(&key("k"), mark)?;
    draft.write(b"value")?;
    Ok(draft.stamp(soon(root))?.link(&tags(["a", "b"]))?.check()?.publish()?.links())
}

/// Whether the fill was refused since an invalidation overtook it, and by nothing else.
fn is_raced<S: Sys>(root: &Root<S>, mark: Mark<S>) -> bool {
    match store(root, mark) {
        Err(DraftError::Raced) => true,
        Ok(links) => {
            assert!(get(root, &key("k"), links).is_some(), "what is not raced is stored and fresh");
            false
        }
        Err(error) => panic!("neither stored nor raced: {error}"),
    }
}

fn invalidate<S: Sys>(root: &Root<S>, name: &str) {
    root.invalidate_tags(&[tag(name)]).unwrap();
}

/// Grows the log to where the next invalidation rotates it.
fn fill_up_the_log(site: &Site) {
    let mut done = [0; 32];
    done[0] = 6;
    let mut log = OpenOptions::new().append(true).open(site.path("log")).unwrap();
    log.write_all(&done.repeat(32_768)).unwrap();
}

/// The serial of the log at the path.
fn serial(site: &Site) -> Vec<u8> {
    fs::read(site.path("log")).unwrap()[8..24].to_vec()
}

/// Rotates the log by an invalidation that concerns nobody.
fn rotate(site: &Site) {
    let before = serial(site);
    fill_up_the_log(site);
    invalidate(&site.root, "nobody's");
    let after = fs::read(site.path("log")).unwrap();
    assert_ne!(after[8..24], before, "it was rotated");
    assert_eq!(after[24..40], before, "and names its predecessor");
}

#[test]
fn a_fill_is_raced_by_what_concerns_it_and_by_nothing_else() {
    type Step = fn(&Root<TestSys>) -> Result<Touched, Incomplete>;
    let cases: [(&str, Step, bool); 9] = [
        ("no tag", |root| root.invalidate_tags(&[]), false),
        ("a tag", |root| root.invalidate_tags(&tags(["b"])), true),
        ("another tag", |root| root.invalidate_tags(&tags(["c"])), false),
        ("a tag named like the key", |root| root.invalidate_tags(&tags(["k"])), false),
        ("a tag, softly", |root| root.expire_tags(&tags(["a"])), true),
        ("the key", |root| root.invalidate_key(&key("k"), &mut |_| Vec::new()), true),
        ("the key, softly", |root| root.expire_key(&key("k")), true),
        ("another key", |root| root.invalidate_key(&key("a"), &mut |_| Vec::new()), false),
        ("everything", Root::clear, true),
    ];
    for (what, step, expected) in cases {
        let site = Site::new();
        let mark = site.root.mark().unwrap();
        step(&site.root).unwrap();
        assert_eq!(is_raced(&site.root, mark), expected, "{what}");
        assert!(!is_raced(&site.root, site.root.mark().unwrap()), "{what}: marked later, it is stored");
    }
}

#[test]
fn another_process_is_heard_as_well() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let mark = site.root.mark().unwrap();
    invalidate(&other, "a");
    assert!(is_raced(&site.root, mark));
}

#[test]
fn a_mark_may_be_used_for_several_drafts() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    assert!(!is_raced(&site.root, mark.clone()));
    invalidate(&site.root, "a");
    assert!(is_raced(&site.root, mark));
}

#[test]
fn a_fill_whose_log_was_rotated_once_is_still_judged() {
    for (before, after, expected) in
        [("x", "x", false), ("a", "x", true), ("x", "a", true), ("x", "k", false)]
    {
        let site = Site::new();
        let mark = site.root.mark().unwrap();
        invalidate(&site.root, before);
        rotate(&site);
        invalidate(&site.root, after);
        assert_eq!(is_raced(&site.root, mark), expected, "{before} before, {after} after");
    }
}

#[test]
fn a_fill_whose_log_was_rotated_twice_is_raced() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    rotate(&site);
    rotate(&site);
    assert!(is_raced(&site.root, mark));
}

#[test]
fn two_appenders_that_both_find_the_log_large_rotate_it_once() {
    // The second one once rotated the fresh log of the first, and fills that were marked in the old one were raced for
    // nothing: their log was two rotations back.
    let site = Site::new();
    let (_, other) = site.neighbour();
    let trap = Trap::default();
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::Open && at.is_below("log"),
        move |_| invalidate(&other, "nobody's"),
    );
    let mark = site.root.mark().unwrap();
    invalidate(&root, "nobody's");
    fill_up_the_log(&site);
    trap.arm();
    invalidate(&root, "nobody's");
    assert!(!trap.is_armed());
    assert!(!is_raced(&site.root, mark));
}

#[test]
fn a_record_that_went_to_a_log_already_retired_is_written_again() {
    let site = Site::new();
    let trap = Trap::default();
    let (_, other) = site.neighbour();
    let marks = std::sync::Arc::new(std::sync::Mutex::new(None));
    let marked = std::sync::Arc::clone(&marks);
    let path = site.path("log");
    let root = trap.root(
        site.dir.path(),
        |at| at.call == Call::Write && at.is_below("log"),
        move |_| {
            let mut done = [0; 32];
            done[0] = 6;
            let mut log = OpenOptions::new().append(true).open(&path).unwrap();
            log.write_all(&done.repeat(32_768)).unwrap();
            invalidate(&other, "nobody's");
            *marked.lock().unwrap() = Some((other.clone(), other.mark().unwrap()));
        },
    );
    drop(root.mark().unwrap());
    trap.arm();
    invalidate(&root, "a");
    let (other, mark) = marks.lock().unwrap().take().expect("the log was rotated in between");
    assert!(is_raced(&other, mark), "the new log has the record");
}

#[test]
fn a_full_disk_breaks_the_log_and_the_invalidation_succeeds() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    let before = serial(&site);
    site.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("log"));
    invalidate(&site.root, "x");
    assert!(is_raced(&site.root, mark), "the record may have been about anything");
    assert!(!is_raced(&site.root, site.root.mark().unwrap()), "the next mark makes a new log");
    assert_ne!(serial(&site), before);
}

#[test]
fn half_a_record_breaks_the_log() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    site.world.faults.add(Fault::short_write(17).below("log"));
    invalidate(&site.root, "x");
    assert!(is_raced(&site.root, mark));
    assert!(!is_raced(&site.root, site.root.mark().unwrap()));
}

#[test]
fn half_a_record_of_an_appender_that_died_breaks_the_log_as_well() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    let mut log = OpenOptions::new().append(true).open(site.path("log")).unwrap();
    log.write_all(&[1; 17]).unwrap();
    assert!(is_raced(&site.root, mark));
    assert!(!is_raced(&site.root, site.root.mark().unwrap()));
}

#[test]
fn an_invalidation_succeeds_also_when_no_new_log_can_be_made() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    site.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).for_ever());
    site.world.faults.add(Fault::on(Call::Create, Errno::NOSPC).for_ever());
    invalidate(&site.root, "x");
    invalidate(&site.root, "y");
    site.world.faults.mend();
    assert!(is_raced(&site.root, mark));
}

#[test]
fn nothing_can_be_marked_while_no_log_can_be_made() {
    let site = Site::new();
    site.world.faults.add(Fault::on(Call::Create, Errno::NOSPC).for_ever());
    assert_eq!(site.root.mark().unwrap_err().errno(), Errno::NOSPC);
    assert!(site.files("tmp").is_empty());
}

#[test]
fn a_log_that_can_be_neither_written_nor_broken_fails_the_invalidation() {
    let site = Site::new();
    let links = put(&site.root, &key("k"), &tags(["a"]), b"value");
    site.world.faults.add(Fault::on(Call::Write, Errno::IO).below("log").for_ever());
    site.world.faults.add(Fault::on(Call::SetMode, Errno::IO).for_ever());
    let failed = site.root.invalidate_tags(&tags(["a"])).unwrap_err();
    assert_eq!((failed.first().doing(), failed.first().errno()), ("append to", Errno::IO));
    assert!(failed.to_string().contains("tag:61 may still be served"), "{failed}");
    assert!(get(&site.root, &key("k"), links).is_none(), "what could be done was done");
}

#[test]
fn a_log_removed_by_hand_races_the_fills_that_were_marked_in_it() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    fs::remove_file(site.path("log")).unwrap();
    assert!(is_raced(&site.root, mark.clone()), "there is none");
    assert!(!is_raced(&site.root, site.root.mark().unwrap()), "there is a new one");
    assert!(is_raced(&site.root, mark), "which is no successor");
}

#[test]
fn a_log_cut_short_by_hand_races_the_fills_that_were_marked_in_it() {
    let site = Site::new();
    invalidate(&site.root, "x");
    let mark = site.root.mark().unwrap();
    OpenOptions::new().write(true).open(site.path("log")).unwrap().set_len(64).unwrap();
    assert!(is_raced(&site.root, mark));
}

#[test]
fn a_log_without_its_header_gets_a_successor() {
    // A power cut can leave zeroes.
    for content in [vec![0; 96], vec![0; 64], Vec::new(), b"not a log".to_vec()] {
        let site = Site::new();
        fs::write(site.path("log"), &content).unwrap();
        assert!(!is_raced(&site.root, site.root.mark().unwrap()), "{} bytes", content.len());
        assert_eq!(fs::read(site.path("log")).unwrap()[..7], *b"TAGCLOG");
    }
}

#[test]
fn a_log_whose_rotator_died_is_rotated_by_the_next_comer() {
    let site = Site::new();
    let (_, other) = site.neighbour();
    let (mark, later) = (site.root.mark().unwrap(), site.root.mark().unwrap());
    fs::set_permissions(site.path("log"), Permissions::from_mode(0o400)).unwrap();
    assert!(!is_raced(&site.root, mark), "nothing was written, and nothing can have been");

    let before = serial(&site);
    invalidate(&other, "a");
    assert_ne!(serial(&site), before);
    assert!(is_raced(&site.root, later), "it was written to the successor");
}

#[test]
fn a_retired_log_that_its_owner_may_not_open_for_writing_gets_a_successor() {
    // The kernel lets root write everywhere, so the refusal is made up.
    let site = Site::new();
    drop(site.root.mark().unwrap());
    fs::set_permissions(site.path("log"), Permissions::from_mode(0o400)).unwrap();
    let (world, other) = site.neighbour();
    world.faults.add(Fault::on(Call::Open, Errno::ACCESS).below("log"));
    assert!(!is_raced(&other, other.mark().unwrap()));
}

#[test]
fn a_foreign_hard_link_on_the_log_hides_no_rotation() {
    for (name, expected) in [("a", true), ("x", false)] {
        let site = Site::new();
        let (outside, mark) =
            (tempfile::tempdir_in(site.dir.path().parent().unwrap()).unwrap(), site.root.mark());
        fs::hard_link(site.path("log"), outside.path().join("backup")).unwrap();
        rotate(&site);
        invalidate(&site.root, name);
        assert_eq!(is_raced(&site.root, mark.unwrap()), expected, "{name}");
    }
}

#[test]
fn a_log_that_cannot_be_read_fails_the_check_and_stores_nothing() {
    let site = Site::new();
    let mark = site.root.mark().unwrap();
    invalidate(&site.root, "x");
    site.world.faults.add(Fault::on(Call::ReadAt, Errno::IO));
    assert!(matches!(store(&site.root, mark), Err(DraftError::Io(error)) if error.errno() == Errno::IO));
    assert!(site.files("data").is_empty());
}
