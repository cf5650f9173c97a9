//! What the tests of the facade share: a cache in a directory of its own, with its calls counted, its faults and its
//! time under control.
#![allow(dead_code)] // each test file uses its part of it
#![allow(clippy::panic)] // which is allowed in a test, and this is part of one

use std::ffi::CStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tagcache::codec::Codec;
use tagcache::fs::{Errno, Key, Os, Tag};
use tagcache::{Begun, Builder, Cache, Fill, Layout, Lookup, Memory, Miss, Raw, Stale};
use tagcache_testkit::{At, Call, Clocked, Hook, Hooked, Made, TestSys, World, files, make_fifo};
use tempfile::TempDir;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The layout of every cache here. `tests/compact.rs` takes the other test files as its modules and so runs them again.
pub(crate) const LAYOUT: Layout = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"compact" => Layout::Compact,
    _ => Layout::Spread,
};

/// How many folders lie between `data/` and a key or a tag.
pub(crate) const SHARDS: u64 = if matches!(LAYOUT, Layout::Spread) { 2 } else { 1 };

/// Whether links lie one folder below that of their tag.
pub(crate) const HAS_BUCKETS: bool = matches!(LAYOUT, Layout::Spread);

/// One simulated process with a cache; see [`Fixture::another_process`] for a second one.
pub(crate) struct Fixture<C: Codec = Raw> {
    dir: Arc<TempDir>,
    pub(crate) world: World,
    pub(crate) cache: Cache<C, TestSys>,
}

impl Fixture {
    /// A cache for bytes and text, which every set of features has.
    pub(crate) fn new() -> Self {
        Self::with(Builder::new(Raw))
    }
}

impl<C: Codec> Fixture<C> {
    pub(crate) fn with(builder: Builder<C>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Self::in_dir(Arc::new(dir), builder)
    }

    /// Another process at the same directory, with a clock and faults of its own.
    pub(crate) fn another_process<D: Codec>(&self, builder: Builder<D>) -> Fixture<D> {
        let other = Fixture::in_dir(Arc::clone(&self.dir), builder);
        other.world.clock.set(self.world.clock.now());
        other
    }

    fn in_dir(dir: Arc<TempDir>, builder: Builder<C>) -> Self {
        let world = World::new();
        // Calls are counted and faults planted where a value is read; what memory does has tests of its own. (The clock of
        // a test may lie before or behind that of the machine, which decides what is kept.)
        let builder = builder.layout(LAYOUT).memory(Memory::off());
        let cache = builder.open_on(world.sys(), dir.path()).expect("a cache in an empty directory");
        Self { dir, world, cache }
    }

    /// The root.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the entry of a key lies.
    pub(crate) fn entry(&self, key: impl AsRef<[u8]>) -> PathBuf {
        self.below(&Key::new(key).expect("a key").path_in(LAYOUT))
    }

    /// Where the links of a tag lie.
    pub(crate) fn tag_folder(&self, tag: impl AsRef<[u8]>) -> PathBuf {
        self.below(&Tag::new(tag).expect("a tag").path_in(LAYOUT))
    }

    /// Where links with this end of their name lie under a tag.
    pub(crate) fn bucket(&self, tag: impl AsRef<[u8]>, end: impl AsRef<Path>) -> PathBuf {
        let folder = self.tag_folder(tag);
        if HAS_BUCKETS { folder.join(end) } else { folder }
    }

    fn below(&self, path: &CStr) -> PathBuf {
        self.path().join(std::ffi::OsStr::from_bytes(path.to_bytes()))
    }

    /// The files below one folder of the root.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        files(self.path().join(folder)).expect("a folder of the root")
    }

    /// Makes the folders for the entry of a key, where something is to be planted.
    pub(crate) fn make_folders_of(&self, key: &str) -> PathBuf {
        let path = self.entry(key);
        fs::create_dir_all(path.parent().expect("an entry lies in a folder")).expect("folders");
        path
    }
}

