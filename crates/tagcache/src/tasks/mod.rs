//! The same verbs for tasks of tokio. What is decided is decided by the same table; this is only another way to wait.
//!
//! File calls run on a few threads of tokio's pool for blocking work ([`pool`]), also those that a cancelled task
//! leaves behind. Who follows another task is parked as a waker; the one who asks the kernel for the whole process does
//! so by a timer.

mod behind;
mod fill;
mod pool;
mod request;
mod verbs;
mod who;

use std::fmt;
use std::sync::Arc;

use tagcache_codec::Codec;
use tagcache_fs::{Os, Sys};

use crate::cache::Cache;

pub use fill::{AsyncBegun, AsyncFill, FillHandle};
pub(crate) use pool::Pool;
pub use request::AsyncRequest;

/// A [`Cache`] for tasks of tokio: the same verbs, and none of them blocks a thread that runs tasks.
///
/// It is a cheap clone, and can be made [from](From) any `Cache`; the two are one cache, so threads and tasks wait for
/// each other's computations. File calls run on at most eight threads of the runtime's pool for blocking work, however
/// many tasks wait: a task that waits for another one's value is parked.
///
/// Every future may be dropped at any time. A dropped computation gives its lease back and leaves nothing behind, and the
/// next caller computes. A put or an invalidation that has reached the files is carried through.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use tagcache::{AsyncCache, Policy};
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path().to_path_buf();
/// let cache = AsyncCache::open(dir).await?;
/// let policy = Policy::new().tag("blog");
/// let page = cache
///     .get_with("post/7", &policy, async |fill| {
///         tokio::task::yield_now().await; // a query, say
///         fill.add_tag("author/3");
///         String::from("<h1>Seven</h1>")
///     })
///     .await;
/// assert_eq!(*page, "<h1>Seven</h1>");
///
/// cache.invalidate_tag("author/3").await?;
/// assert!(cache.get::<String>("post/7").await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What differs from `Cache`
///
/// | for threads | for tasks |
/// |---|---|
/// | `get_with(key, &policy, \|fill\| …)` | `get_with(key, &policy, async \|fill\| …).await`; a closure that returns a future will do |
/// | [`Fill`](crate::Fill) in a closure | [`FillHandle`]: owned, and its `previous` is awaited |
/// | [`Fill`](crate::Fill) from `begin` | [`AsyncFill`], whose `commit` takes the value and gives it back as a [`Hit`](crate::Hit) |
/// | `put(key, &value, &policy)` | `put(key, value, &policy).await`: another thread writes it |
/// | [`Request`](crate::Request) from `at` | [`AsyncRequest`] |
/// | a computation behind the caller has a thread | it is a task |
/// | a thread that asks for what it fills is told so | a computation is, and a task that holds an [`AsyncFill`] |
/// | `entries`, `entries_with_tag`, `inspect`, `verify`; `reader`, `writer`, `put_reader`, and `begin_stream`, `begin_stream_behind` of a request | through [`blocking`](AsyncCache::blocking), on a thread that may block |
/// | `root`, `codec`, `in_memory` | through [`blocking`](AsyncCache::blocking), anywhere: they make no file calls |
///
/// `with_schema` and `stats` are the same, and so are all other verbs, awaited.
///
/// # In a runtime
///
/// The futures must be polled within a runtime whose timers are enabled, since who waits for another process asks again
/// by a timer. A runtime that is shut down in the middle leaves nothing behind either.
pub struct AsyncCache<C, S: Sys = Os> {
    pub(crate) cache: Cache<C, S>,
}

impl<C, S: Sys> Clone for AsyncCache<C, S> {
    fn clone(&self) -> Self {
        Self { cache: self.cache.clone() }
    }
}

impl<C: Codec, S: Sys> fmt::Debug for AsyncCache<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncCache").field(&self.cache).finish()
    }
}

impl<C, S: Sys> From<Cache<C, S>> for AsyncCache<C, S> {
    fn from(cache: Cache<C, S>) -> Self {
        Self { cache }
    }
}

/// Where the file calls of one cache run.
#[derive(Debug)]
pub(crate) struct Pools {
    /// What is over soon: looks, leases, one value stored.
    pub(crate) quick: Arc<Pool>,
    /// What may take long, or waits for the disk: nobody's look waits for it.
    pub(crate) slow: Arc<Pool>,
}

impl Default for Pools {
    fn default() -> Self {
        Self { quick: Pool::new(4), slow: Pool::new(4) }
    }
}
