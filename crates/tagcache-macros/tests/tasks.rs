//! `async fn` under the attribute.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

use std::sync::atomic::{AtomicUsize, Ordering};

use tagcache::{Cache, Postcard, cached};
use tokio::task::yield_now;

static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Site {
    cache: Cache<Postcard>,
}

impl Site {
    #[cached(("page", name), cache = self.cache, ignore(self), tags = ["blog"], fill = fill, uncached = bare, refresh = anew)]
    async fn page(&self, name: &str) -> Result<String, String> {
        yield_now().await;
        CALLS.fetch_add(1, Ordering::SeqCst);
        if name.is_empty() {
            return Err("no such page".into());
        }
        let known = fill.previous::<String>().await;
        fill.add_tag("author");
        Ok(format!("{name}, before: {:?}", known.as_deref()))
    }

    #[cached(("title", &name), cache = self.cache, ignore(self))]
    async fn title(&self, name: String) -> Option<String> {
        yield_now().await;
        name.strip_prefix("post/").map(String::from)
    }
}

#[tokio::test]
async fn an_async_function_is_cached_with_its_siblings() {
    let dir = tempfile::tempdir().unwrap();
    let site = Site { cache: Cache::open(dir.path()).unwrap() };
    let first = tokio::spawn(async move {
        let page = site.page("home").await.unwrap();
        (site, page)
    });
    let (site, page) = first.await.unwrap();
    assert_eq!(page, "home, before: None");
    assert_eq!(site.page("home").await.unwrap(), page);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);

    assert_eq!(site.bare("home").await.unwrap(), page, "without a cache there is nothing before");
    assert!(site.anew("home").await.unwrap().starts_with("home, before: Some"));
    assert_eq!(CALLS.load(Ordering::SeqCst), 3);

    assert_eq!(site.page("").await.unwrap_err(), "no such page");
    assert_eq!(site.cache.invalidate_tag("author").unwrap(), 1, "the error was not stored");
    assert_eq!(site.page("home").await.unwrap(), page);

    assert_eq!(site.title("post/7".into()).await.as_deref(), Some("7"));
    assert_eq!(site.title("7".into()).await, None);
    assert_eq!(site.cache.stats().stored, 4);
}
