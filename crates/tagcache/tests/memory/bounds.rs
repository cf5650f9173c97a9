//! How much is kept at most.

use std::sync::mpsc::channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tagcache::fs::sys::FsKind;
use tagcache::{Builder, Cache, Limits, Memory, Policy, Raw, Source};
use tagcache_testkit::{At, Layer, Layered, TestSys};

use crate::stage::Stage;

fn read_all(stage: &Stage, keys: usize) {
    for round in 0..3 {
        for key in 0..keys {
            let key = format!("key {key}");
            assert_eq!(
                *stage.cache.get::<String>(&key).unwrap().unwrap(),
                format!("value of {key}"),
                "{round}"
            );
        }
    }
}

fn with_keys(memory: Memory, keys: usize) -> Stage {
    let stage = Stage::with(memory, Limits::new());
    (0..keys).for_each(|key| stage.put(&format!("key {key}"), &[]));
    read_all(&stage, keys);
    stage
}

#[test]
fn no_more_entries_are_kept_than_the_bound_says() {
    let stage = with_keys(Memory::new().entries(10), 50);
    let kept = stage.cache.in_memory();
    assert!((1..=10).contains(&kept), "{kept}");
}

#[test]
fn no_more_bytes_are_kept_than_the_bound_says() {
    // "value of key 10" and the like: fifteen bytes at most.
    let stage = with_keys(Memory::new().bytes(150), 50);
    let kept = stage.cache.in_memory();
    assert!((1..=11).contains(&kept), "{kept}");
}

#[test]
fn a_value_larger_than_the_bound_is_read_each_time() {
    let stage = Stage::with(Memory::new().bytes(100), Limits::new());
    let large = "x".repeat(1000);
    stage.another_process().put("large", &large, &Policy::new()).unwrap();
    for _ in 0..3 {
        let hit = stage.cache.get::<String>("large").unwrap().unwrap();
        assert_eq!((hit.as_str(), hit.source()), (large.as_str(), Source::Disk));
    }
    assert_eq!(stage.cache.in_memory(), 0);
}

#[test]
fn memory_that_is_off_keeps_nothing() {
    let stage = with_keys(Memory::off(), 3);
    assert_eq!((stage.cache.in_memory(), stage.cache.stats().from_memory), (0, 0));
}

struct Answers {
    files: u64,
    kind: FsKind,
}

impl Layer for Answers {
    fn max_open_files(&self, _below: &dyn Fn() -> u64) -> u64 {
        self.files
    }

    fn fs_kind(&self, _kind: FsKind) -> FsKind {
        self.kind
    }
}

/// How many of fifty values are kept by a process that is told this.
fn kept_with(files: u64, kind: FsKind) -> usize {
    let stage = with_keys(Memory::off(), 50);
    let sys = Layered::over(stage.world.sys(), &Arc::new(Answers { files, kind }));
    let cache = Builder::new(Raw).allow_remote(true).open_on(sys, stage.path()).unwrap();
    for key in (0..50).chain(0..50) {
        assert!(cache.get::<String>(format!("key {key}")).unwrap().is_some());
    }
    cache.in_memory()
}

#[test]
fn a_quarter_of_the_descriptors_is_taken_at_most() {
    assert_eq!(kept_with(1024, FsKind::Local), 50, "there is room for all");
    let kept = kept_with(40, FsKind::Local);
    assert!((1..=10).contains(&kept), "{kept}");
    assert_eq!(kept_with(3, FsKind::Local), 0, "a quarter of three files is none");
}

#[test]
fn nothing_is_kept_on_a_network_filesystem() {
    assert_eq!(kept_with(1024, FsKind::Remote), 0);
}

/// Asks how many are kept whenever a file is closed: who holds a lock of the map then waits for himself.
#[derive(Default)]
struct Asking {
    cache: OnceLock<Cache<Raw, Layered<TestSys, Asking>>>,
}

impl Layer for Asking {
    fn closing(&self, _at: &At<'_>) {
        self.cache.get().map(Cache::in_memory);
    }
}

#[test]
fn files_of_what_goes_for_a_large_value_are_closed_while_nothing_is_locked() {
    let stage = with_keys(Memory::off(), 50);
    stage.another_process().put("large", &"x".repeat(9000), &Policy::new()).unwrap();
    let asking = Arc::new(Asking::default());
    let sys = Layered::over(stage.world.sys(), &asking);
    let memory = Memory::new().entries(100).bytes(10_000);
    let cache = Builder::new(Raw).memory(memory).open_on(sys, stage.path()).unwrap();
    let _ = asking.cache.set(cache.clone());
    let (done, told) = channel();
    thread::spawn(move || {
        for key in (0..50).chain(0..50) {
            cache.get::<String>(format!("key {key}")).unwrap();
        }
        let many = cache.in_memory();
        for _ in 0..3 {
            cache.get::<String>("large").unwrap();
        }
        let _ = done.send((many, cache.in_memory()));
    });
    let (many, left) = told.recv_timeout(Duration::from_secs(30)).expect("nobody waits for himself");
    assert!(many > left + 2, "several had to go at once: {many}, {left}");
}
