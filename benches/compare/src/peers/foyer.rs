//! foyer: a cache in memory over one on disk, of one process.

use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder, HybridCacheEntry,
    HybridCachePolicy,
};
use serde::{Deserialize, Serialize};
use tagcache_benches::article::Article;
use tokio::runtime::Runtime;

use super::record::{expiry, now};
use super::versions::{Versioned, Versions};
use crate::peer::{Item, Kind, Level, Outcome, Peer, Settings};

const TAGS: &str = "it cannot list its keys, so each tag has a version, an entry of its own: three reads per hit; \
    dead values stay until they are evicted";
const LEVELS: &[(Level, &str)] = &[(Level::Volatile, "written in the background; a put may be dropped")];

pub(crate) const KIND: Kind = Kind {
    name: "foyer",
    package: "foyer",
    what: "foyer with 64 MiB of memory over 1 GiB of disk, its bincode",
    tags: TAGS,
    levels: LEVELS,
    processes: false,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open: |settings| open(settings, 64 << 20),
};

pub(crate) const DISK: Kind = Kind {
    name: "foyer-disk",
    package: "foyer",
    what: "foyer with 1 MiB of memory over 1 GiB of disk: its disk store, nearly alone; a thread outside its runtime waits for each \
        read of the disk",
    tags: TAGS,
    levels: LEVELS,
    processes: false,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open: |settings| open(settings, 1 << 20),
};

const DISK_SIZE: usize = 1 << 30;
/// About what a value takes, for the bound on memory: its struct, its texts, its numbers.
const PAGE_WEIGHT: usize = 5 << 10;
const VERSION_WEIGHT: usize = 64;

/// foyer has one type of value.
#[derive(Serialize, Deserialize)]
enum Stored {
    Page { expires: u64, page: Box<Versioned<Article>> },
    Version(u64),
}

type Hybrid = HybridCache<String, Stored>;

struct Foyer {
    cache: Hybrid,
    runtime: Runtime,
    ttl: std::time::Duration,
}

fn open(settings: &Settings, memory: usize) -> Outcome<Box<dyn Peer>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let cache = runtime.block_on(build(settings, memory))?;
    Ok(Box::new(Foyer { cache, runtime, ttl: settings.ttl }))
}

async fn build(settings: &Settings, memory: usize) -> Outcome<Hybrid> {
    let device = FsDeviceBuilder::new(settings.dir.join("foyer")).with_capacity(DISK_SIZE).build()?;
    let cache = HybridCacheBuilder::new()
        .with_policy(HybridCachePolicy::WriteOnInsertion)
        .memory(memory)
        .with_weighter(|_: &String, stored: &Stored| match stored {
            Stored::Page { .. } => PAGE_WEIGHT,
            Stored::Version(_) => VERSION_WEIGHT,
        })
        .storage()
        .with_engine_config(BlockEngineConfig::new(device).with_tombstone_log(true))
        .build()
        .await?;
    Ok(cache)
}

impl Foyer {
    /// What is in memory needs no runtime.
    fn get(&self, key: &str) -> Outcome<Option<HybridCacheEntry<String, Stored>>> {
        match self.cache.get(key).try_unwrap() {
            Ok(entry) => Ok(Some(entry)),
            Err(loading) => Ok(self.runtime.block_on(loading)?),
        }
    }
}

impl Versions for Foyer {
    fn version(&self, tag: &str) -> Outcome<Option<u64>> {
        Ok(self.get(&version_key(tag))?.and_then(|found| match found.value() {
            Stored::Version(version) => Some(*version),
            Stored::Page { .. } => None,
        }))
    }

    fn set_version(&self, tag: &str, version: u64) -> Outcome<()> {
        self.cache.insert(version_key(tag), Stored::Version(version));
        Ok(())
    }
}

fn version_key(tag: &str) -> String {
    format!("version of {tag}")
}

impl Peer for Foyer {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        let Some(found) = self.get(key)? else { return Ok(false) };
        let Stored::Page { expires, page } = found.value() else { return Ok(false) };
        let fresh = now() < *expires && self.is_current(page)?;
        if fresh {
            show(&page.article);
        }
        Ok(fresh)
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        let page = Box::new(super::versions::owned(item, self)?);
        let stored = Stored::Page { expires: expiry(self.ttl), page };
        self.cache.insert(item.key.to_owned(), stored);
        Ok(())
    }

    /// Waits for the disk now and then: what comes faster than it can be written is dropped.
    fn put_many(&self, items: &[Item<'_, Article>]) -> Outcome<()> {
        for items in items.chunks(500) {
            items.iter().try_for_each(|item| self.put(item))?;
            self.runtime.block_on(self.cache.storage().wait());
        }
        Ok(())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        self.renew(tag)?;
        Ok(())
    }

    fn close(self: Box<Self>) -> Outcome<()> {
        Ok(self.runtime.block_on(self.cache.close())?)
    }
}
