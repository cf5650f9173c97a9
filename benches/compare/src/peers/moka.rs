//! moka: a map in memory, of one process.

use std::sync::Arc;

use moka::sync::Cache;
use tagcache_benches::article::Article;

use crate::peer::{Item, Kind, Level, Outcome, Peer, Settings};

pub(crate) const KIND: Kind = Kind {
    name: "moka",
    package: "moka",
    what: "a map in the memory of one process: nothing is encoded, shared or kept",
    tags: "`invalidate_entries_if`: a predicate is noted, reads apply it, upkeep removes what matches later",
    levels: &[(Level::Volatile, "nothing survives the process")],
    processes: false,
    persistent: false,
    fixed_level: false,
    cleans: false,
    open,
};

struct Page {
    tags: [String; 2],
    article: Article,
}

struct Moka(Cache<String, Arc<Page>>);

fn open(settings: &Settings) -> Outcome<Box<dyn Peer>> {
    let cache = Cache::builder().time_to_live(settings.ttl).support_invalidation_closures().build();
    Ok(Box::new(Moka(cache)))
}

impl Peer for Moka {
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool> {
        Ok(self.0.get(key).is_some_and(|page| {
            show(&page.article);
            true
        }))
    }

    fn put(&self, item: &Item<'_, Article>) -> Outcome<()> {
        let page = Page { tags: item.tags.map(String::from), article: item.value.clone() };
        self.0.insert(item.key.to_owned(), Arc::new(page));
        Ok(())
    }

    fn invalidate(&self, tag: &str) -> Outcome<()> {
        let tag = tag.to_owned();
        self.0.invalidate_entries_if(move |_, page| page.tags.contains(&tag))?;
        Ok(())
    }

    fn clean(&self) -> Outcome<()> {
        self.0.run_pending_tasks();
        Ok(())
    }
}
