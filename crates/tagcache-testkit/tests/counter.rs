//! Counts and lists of calls.

use tagcache_fs::sys::{OpenMode, Sys};
use tagcache_testkit::{Call, World};

#[test]
fn every_call_is_counted_once_and_closing_a_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = world.sys();
    let root = sys.open_root(dir.path()).unwrap();
    let ((), counts) = world.counter.during(|| {
        let file = sys.open(&root, c"file", OpenMode::Create).unwrap();
        sys.write(&file, b"bytes").unwrap();
        let _ = sys.open(&root, c"none", OpenMode::Read);
    });
    assert_eq!(counts, [(Call::Create, 1), (Call::Write, 1), (Call::Open, 1), (Call::Close, 1)]);
    assert_eq!((counts.total(), counts.changing()), (4, 2));
    let table = "open                 1\ncreate               1\nwrite                1\n\
                 close                1\nall                  4";
    assert_eq!(counts.to_string(), table);
}

#[test]
fn a_trace_names_the_file_that_a_call_was_about() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = world.sys();
    let root = sys.open_root(dir.path()).unwrap();
    let ((), made) = world.counter.trace(|| {
        let file = sys.open(&root, c"file", OpenMode::Create).unwrap();
        sys.link(&root, c"file", c"other").unwrap();
        sys.set_mode(&file, 0o600).unwrap();
    });
    let made: Vec<_> = made.iter().map(|made| format!("{made:?}")).collect();
    assert_eq!(made, ["create file", "link file -> other", "fchmod file", "close file"]);
}
