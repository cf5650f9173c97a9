//! What `#[cached]` expands to on an `async fn`, and what such a function may say about its value.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use super::call::{Call, Mode};
use crate::cache::{Stores, Value};
use crate::fill::Why;
use crate::hit::Hit;
use crate::tasks::{AsyncCache, FillHandle};

/// What an `async fn` under [`#[cached(fill = …)]`](crate::cached) is given: as [`Filling`](crate::Filling), and owned. It is
/// a cheap clone without type parameters.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use tagcache::{Cache, cached};
///
/// #[cached("news", cache = cache, ignore(cache), expire = 10m, fill = fill)]
/// async fn news(cache: &Cache<tagcache::Postcard>) -> String {
///     tokio::task::yield_now().await; // a request, say
///     fill.add_tag("source/3");
///     "news".into()
/// }
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// assert_eq!(news(&cache).await, "news");
/// assert_eq!(cache.invalidate_tag("source/3")?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AsyncFilling(Option<Arc<dyn Fills + Send + Sync>>);

impl AsyncFilling {
    fn of<T, C, S>(handle: FillHandle<C, S>) -> Self
    where
        T: Send + Sync + 'static,
        C: Codec + Stores<T>,
        S: Sys,
    {
        Self(Some(Arc::new(Typed { handle, _value: PhantomData::<fn() -> T> })))
    }

    /// Why the value is computed; `None` in a call that goes through no cache.
    #[must_use]
    pub fn why(&self) -> Option<&Why> {
        self.0.as_ref().map(|fill| fill.why())
    }

    /// Whether the value will be stored, as far as is known by now.
    #[must_use]
    pub fn will_store(&self) -> bool {
        self.0.as_ref().is_some_and(|fill| fill.will_store())
    }

    /// The value that there is now, fresh or stale, as [`Filling::previous`](crate::Filling::previous) gives it.
    pub async fn previous<T: Value>(&self) -> Option<Hit<T>> {
        let previous = self.0.as_ref()?.previous().await?;
        previous.downcast().ok().map(|hit| *hit)
    }

    /// Adds a tag.
    pub fn add_tag(&self, tag: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag(tag.as_ref()));
    }

    /// Adds a tag that is a path, and each level above it, as [`Policy::tag_path`](crate::Policy::tag_path) does.
    pub fn add_tag_path(&self, path: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag_path(path.as_ref()));
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
        self.say(|fill| fill.never_expire());
    }

    /// The value is for this caller only: it is not stored.
    pub fn decline(&self) {
        self.say(|fill| fill.decline());
    }

    fn say(&self, what: impl FnOnce(&dyn Fills)) {
        if let Some(fill) = &self.0 {
            what(&**fill);
        }
    }
}

impl fmt::Debug for AsyncFilling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFilling")
            .field("why", &self.why())
            .field("will_store", &self.will_store())
            .finish()
    }
}

type Previous<'a> = Pin<Box<dyn Future<Output = Option<Box<dyn Any + Send>>> + Send + 'a>>;

/// A fill of any codec, for values of any type.
trait Fills {
    fn why(&self) -> &Why;
    fn will_store(&self) -> bool;
    /// A `Hit` of the type.
    fn previous(&self) -> Previous<'_>;
    fn add_tag(&self, tag: &[u8]);
    fn add_tag_path(&self, path: &[u8]);
    fn expire_in(&self, duration: Duration);
    fn expire_at(&self, time: SystemTime);
    fn never_expire(&self);
    fn decline(&self);
}

/// A fill, and the type of its values, which the fill itself does not have.
struct Typed<T, C, S: Sys> {
    handle: FillHandle<C, S>,
    _value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static, C: Codec + Stores<T>, S: Sys> Fills for Typed<T, C, S> {
    fn why(&self) -> &Why {
        self.handle.why()
    }

    fn will_store(&self) -> bool {
        self.handle.will_store()
    }

    fn previous(&self) -> Previous<'_> {
        Box::pin(async {
            let hit: Box<dyn Any + Send> = Box::new(self.handle.previous::<T>().await?);
            Some(hit)
        })
    }

    fn add_tag(&self, tag: &[u8]) {
        self.handle.add_tag(tag);
    }

    fn add_tag_path(&self, path: &[u8]) {
        self.handle.add_tag_path(path);
    }

    fn expire_in(&self, duration: Duration) {
        self.handle.expire_in(duration);
    }

    fn expire_at(&self, time: SystemTime) {
        self.handle.expire_at(time);
    }

    fn never_expire(&self) {
        self.handle.never_expire();
    }

    fn decline(&self) {
        self.handle.decline();
    }
}

/// Every value is stored.
pub async fn always_later<T, C, S, F>(
    call: Option<Call<C, S>>,
    mode: Mode,
    compute: impl FnOnce(AsyncFilling) -> F,
) -> T
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    F: Future<Output = T>,
{
    let compute = |fill| {
        let value = compute(fill);
        async move { Ok::<T, Infallible>(value.await) }
    };
    match ok_later(call, mode, compute).await {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Only `Some` is stored.
pub async fn some_later<T, C, S, F>(
    call: Option<Call<C, S>>,
    mode: Mode,
    compute: impl FnOnce(AsyncFilling) -> F,
) -> Option<T>
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    F: Future<Output = Option<T>>,
{
    let compute = |fill| {
        let value = compute(fill);
        async move { value.await.ok_or(()) }
    };
    ok_later(call, mode, compute).await.ok()
}

/// Only `Ok` is stored.
///
/// # Errors
/// Those of `compute`.
pub async fn ok_later<T, E, C, S, F>(
    call: Option<Call<C, S>>,
    mode: Mode,
    compute: impl FnOnce(AsyncFilling) -> F,
) -> Result<T, E>
where
    T: Clone + Send + Sync + 'static,
    C: Codec + Stores<T>,
    S: Sys,
    F: Future<Output = Result<T, E>>,
{
    let Some(Call { cache, key, policy }) = call else { return compute(AsyncFilling(None)).await };
    let cache = AsyncCache::from(cache);
    let request = cache.at(&key).policy(&policy);
    let request = if mode == Mode::Refresh { request.forced() } else { request };
    request.infallible(|handle| compute(AsyncFilling::of::<T, _, _>(handle))).await.map(Hit::into_owned)
}
