//! What a function under `#[cached]` may say about the value that it computes.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::cache::{Stores, Value};
use crate::fill::{Fill, Why};
use crate::hit::Hit;

/// What a function under [`#[cached(fill = …)]`](crate::cached) is given: the [`Fill`] that it computes for, if the call goes
/// through a cache.
///
/// It has no type parameters, so that the function, and those that it calls, need not name a codec. In a call that goes
/// through no cache everything may be said as well, and has no effect.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// use tagcache::{Cache, Filling, cached};
///
/// #[cached("news", expire = 10m, fill = fill)]
/// fn news() -> String {
///     let (status, body) = fetch(fill);
///     if status != 200 {
///         fill.decline(); // for this caller only
///     }
///     body
/// }
///
/// fn fetch(fill: &mut Filling<'_>) -> (u16, String) {
///     fill.add_tag("source/3");
///     (200, "news".into())
/// }
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// tagcache::with_installed(&cache, news);
/// assert_eq!(cache.invalidate_tag("source/3")?, 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Filling<'a>(Option<&'a mut (dyn Fills + Send)>);

impl Filling<'_> {
    /// Runs `compute` with a fill of values of type `T`.
    pub(super) fn of<T: Value, C: Codec + Stores<T>, S: Sys, R>(
        fill: &mut Fill<C, S>,
        compute: impl FnOnce(&mut Filling<'_>) -> R,
    ) -> R {
        compute(&mut Filling(Some(&mut Typed { fill, _value: PhantomData::<fn() -> T> })))
    }

    pub(super) const fn of_nothing() -> Self {
        Self(None)
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

    /// The value that there is now, fresh or stale, as [`Fill::previous`] gives it: for a request that asks whether
    /// something changed. `T` is the type that is stored, so for a function that returns a `Result` what it has in `Ok`;
    /// of another type there is none.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// # use tagcache::cached;
    /// #[cached("news", tags = ["news"], fill = fill)]
    /// fn news() -> Result<String, std::io::Error> {
    ///     match (fill.previous::<String>(), unchanged()) {
    ///         (Some(known), true) => Ok(known.into_owned()),
    ///         _ => download(),
    ///     }
    /// }
    /// # fn unchanged() -> bool { true }
    /// # fn download() -> Result<String, std::io::Error> { Ok("news".into()) }
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = tagcache::Cache::open(dir.path())?;
    /// # tagcache::with_installed(&cache, || {
    /// # for _ in 0..2 { assert_eq!(news()?, "news"); cache.expire_tag("news")?; }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn previous<T: Value>(&self) -> Option<Hit<T>> {
        let previous = self.0.as_ref()?.previous()?;
        previous.downcast().ok().map(|hit| *hit)
    }

    /// Adds a tag.
    pub fn add_tag(&mut self, tag: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag(tag.as_ref()));
    }

    /// Adds a tag that is a path, and each level above it, as [`Policy::tag_path`](crate::Policy::tag_path) does.
    pub fn add_tag_path(&mut self, path: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag_path(path.as_ref()));
    }

    /// Sets the expiry, counted from when the value is stored.
    pub fn expire_in(&mut self, duration: Duration) {
        self.say(|fill| fill.expire_in(duration));
    }

    /// Sets the expiry to a point in time.
    pub fn expire_at(&mut self, time: SystemTime) {
        self.say(|fill| fill.expire_at(time));
    }

    /// Takes the expiry away.
    pub fn never_expire(&mut self) {
        self.say(|fill| fill.never_expire());
    }

    /// The value is for this caller only: it is not stored.
    pub fn decline(&mut self) {
        self.say(|fill| fill.decline());
    }

    fn say(&mut self, what: impl FnOnce(&mut (dyn Fills + Send))) {
        if let Some(fill) = &mut self.0 {
            what(*fill);
        }
    }
}

impl fmt::Debug for Filling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filling").field("why", &self.why()).field("will_store", &self.will_store()).finish()
    }
}

/// A fill of any codec, for values of any type.
trait Fills {
    fn why(&self) -> &Why;
    fn will_store(&self) -> bool;
    /// A `Hit` of the type.
    fn previous(&self) -> Option<Box<dyn Any>>;
    fn add_tag(&mut self, tag: &[u8]);
    fn add_tag_path(&mut self, path: &[u8]);
    fn expire_in(&mut self, duration: Duration);
    fn expire_at(&mut self, time: SystemTime);
    fn never_expire(&mut self);
    fn decline(&mut self);
}

/// A fill, and the type of its values, which the fill itself does not have.
struct Typed<'a, T, C, S: Sys> {
    fill: &'a mut Fill<C, S>,
    _value: PhantomData<fn() -> T>,
}

impl<T: Value, C: Codec + Stores<T>, S: Sys> Fills for Typed<'_, T, C, S> {
    fn why(&self) -> &Why {
        self.fill.why()
    }

    fn will_store(&self) -> bool {
        self.fill.will_store()
    }

    fn previous(&self) -> Option<Box<dyn Any>> {
        Some(Box::new(self.fill.previous::<T>()?))
    }

    fn add_tag(&mut self, tag: &[u8]) {
        self.fill.add_tag(tag);
    }

    fn add_tag_path(&mut self, path: &[u8]) {
        self.fill.add_tag_path(path);
    }

    fn expire_in(&mut self, duration: Duration) {
        self.fill.expire_in(duration);
    }

    fn expire_at(&mut self, time: SystemTime) {
        self.fill.expire_at(time);
    }

    fn never_expire(&mut self) {
        self.fill.never_expire();
    }

    fn decline(&mut self) {
        self.fill.decline();
    }
}
