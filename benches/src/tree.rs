//! Trees to measure in, and the names of what is in them.

use std::ffi::{CStr, CString};
use std::fs;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags, openat};
use tagcache::{Builder, Cache, Durability, Memory, Policy, Raw, Source};
use tagcache_fs::{Found, Key, Tag};

/// An expiry that never comes while a bench runs.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// An entry with that many tags, `tag-0` and so on.
#[must_use]
pub fn policy_with_tags(count: usize) -> Policy {
    Policy::new().expire_in(WEEK).tags((0..count).map(tag_name))
}

fn tag_name(index: usize) -> String {
    format!("tag-{index}")
}

/// A cache, and the names of everything that will be in it.
#[derive(Debug)]
pub struct Tree {
    /// The cache.
    pub cache: Cache<Raw>,
    /// The keys.
    pub keys: Vec<String>,
    path: PathBuf,
    names: Vec<Key>,
    tags: Vec<Tag>,
}

impl Tree {
    /// A new cache, for so many keys with so many tags each. Nothing survives a power cut there, nothing waits for the
    /// disk, and nothing is kept in memory.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(path: &Path, keys: usize, tags: usize) -> Self {
        Self::with_durability(path, keys, tags, Durability::Volatile)
    }

    /// The same with another durability.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn with_durability(path: &Path, keys: usize, tags: usize, durability: Durability) -> Self {
        let builder = Builder::new(Raw).durability(durability).memory(Memory::off());
        Self::of(builder.open(path).expect("a new cache"), path, keys, tags)
    }

    fn of(cache: Cache<Raw>, path: &Path, keys: usize, tags: usize) -> Self {
        let keys: Vec<String> = (0..keys).map(|index| format!("section-7/post-{index}")).collect();
        let names = keys.iter().map(|key| Key::new(key).expect("a key")).collect();
        let tags = (0..tags).map(|tag| Tag::new(tag_name(tag)).expect("a tag")).collect();
        Self { cache, keys, path: path.to_owned(), names, tags }
    }

    /// As [`new`](Self::new), and what was read is kept in memory.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn with_memory(path: &Path, keys: usize, tags: usize) -> Self {
        let builder = Builder::new(Raw).durability(Durability::Volatile);
        Self::of(builder.open(path).expect("a new cache"), path, keys, tags)
    }

    /// Reads everything until it is kept in memory: an entry has to rest before.
    ///
    /// # Panics
    /// When a read fails, or nothing is kept after half a minute.
    pub fn recall_all(&self) {
        let began = Instant::now();
        let is_kept = |key: &String| {
            let hit = self.cache.get::<Vec<u8>>(key).expect("get").expect("it was put");
            hit.source() == Source::Memory
        };
        // All of them, also after the first that is not.
        while self.keys.iter().filter(|key| !is_kept(key)).count() > 0 {
            assert!(began.elapsed() < Duration::from_secs(30), "everything is kept in memory by now");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes the folders above every entry and every tag.
    ///
    /// # Panics
    /// When that fails.
    pub fn make_shards(&self) {
        for path in self.names.iter().map(Key::path).chain(self.tags.iter().map(Tag::path)) {
            let path = self.path.join(to_path(path));
            fs::create_dir_all(path.parent().expect("a shard")).expect("a shard");
        }
    }

    /// Makes every folder that an entry or a link may need, so that no put has to.
    ///
    /// # Panics
    /// When that fails.
    pub fn make_folders(&self) {
        self.make_shards();
        for tag in &self.tags {
            for bucket in 0..100 {
                let path = self.path.join(to_path(tag.path())).join(format!("{bucket:02}"));
                fs::create_dir_all(path).expect("a bucket");
            }
        }
    }

    /// Puts a value under every key, with all tags.
    ///
    /// # Panics
    /// When that fails.
    pub fn fill(&self, value: &Vec<u8>) {
        let policy = policy_with_tags(self.tags.len());
        for key in &self.keys {
            self.cache.put(key, value, &policy).expect("put");
        }
    }

    /// Removes every entry with its links, and leaves the folders.
    ///
    /// # Panics
    /// When that fails.
    pub fn empty(&self) {
        self.empty_some(0..self.names.len());
    }

    /// The same for some of the keys.
    ///
    /// # Panics
    /// When that fails.
    pub fn empty_some(&self, keys: Range<usize>) {
        for name in &self.names[keys] {
            let Found::Entry(entry) = self.cache.root().entry(name).expect("open") else { continue };
            entry.remove().expect("remove");
            entry.remove_links(&self.tags).expect("remove links");
        }
    }

    /// The root, open for bare calls.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open_dir(&self) -> OwnedFd {
        openat(CWD, &self.path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).expect("the root")
    }

    /// A file to append to, for bare calls, which have no business in the real log.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn open_log(&self) -> OwnedFd {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
        openat(CWD, self.path.join("floor-log"), flags, Mode::RUSR | Mode::WUSR).expect("a log")
    }

    /// Where the entry of a key lies.
    #[must_use]
    pub fn entry_path(&self, index: usize) -> CString {
        self.names[index].path().to_owned()
    }

    /// The folder of a tag.
    #[must_use]
    pub fn tag_path(&self, tag: usize) -> CString {
        self.tags[tag].path().to_owned()
    }
}

fn to_path(name: &CStr) -> &Path {
    Path::new(name.to_str().expect("names are ASCII"))
}
