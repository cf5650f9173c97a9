//! A fill in the hands of a task.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tagcache_codec::Codec;
use tagcache_fs::{Os, Sys};

use super::AsyncCache;
use crate::cache::{Stores, Value};
use crate::fill::{Fill, Why};
use crate::hit::Hit;
use crate::request::stored;

/// What a computation is given: all that may be said about its value until it is ready, as with [`Fill`].
///
/// It is owned and a cheap clone, so it goes into any future. What is said after the computation has ended has no effect.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # use tagcache::{AsyncCache, Builder, Policy, Raw};
/// # let dir = tempfile::tempdir()?;
/// # let cache = AsyncCache::from(Builder::new(Raw).open(dir.path())?);
/// # async fn fetch() -> (u16, String) { (200, String::from("news")) }
/// let news = cache
///     .get_with("news", &Policy::new(), async |fill| {
///         let (status, body) = fetch().await;
///         if status != 200 {
///             fill.decline(); // for this caller only
///         }
///         fill.add_tag(format!("status {status}"));
///         body
///     })
///     .await;
/// assert_eq!(*news, "news");
/// assert_eq!(cache.invalidate_tag("status 200").await?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FillHandle<C, S: Sys = Os> {
    /// Empty when the computation has ended.
    fill: Arc<Mutex<Option<Fill<C, S>>>>,
    why: Arc<Why>,
}

impl<C, S: Sys> Clone for FillHandle<C, S> {
    fn clone(&self) -> Self {
        Self { fill: Arc::clone(&self.fill), why: Arc::clone(&self.why) }
    }
}

impl<C, S: Sys> fmt::Debug for FillHandle<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FillHandle").field("fill", &*self.lock()).finish()
    }
}

impl<C, S: Sys> FillHandle<C, S> {
    fn lock(&self) -> MutexGuard<'_, Option<Fill<C, S>>> {
        self.fill.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Codec, S: Sys> FillHandle<C, S> {
    /// Why it runs.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// The value that there is now, fresh or stale, if there is one: see [`Fill::previous`].
    pub async fn previous<T>(&self) -> Option<Hit<T>>
    where
        T: Value,
        C: Stores<T>,
    {
        let (cache, key) = {
            let fill = self.lock();
            let fill = fill.as_ref()?;
            (AsyncCache::from(fill.cache().clone()), Box::<[u8]>::from(fill.key_bytes()))
        };
        cache.quick(move |cache| cache.previous(&key)).await
    }

    /// Adds a tag to those of the policy.
    pub fn add_tag(&self, tag: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag(tag));
    }

    /// Adds a tag that is a path, and each level above it, as [`Policy::tag_path`](crate::Policy::tag_path) does.
    pub fn add_tag_path(&self, path: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag_path(path));
    }

    /// Sets the expiry, counted from when the value is stored.
    pub fn expire_in(&self, duration: Duration) {
        self.say(|fill| fill.expire_in(duration));
    }

    /// Sets the expiry to a point in time.
    pub fn expire_at(&self, time: SystemTime) {
        self.say(|fill| fill.expire_at(time));
    }

    /// Takes the expiry away.
    pub fn never_expire(&self) {
        self.say(Fill::never_expire);
    }

    /// The value is for this caller only: it is not stored.
    pub fn decline(&self) {
        self.say(Fill::decline);
    }

    /// Whether the value will be stored, as far as is known by now.
    #[must_use]
    pub fn will_store(&self) -> bool {
        self.lock().as_ref().is_some_and(Fill::will_store)
    }

    pub(super) fn key(&self) -> Box<[u8]> {
        self.lock().as_ref().map_or_else(Box::default, |fill| fill.key_bytes().into())
    }

    fn say(&self, what: impl FnOnce(&mut Fill<C, S>)) {
        if let Some(fill) = &mut *self.lock() {
            what(fill);
        }
    }
}

/// A computation under way, without a closure: the answer to [`AsyncCache::begin`]. What may be said about the value is
/// said through the [`FillHandle`] that it derefs to.
///
/// Dropped without [`commit`](Self::commit) it stores nothing, and the next caller computes.
#[must_use = "a fill that is dropped stores nothing; commit it"]
pub struct AsyncFill<C: Codec, S: Sys = Os> {
    cache: AsyncCache<C, S>,
    handle: FillHandle<C, S>,
}

impl<C: Codec, S: Sys> fmt::Debug for AsyncFill<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFill").field("fill", &*self.handle.lock()).finish()
    }
}

impl<C: Codec, S: Sys> Deref for AsyncFill<C, S> {
    type Target = FillHandle<C, S>;

    fn deref(&self) -> &FillHandle<C, S> {
        &self.handle
    }
}

impl<C: Codec, S: Sys> AsyncFill<C, S> {
    pub(super) fn new(fill: Fill<C, S>) -> Self {
        let cache = AsyncCache::from(fill.cache().clone());
        let why = fill.shared_why();
        Self { cache, handle: FillHandle { fill: Arc::new(Mutex::new(Some(fill))), why } }
    }

    /// What the computation is told by.
    #[must_use]
    pub fn handle(&self) -> FillHandle<C, S> {
        self.handle.clone()
    }

    /// Stores the value, gives the lease back, and the value with what became of it ([`Hit::source`]). No fault keeps the
    /// value from its caller.
    pub async fn commit<T>(self, value: T) -> Hit<T>
    where
        T: Value,
        C: Stores<T>,
    {
        match self.take() {
            Some(fill) => self.cache.quick(move |_| stored(fill, value)).await,
            // Only this and what follows takes it, and each consumes the fill.
            None => std::future::pending().await,
        }
    }

    /// The computation failed: gives the lease back, and what the caller is to be served in place of the error, if the
    /// policy has it so. See [`Fill::fail`].
    pub async fn fail<T>(self) -> Option<Hit<T>>
    where
        T: Value,
        C: Stores<T>,
    {
        let fill = self.take()?;
        self.cache.quick(move |_| fill.fail()).await
    }

    fn take(&self) -> Option<Fill<C, S>> {
        self.handle.lock().take()
    }
}

/// Giving a lease back is a matter of files, so it is left to the pool.
impl<C: Codec, S: Sys> Drop for AsyncFill<C, S> {
    fn drop(&mut self) {
        if let Some(fill) = self.take() {
            self.cache.cache.shared.pools.quick.submit(Box::new(move || drop(fill)));
        }
    }
}

/// The answer to [`AsyncCache::begin`].
#[must_use = "it holds the value, or the right to compute it"]
pub enum AsyncBegun<T, C: Codec, S: Sys = Os> {
    /// There is a value; see [`Begun::Hit`](crate::Begun::Hit).
    Hit(Hit<T>),
    /// It is this caller's turn.
    Fill(AsyncFill<C, S>),
}

impl<T: fmt::Debug, C: Codec, S: Sys> fmt::Debug for AsyncBegun<T, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit(hit) => f.debug_tuple("Hit").field(hit).finish(),
            Self::Fill(fill) => f.debug_tuple("Fill").field(fill).finish(),
        }
    }
}
