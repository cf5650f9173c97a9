//! The disk store of `cached`: one value per key in a redb file, in the encoding `MessagePack`.

use std::time::Duration;

use cached::{ConcurrentCached, RedbCache, SerializeCached};
use tagcache_benches::article::Article;

use super::versions::{Versioned, Versions};
use crate::peer::{Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "cached",
    package: "cached",
    what: "the disk store of cached (`RedbCache`, MessagePack); one time to live for the whole store, no bytes",
    tags: "the store cannot list its keys, so each tag has a version in a second store: three reads per hit; \
        dead values stay until they are replaced",
    levels: &[(Level::Volatile, "`durable(false)`"), (Level::Full, "`durable(true)`, the default")],
    processes: false,
    persistent: true,
    fixed_level: false,
    cleans: false,
    open,
};

struct Cached {
    pages: RedbCache<String, Versioned<Article>>,
    versions: RedbCache<String, u64>,
}

/// It keeps a time to live of whole milliseconds and refuses none.
fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    let durable = settings.level == Level::Full;
    let ttl = settings.ttl.max(Duration::from_millis(1));
    let pages = RedbCache::builder("pages").disk_dir(&settings.dir).durable(durable).ttl(ttl).build()?;
    let versions = RedbCache::builder("versions").disk_dir(&settings.dir).durable(durable).build()?;
    Ok(Box::new(Cached { pages, versions }))
}

impl Versions for Cached {
    fn version(&self, tag: &str) -> Outcome<Option<u64>> {
        Ok(self.versions.cache_get(&tag.to_owned())?)
    }

    fn set_version(&self, tag: &str, version: u64) -> Outcome<()> {
        Ok(self.versions.cache_set_ref(&tag.to_owned(), &version)?)
    }
}

impl Peer for Cached {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        let Some(found) = self.pages.cache_get(&key.to_owned())? else { return Ok(false) };
        let current = self.is_current(&found)?;
        if current {
            show(&found.article);
        }
        Ok(current)
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        let value = super::versions::owned(item, self)?;
        Ok(self.pages.cache_set_ref(&item.key.to_owned(), &value)?)
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        self.renew(tag)?;
        Ok(())
    }

    fn close(self: Box<Self>) -> Outcome<()> {
        self.pages.flush()?;
        Ok(self.versions.flush()?)
    }
}
