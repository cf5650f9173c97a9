//! TagCache, as its README shows it.

use std::sync::OnceLock;
use std::time::Duration;

use tagcache::codec::Codec;
use tagcache::{Builder, Cache, Durability, Layout, Memory, Policy, Postcard, Raw};
use tagcache_benches::article::Article;

use crate::peer::{Bytes, Item, Kind, Level, Outcome, Peer, Settings};

const TAGS: &str = "a hard link per tag; an invalidation visits the links of the tag";
const LEVELS: &[(Level, &str)] = &[
    (Level::Volatile, "`Durability::Volatile`"),
    (Level::Invalidations, "`Durability::Invalidations`, the default: a barrier ends an invalidation"),
    (Level::Full, "`Durability::Full`: a put, too"),
];

pub(crate) const KIND: Kind = Kind {
    name: "tagcache",
    package: "tagcache",
    what: "this cache as it is by default: codec postcard, and in each process up to 64 MiB of values in memory, or a \
        quarter of its open files",
    tags: TAGS,
    levels: LEVELS,
    processes: true,
    persistent: true,
    fixed_level: true,
    cleans: true,
    open: |settings| open(settings, Memory::new(), Layout::Spread),
};

pub(crate) const COMPACT: Kind = Kind {
    name: "tagcache-compact",
    what: "as tagcache, made with `Layout::Compact`: far fewer folders",
    open: |settings| open(settings, Memory::new(), Layout::Compact),
    ..KIND
};

pub(crate) const DISK: Kind = Kind {
    name: "tagcache-disk",
    what: "as tagcache, with `Memory::off()`: every hit opens, reads and decodes a file",
    open: |settings| open(settings, Memory::off(), Layout::Spread),
    ..KIND
};

struct TagCache {
    cache: Cache<Postcard>,
    ttl: Duration,
    /// A value is refused under another codec than it was written with, so bytes have a cache of their own.
    raw: OnceLock<RawCache>,
    settings: Settings,
    memory: Memory,
    layout: Layout,
}

struct RawCache {
    cache: Cache<Raw>,
    ttl: Duration,
}

fn open(settings: &Settings, memory: Memory, layout: Layout) -> Outcome<Box<dyn Peer>> {
    let cache = open_as("typed", Postcard, settings, memory, layout)?;
    let (ttl, settings) = (settings.ttl, settings.clone());
    Ok(Box::new(TagCache { cache, ttl, raw: OnceLock::new(), settings, memory, layout }))
}

fn open_as<C: Codec>(
    name: &str,
    codec: C,
    settings: &Settings,
    memory: Memory,
    layout: Layout,
) -> Outcome<Cache<C>> {
    let builder = Builder::new(codec).durability(durability(settings.level)).memory(memory).layout(layout);
    Ok(builder.open(settings.dir.join(name))?)
}

const fn durability(level: Level) -> Durability {
    match level {
        Level::Volatile => Durability::Volatile,
        Level::Invalidations => Durability::Invalidations,
        Level::Full => Durability::Full,
    }
}

fn policy(ttl: Duration, tags: &[&str; 2]) -> Policy {
    Policy::new().expire_in(ttl).tags(tags)
}

impl Peer for TagCache {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        let hit = self.cache.get::<Article>(key)?;
        Ok(hit.is_some_and(|article| {
            show(&article);
            true
        }))
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        self.cache.put(item.key, item.value, &policy(self.ttl, &item.tags))?;
        Ok(())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        self.cache.invalidate_tag(tag)?;
        Ok(())
    }

    fn clean(&self) -> Outcome<()> {
        self.cache.sweep()?;
        Ok(())
    }

    fn raw(&self) -> Option<&dyn Bytes> {
        let open = || open_as("raw", Raw, &self.settings, self.memory, self.layout).ok();
        if self.raw.get().is_none() {
            let _ = self.raw.set(RawCache { cache: open()?, ttl: self.ttl });
        }
        self.raw.get().map(|raw| raw as &dyn Bytes)
    }
}

impl Bytes for RawCache {
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool> {
        let hit = self.cache.get::<Vec<u8>>(key)?;
        Ok(hit.is_some_and(|bytes| {
            show(&bytes);
            true
        }))
    }

    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()> {
        for item in items {
            self.cache.put(item.key, &item.value.to_vec(), &policy(self.ttl, &item.tags))?;
        }
        Ok(())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        self.cache.invalidate_tag(tag)?;
        Ok(())
    }
}