/// A process in which something happens before a call.
pub(crate) type HookedCache = Cache<Raw, HookedSys>;
pub(crate) type HookedSys = Hooked<Clocked<Os>, BeforeCall>;
pub(crate) type BeforeCall = Box<dyn Fn(&At<'_>) -> Result<(), Errno> + Send + Sync>;

/// Another process at the same directory and by the same clock, for which `act` is done before each call that `when`
/// says.
pub(crate) fn hooked(
    fixture: &Fixture,
    when: fn(&At<'_>) -> bool,
    act: impl Fn() + Send + Sync + 'static,
) -> HookedCache {
    let before: BeforeCall = Box::new(move |at| {
        if when(at) {
            act();
        }
        Ok(())
    });
    let clocked = Clocked::over(Os, &fixture.world.clock);
    let sys = Hooked::over(clocked, &Arc::new(Hook::new(before)));
    Builder::new(Raw).memory(Memory::off()).open_on(sys, fixture.path()).expect("the cache is there")
}

/// What a call may be answered, of all that is the surroundings' fault.
pub(crate) const ERRNOS: [Errno; 8] = [
    Errno::NOSPC,
    Errno::DQUOT,
    Errno::MFILE,
    Errno::MLINK,
    Errno::ROFS,
    Errno::ACCESS,
    Errno::IO,
    Errno::STALE,
];

/// The calls that can fail, each as its name and how many of that name come before it.
pub(crate) fn calls_that_can_fail(made: &[Made]) -> Vec<(Call, u64)> {
    let calls = made.iter().map(|made| made.call).filter(|call| !matches!(call, Call::Close | Call::Random));
    let calls: Vec<Call> = calls.collect();
    let earlier = |index: usize| calls[..index].iter().filter(|call| **call == calls[index]).count() as u64;
    (0..calls.len()).map(|index| (calls[index], earlier(index))).collect()
}

/// Why there is no value.
pub(crate) fn miss<T: std::fmt::Debug>(look: Lookup<T>) -> Miss {
    match look {
        Lookup::Miss(miss) => miss,
        other => panic!("a miss was expected: {other:?}"),
    }
}

/// An old value, and why it is old.
pub(crate) fn stale<T: std::fmt::Debug + Clone>(look: Lookup<T>) -> (T, Stale) {
    match look {
        Lookup::Stale(hit, stale) => (hit.into_owned(), stale),
        other => panic!("a stale value was expected: {other:?}"),
    }
}

/// A turn to compute.
pub(crate) fn fill<T: std::fmt::Debug, C: Codec>(begun: Begun<T, C, TestSys>) -> Fill<C, TestSys> {
    match begun {
        Begun::Fill(fill) => fill,
        Begun::Hit(hit) => panic!("a fill was expected: {hit:?}"),
    }
}

pub(crate) fn text(value: &str) -> String {
    value.to_owned()
}

/// What may lie in the place of a file of ours, though it is none.
pub(crate) const PLANTS: [&str; 5] =
    ["a directory", "a symbolic link", "a dangling link", "a FIFO", "a socket"];

/// Puts something foreign at `path`. A link goes to `outside`, which nobody may touch.
pub(crate) fn plant(what: &str, path: &Path, outside: &Path) {
    let planted = match what {
        "a directory" => fs::create_dir(path),
        "a symbolic link" => symlink(outside, path),
        "a dangling link" => symlink("nowhere", path),
        "a FIFO" => make_fifo(path),
        "a socket" => UnixListener::bind(path).map(drop),
        other => panic!("nobody plants {other}"),
    };
    planted.expect("a place that is free");
}

/// Keys whose entries lie in one shard of a compact root, and in one outer folder of any other.
pub(crate) fn keys_of_one_shard() -> impl Iterator<Item = String> {
    let keys = (0..).map(|number: u32| number.to_string());
    keys.filter(|key| Key::new(key).is_ok_and(|key| key.shard().outer() == 0xab))
}
