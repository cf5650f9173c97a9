//! Faults come when they were told to, and a dead process changes nothing.

use std::sync::Arc;
use tagcache_fs::sys::{OpenMode, Sys};
use tagcache_fs::{Errno, Os};
use tagcache_testkit::{Call, Fault, Faulty, World, files};

#[test]
fn a_fault_lets_as_many_calls_pass_as_it_was_told_and_comes_once() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = world.sys();
    let root = sys.open_root(dir.path()).unwrap();
    world.faults.add(Fault::on(Call::MakeDir, Errno::NOSPC).after(1).below("b"));
    assert_eq!(sys.make_dir(&root, c"a"), Ok(()));
    assert_eq!(sys.make_dir(&root, c"b1"), Ok(()));
    assert_eq!(sys.make_dir(&root, c"b2"), Err(Errno::NOSPC));
    assert_eq!(sys.make_dir(&root, c"b2"), Ok(()));
}

#[test]
fn a_fault_for_ever_ends_when_it_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = world.sys();
    let root = sys.open_root(dir.path()).unwrap();
    world.faults.add(Fault::on(Call::MakeDir, Errno::ROFS).for_ever());
    assert_eq!(sys.make_dir(&root, c"a"), Err(Errno::ROFS));
    assert_eq!(sys.make_dir(&root, c"a"), Err(Errno::ROFS));
    world.faults.mend();
    assert_eq!(sys.make_dir(&root, c"a"), Ok(()));
}

#[test]
fn a_process_that_died_changes_nothing_any_more_and_sees_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = Faulty::over(Os, &Arc::clone(&world.faults));
    let root = sys.open_root(dir.path()).unwrap();
    world.faults.die_at_change(2);
    drop(sys.open(&root, c"first", OpenMode::Create).unwrap());
    assert!(sys.stat(&root).is_ok(), "looking does not kill");
    assert_eq!(sys.open(&root, c"second", OpenMode::Create).unwrap_err(), Errno::IO);
    assert!(world.faults.is_dead());
    assert_eq!(sys.unlink(&root, c"first"), Err(Errno::IO));
    assert_eq!(sys.stat(&root).unwrap_err(), Errno::IO);
    assert_eq!(files(dir.path()).unwrap(), ["first"]);
}

#[test]
fn a_short_write_is_short_once() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    let sys = world.sys();
    let root = sys.open_root(dir.path()).unwrap();
    let file = sys.open(&root, c"file", OpenMode::Create).unwrap();
    world.faults.add(Fault::short_write(3));
    assert_eq!(sys.write(&file, b"12345"), Ok(3));
    assert_eq!(sys.write(&file, b"45"), Ok(2));
}
