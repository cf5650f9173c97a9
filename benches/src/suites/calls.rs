//! How many system calls each operation makes, exactly, and how many it may make.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tagcache::{Builder, Cache, Durability, Policy, Raw, Source};
use tagcache_fs::{Key, Tag, Time};
use tagcache_testkit::{TestSys, World};

const HOUR: Duration = Duration::from_secs(3600);
/// How many entries are invalidated.
const LINKS: u64 = 100;

/// What was counted, and the budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The operation.
    pub name: String,
    /// How many calls it made.
    pub made: u64,
    /// How many it may make.
    pub budget: u64,
}

/// A warm cache whose calls are counted.
struct Site {
    dir: tempfile::TempDir,
    world: World,
    cache: Cache<Raw, TestSys>,
}

/// All of them, in a directory of their own.
///
/// # Panics
/// When an operation fails.
#[must_use]
pub fn count() -> Vec<Count> {
    let mut counts = vec![recall(), hit(), miss()];
    counts.extend([0, 2, 16].map(put));
    counts.extend([put_over(), put_with_new_tags(), fill(), invalidation()]);
    counts
}

fn recall() -> Count {
    let site = Site::new();
    // An entry is kept when it has rested: its clock is ahead of the one that stamps inodes, and stands still.
    site.world.clock.set(Time::from(SystemTime::now()).after(HOUR));
    put_page(&site.cache, 2);
    let is_kept = |cache: &Cache<Raw, TestSys>| {
        let hit = cache.get::<Vec<u8>>("page").expect("get").expect("a hit");
        hit.source() == Source::Memory
    };
    assert!(!is_kept(&site.cache), "the first comes from disk");
    // Once a second somebody looks after what others have in memory, too.
    assert!(is_kept(&site.cache), "and the second from memory");
    site.counted("hit from memory", 1, |cache| assert!(is_kept(cache)))
}

fn hit() -> Count {
    let site = Site::with_page(2);
    site.counted("hit from disk", 4, |cache| {
        cache.get::<Vec<u8>>("page").expect("get").expect("a hit");
    })
}

fn miss() -> Count {
    Site::new().counted("miss", 1, |cache| assert!(cache.get::<Vec<u8>>("gone").expect("get").is_none()))
}

fn put(tags: usize) -> Count {
    let site = Site::new();
    site.make_folders(tags);
    site.counted(format!("put new/{tags} tags"), 11 + tags as u64, |cache| put_page(cache, tags))
}

/// What it replaces is opened, looked at, poisoned, asked for its tags and closed, and loses its links.
fn put_over() -> Count {
    let site = Site::with_page(2);
    site.make_folders(2);
    site.counted("put over/2 tags", (11 + 2) + 6 + 2, |cache| put_page(cache, 2))
}

fn put_with_new_tags() -> Count {
    let site = Site::new();
    site.make_folders(0);
    site.counted("put new/2 tags never seen before", (11 + 2) + 2 * 9, |cache| put_page(cache, 2))
}

/// Two looks, a lease of six calls, a put.
fn fill() -> Count {
    let site = Site::new();
    site.make_folders(2);
    site.counted("fill/2 tags", 2 + 6 + (11 + 2), |cache| {
        cache.get_with("page", &policy(2), |_| b"page".to_vec());
    })
}

/// Four calls for each link, five for each folder of links, and those on the log.
fn invalidation() -> Count {
    let site = Site::new();
    for page in 0..LINKS {
        site.cache.put(page.to_string(), &b"page".to_vec(), &policy(1)).expect("put");
    }
    let folders = 1 + fs::read_dir(site.tag_folder(0)).expect("the tag").count() as u64;
    let budget = 2 + 4 * LINKS + 5 * folders;
    let name = format!("invalidate/{LINKS} links in {folders} folders");
    site.counted(name, budget, |cache| {
        let removed = cache.invalidate_tag("tag 0").expect("invalidate");
        assert_eq!(removed, LINKS, "every link is removed");
    })
}

fn policy(tags: usize) -> Policy {
    Policy::new().tags((0..tags).map(tag_name)).expire_in(HOUR)
}

fn tag_name(index: usize) -> String {
    format!("tag {index}")
}

fn put_page(cache: &Cache<Raw, TestSys>, tags: usize) {
    cache.put("page", &b"page".to_vec(), &policy(tags)).expect("put");
}

impl Site {
    fn new() -> Self {
        let (dir, world) = (tempfile::tempdir().expect("a directory"), World::new());
        let builder = Builder::new(Raw).durability(Durability::Volatile);
        let cache = builder.open_on(world.sys(), dir.path()).expect("a cache");
        // The log is opened by the first who needs it.
        drop(cache.root().mark().expect("a log"));
        Self { dir, world, cache }
    }

    fn with_page(tags: usize) -> Self {
        let site = Self::new();
        put_page(&site.cache, tags);
        site
    }

    fn below(&self, path: &std::ffi::CStr) -> PathBuf {
        self.dir.path().join(Path::new(OsStr::from_bytes(path.to_bytes())))
    }

    fn tag_folder(&self, tag: usize) -> PathBuf {
        self.below(Tag::new(tag_name(tag)).expect("a tag").path())
    }

    /// Every folder that the page may need: in which one of a tag its link comes is known by its inode only.
    fn make_folders(&self, tags: usize) {
        let entry = self.below(Key::new("page").expect("a key").path());
        fs::create_dir_all(entry.parent().expect("a shard")).expect("a shard");
        for tag in 0..tags {
            for bucket in 0..100 {
                fs::create_dir_all(self.tag_folder(tag).join(format!("{bucket:02}"))).expect("a bucket");
            }
        }
    }

    fn counted(&self, name: impl Into<String>, budget: u64, act: impl FnOnce(&Cache<Raw, TestSys>)) -> Count {
        let ((), made) = self.world.counter.during(|| act(&self.cache));
        Count { name: name.into(), made: made.total(), budget }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_stays_within_its_budget() {
        for count in count() {
            assert!(count.made <= count.budget, "{count:?}");
        }
    }
}
