//! What the tests of the attribute share: a cache of their own in front of the installed one, and a count of computations.
#![allow(dead_code)] // each test file uses its part of it

use std::sync::atomic::{AtomicU64, Ordering};

use tagcache::{Builder, Cache, Postcard};
use tagcache_testkit::{TestSys, World};
use tempfile::TempDir;

/// A cache in a directory that goes with it.
pub(crate) struct Fixture {
    _dir: TempDir,
    pub(crate) cache: Cache<Postcard>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::open(dir.path()).expect("a cache in an empty directory");
        Self { _dir: dir, cache }
    }

    /// Runs `act` where this is the installed cache.
    pub(crate) fn run<R>(&self, act: impl FnOnce() -> R) -> R {
        tagcache::with_installed(&self.cache, act)
    }
}

/// A cache whose time is under control. It cannot be installed, so the functions name it.
pub(crate) struct Timed {
    _dir: TempDir,
    pub(crate) world: World,
    pub(crate) cache: Cache<Postcard, TestSys>,
}

impl Timed {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let world = World::new();
        let cache = Builder::new(Postcard).open_on(world.sys(), dir.path()).expect("a cache");
        Self { _dir: dir, world, cache }
    }
}

/// How often something was computed.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more, and how many there are now.
    pub(crate) fn up(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
