//! What a function under `#[cached]` may say about the value that it computes.

use std::fmt;
use std::time::{Duration, SystemTime};

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::fill::{Fill, Why};

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

impl<'a> Filling<'a> {
    pub(super) fn of<C: Codec, S: Sys>(fill: &'a mut Fill<C, S>) -> Self
    where
        Fill<C, S>: Send,
    {
        Self(Some(fill))
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

    /// Adds a tag.
    pub fn add_tag(&mut self, tag: impl AsRef<[u8]>) {
        self.say(|fill| fill.add_tag(tag.as_ref()));
    }

    /// Adds several tags.
    pub fn add_tags<T: AsRef<[u8]>>(&mut self, tags: impl IntoIterator<Item = T>) {
        self.say(|fill| tags.into_iter().for_each(|tag| fill.add_tag(tag.as_ref())));
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

/// A fill of any codec.
trait Fills {
    fn why(&self) -> &Why;
    fn will_store(&self) -> bool;
    fn add_tag(&mut self, tag: &[u8]);
    fn expire_in(&mut self, duration: Duration);
    fn expire_at(&mut self, time: SystemTime);
    fn never_expire(&mut self);
    fn decline(&mut self);
}

impl<C: Codec, S: Sys> Fills for Fill<C, S> {
    fn why(&self) -> &Why {
        Self::why(self)
    }

    fn will_store(&self) -> bool {
        Self::will_store(self)
    }

    fn add_tag(&mut self, tag: &[u8]) {
        Self::add_tag(self, tag);
    }

    fn expire_in(&mut self, duration: Duration) {
        Self::expire_in(self, duration);
    }

    fn expire_at(&mut self, time: SystemTime) {
        Self::expire_at(self, time);
    }

    fn never_expire(&mut self) {
        Self::never_expire(self);
    }

    fn decline(&mut self) {
        Self::decline(self);
    }
}
