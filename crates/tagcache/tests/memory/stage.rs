//! A cache whose values are old enough to be kept at once: its clock is an hour ahead of the one that stamps inodes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tagcache::fs::{Key, Os, Sys, Time};
use tagcache::{Builder, Cache, Limits, Memory, Policy, Raw, Source};
use tagcache_testkit::{Clocked, Counts, TestSys, World};
use tempfile::TempDir;

pub(crate) type OtherCache = Cache<Raw, Clocked<Os>>;

pub(crate) struct Stage {
    /// Removed in the end, if it is this stage's own.
    _dir: Option<TempDir>,
    path: PathBuf,
    pub(crate) world: World,
    pub(crate) cache: Cache<Raw, TestSys>,
    began: Time,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(Memory::new(), Limits::new())
    }

    pub(crate) fn with(memory: Memory, limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        Self { _dir: Some(dir), ..Self::open(path, memory, limits) }
    }

    /// In a directory that somebody else removes.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self::open(path, Memory::new(), Limits::new())
    }

    fn open(path: PathBuf, memory: Memory, limits: Limits) -> Self {
        let (world, began) = (World::new(), Time::from(SystemTime::now()));
        world.clock.set(began.after(Duration::from_secs(3600)));
        let cache = Builder::new(Raw).memory(memory).limits(limits).open_on(world.sys(), &path).unwrap();
        Self { _dir: None, path, world, cache, began }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// When it was made, by the machine's clock.
    pub(crate) fn began(&self) -> Time {
        self.began
    }

    /// Another process, which keeps nothing in memory, by the same clock.
    pub(crate) fn another_process(&self) -> OtherCache {
        let sys = Clocked::over(Os, &Arc::clone(&self.world.clock));
        Builder::new(Raw).memory(Memory::off()).open_on(sys, &self.path).unwrap()
    }

    pub(crate) fn put(&self, key: &str, tags: &[&str]) {
        let value = format!("value of {key}");
        self.another_process().put(key, &value, &Policy::new().tags(tags)).unwrap();
    }

    /// Stores a value and has it kept.
    pub(crate) fn keep(&self, key: &str) {
        self.put(key, &["tag", "other"]);
        kept(&self.cache, key);
    }

    /// Until what happens next shows in the change time of an inode: where that is a number of whole seconds, a value is not kept
    /// before it is as old. Here it was, since the clock is ahead.
    pub(crate) fn wait_for_the_next_instant(&self) {
        let granularity = self.cache.root().capabilities().mtime_granularity;
        std::thread::sleep(Duration::from_nanos(granularity));
    }

    pub(crate) fn is_from_memory(&self, key: &str) -> bool {
        self.cache.get::<String>(key).unwrap().is_some_and(|hit| hit.source() == Source::Memory)
    }

    pub(crate) fn calls<T>(&self, act: impl FnOnce() -> T) -> (T, Counts) {
        self.world.counter.during(act)
    }

    pub(crate) fn entry(&self, key: &str) -> PathBuf {
        self.path.join(Key::new(key).unwrap().path().to_str().unwrap())
    }
}

/// Reads until the value comes from memory.
pub(crate) fn kept<S: Sys>(cache: &Cache<Raw, S>, key: &str) {
    while cache.get::<String>(key).unwrap().unwrap().source() != Source::Memory {
        std::thread::yield_now();
    }
}
