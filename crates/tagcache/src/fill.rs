//! A fill: the right to compute the value of one key, from the lease to the published entry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Key, Mark, Os, Sys};

use crate::asking::Peek;
use crate::backoff;
use crate::cache::{Cache, Stores, Value};
use crate::decision::{AfterError, Demand, Sight, after_error};
use crate::error::Error;
use crate::events;
use crate::held::HeldLease;
use crate::hit::Hit;
use crate::lookup::{Lookup, Miss, Stale, Stored};
use crate::path;
use crate::policy::{Expiry, Rules};
use crate::read::Seen;
use crate::stats::Counters;
use crate::stream::Plan;
use crate::write::Terms;

/// Why a value is being computed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// There is none.
    Missing(Miss),
    /// There is one, and it should be refreshed.
    Stale(Stale),
    /// There is a fresh one, and chance has it that it is refreshed before it expires:
    /// [`Policy::refresh_early`](crate::Policy::refresh_early).
    Early,
    /// A new one was demanded: [`Request::forced`](crate::Request::forced).
    Forced,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(miss) => write!(f, "missing: {miss}"),
            Self::Stale(stale) => write!(f, "stale: {stale}"),
            Self::Early => f.write_str("early"),
            Self::Forced => f.write_str("forced"),
        }
    }
}

/// A computation under way.
///
/// The place in the log was taken before it began, so everything may be said about the value until it is ready: tags
/// may be added and the expiry set, from a response header, say. Dropped without [`commit`](Self::commit) it stores
/// nothing, and the next caller computes.
///
/// ```
/// # use tagcache::{Builder, Policy, Raw};
/// # let dir = tempfile::tempdir()?;
/// # let cache = Builder::new(Raw).open(dir.path())?;
/// # fn fetch() -> (u16, Option<u64>, String) { (200, Some(60), String::from("news")) }
/// use std::time::Duration;
///
/// let news = cache.get_with("news", &Policy::new(), |fill| {
///     let (status, max_age, body) = fetch();
///     match max_age {
///         Some(seconds) if status == 200 => fill.expire_in(Duration::from_secs(seconds)),
///         _ => fill.decline(), // for this caller only
///     }
///     fill.add_tag(format!("status {status}"));
///     body
/// });
/// assert_eq!(*news, "news");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a fill that is dropped stores nothing; commit it"]
pub struct Fill<C, S: Sys = Os> {
    cache: Cache<C, S>,
    key_bytes: Box<[u8]>,
    tags: Vec<Vec<u8>>,
    expiry: Expiry,
    origin: Box<Origin>,
    declined: bool,
    why: Arc<Why>,
    began: Duration,
    right: Right<S>,
}

/// What was asked for, and what was there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) rules: Rules,
    pub(crate) demand: Demand,
    pub(crate) before: Sight,
}

/// What a fill may do with its value.
pub(crate) enum Right<S: Sys> {
    /// Store it.
    Store(Box<Permit<S>>),
    /// Give it to its caller only.
    Uncached(Stored),
}

/// What it takes to store a value.
pub(crate) struct Permit<S: Sys> {
    pub(crate) key: Key,
    /// Keeps others from computing the same.
    pub(crate) lease: Box<HeldLease<S>>,
    /// Taken before the computation began.
    pub(crate) mark: Mark<S>,
}

/// The answer to [`Cache::begin`].
#[must_use = "it holds the value, or the right to compute it"]
pub enum Begun<T, C, S: Sys = Os> {
    /// There is a value: there was one, or another caller stored it while this one waited; or a stale one, which another
    /// caller is refreshing.
    Hit(Hit<T>),
    /// It is this caller's turn.
    Fill(Fill<C, S>),
}

// By hand, since a derived one would ask the codec for it.
impl<T: fmt::Debug, C, S: Sys> fmt::Debug for Begun<T, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit(hit) => f.debug_tuple("Hit").field(hit).finish(),
            Self::Fill(fill) => f.debug_tuple("Fill").field(fill).finish(),
        }
    }
}

impl<C, S: Sys> fmt::Debug for Fill<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key_bytes.escape_ascii().to_string();
        f.debug_struct("Fill").field("key", &key).field("why", &self.why).finish_non_exhaustive()
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The value that a fill may build on.
    pub(crate) fn previous<T: Value>(&self, key_bytes: &[u8]) -> Option<Hit<T>>
    where
        C: Stores<T>,
    {
        let key = Self::key(key_bytes).ok()?;
        match self.peek(&key, key_bytes) {
            Ok(Seen { look: Lookup::Fresh(hit) | Lookup::Stale(hit, _), .. }) => Some(hit),
            Ok(_) => None,
            Err(error) => {
                self.fault(&error);
                None
            }
        }
    }
}

impl<C: Codec, S: Sys> Fill<C, S> {
    /// The mark, if there is one, must have been taken before this.
    pub(crate) fn new(
        cache: &Cache<C, S>,
        key_bytes: Box<[u8]>,
        tags: Vec<Vec<u8>>,
        origin: Origin,
        why: Why,
        right: Right<S>,
    ) -> Self {
        Self {
            cache: cache.clone(),
            key_bytes,
            tags,
            expiry: origin.rules.expiry,
            origin: Box::new(origin),
            declined: false,
            why: Arc::new(why),
            began: cache.sys().elapsed(),
            right,
        }
    }

    /// Why it runs.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// The value that there is now, fresh or stale, if there is one: for a request that asks "changed since?", say. It is
    /// read when this is called, so one that was invalidated is never given. An invalidation that comes later overtakes
    /// the fill.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// # fn fetch(known: Option<&str>) -> Option<String> { known.is_none().then(|| String::from("v1 news")) }
    /// let policy = Policy::new().tag("news");
    /// for _ in 0..2 {
    ///     let news = cache.get_with("news", &policy, |fill| {
    ///         let known = fill.previous::<String>();
    ///         match fetch(known.as_deref().map(String::as_str)) {
    ///             Some(new) => new,
    ///             None => known.expect("the source knows that we have it").into_owned(),
    ///         }
    ///     });
    ///     assert_eq!(*news, "v1 news");
    ///     cache.expire_tag("news")?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn previous<T: Value>(&self) -> Option<Hit<T>>
    where
        C: Stores<T>,
    {
        self.cache.previous(&self.key_bytes)
    }

    /// Adds a tag to those of the policy.
    pub fn add_tag(&mut self, tag: impl AsRef<[u8]>) {
        self.tags.push(tag.as_ref().to_vec());
    }

    /// Adds a tag that is a path, and each level above it, as [`Policy::tag_path`](crate::Policy::tag_path) does.
    pub fn add_tag_path(&mut self, path: impl AsRef<[u8]>) {
        path::tags(path.as_ref()).for_each(|tag| self.add_tag(tag));
    }

    /// Sets the expiry, counted from when the value is stored.
    pub fn expire_in(&mut self, duration: Duration) {
        self.expiry = Expiry::In(duration);
    }

    /// Sets the expiry to a point in time.
    pub fn expire_at(&mut self, time: std::time::SystemTime) {
        self.expiry = Expiry::At(time.into());
    }

    /// Takes the expiry away.
    pub fn never_expire(&mut self) {
        self.expiry = Expiry::Never;
    }

    /// The value is for this caller only: it is not stored.
    pub fn decline(&mut self) {
        self.declined = true;
    }

    /// Whether [`commit`](Self::commit) will try to store the value.
    #[must_use]
    pub fn will_store(&self) -> bool {
        !self.declined && matches!(self.right, Right::Store(_))
    }

    /// The calling thread will not compute it.
    pub(crate) fn hand_over(&self) {
        if let Right::Store(permit) = &self.right {
            permit.lease.hand_over();
        }
    }

    /// The calling thread computes it.
    pub(crate) fn take_over(&self) {
        if let Right::Store(permit) = &self.right {
            permit.lease.take_over(self.cache.sys().task());
        }
    }

    /// What a value that is written piece by piece is stored with, if it is stored.
    pub(crate) fn plan(&self) -> Option<(Plan, Mark<S>)> {
        let Right::Store(permit) = &self.right else { return None };
        let rules = &self.origin.rules;
        let plan = Plan {
            tags: self.tags.clone(),
            expiry: self.expiry,
            jitter: rules.jitter,
            keep: rules.keep(),
            began: Some(self.began),
        };
        (!self.declined).then(|| (plan, permit.mark.clone()))
    }

    pub(crate) fn key_bytes(&self) -> &[u8] {
        &self.key_bytes
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn shared_why(&self) -> Arc<Why> {
        Arc::clone(&self.why)
    }

    pub(crate) fn cache(&self) -> &Cache<C, S> {
        &self.cache
    }

    /// How long the computation runs already.
    pub(crate) fn took(&self) -> Duration {
        self.cache.sys().elapsed().saturating_sub(self.began)
    }

    /// Stores the value, and gives the lease back.
    ///
    /// # Errors
    /// As for [`Cache::put`]. The lease is given back all the same.
    pub fn commit<T: Value>(self, value: &T) -> Result<Stored, Error>
    where
        C: Stores<T>,
    {
        let compute_time = self.took();
        self.cache.count_computed();
        events::computed(compute_time);
        let Permit { key, lease, mark } = match self.right {
            Right::Store(permit) => *permit,
            Right::Uncached(why) => return Ok(why),
        };
        if self.declined {
            self.cache.shared.counters.here().count_stored(Stored::Declined);
            events::stored(&self.key_bytes, Stored::Declined);
            lease.leave_unshared();
            return Ok(Stored::Declined);
        }
        let terms = Terms {
            key: &key,
            key_bytes: &self.key_bytes,
            tags: &self.tags,
            expiry: self.expiry,
            jitter: self.origin.rules.jitter,
            keep: self.origin.rules.keep(),
            compute_time,
        };
        let stored = self.cache.store(&terms, mark, value);
        // Not before the value can be seen: whoever waits for the lease looks for the value next.
        match &stored {
            Ok(_) => drop(lease),
            // What could not be stored now cannot be stored by the next one either.
            Err(_) => lease.leave_unshared(),
        }
        stored
    }

    /// The computation failed: gives the lease back, and what the caller is to be served in place of the error, if the
    /// policy has it so ([`Policy::stale_if_error`](crate::Policy::stale_if_error)). The source is left alone for a while
    /// then; where nothing is served in place of the error, it is left alone for as long as it was before. A fill that is only dropped was given up: the next caller computes at once.
    ///
    /// ```
    /// # use tagcache::{Builder, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// use std::time::Duration;
    /// use tagcache::{Begun, Policy};
    ///
    /// let policy = Policy::new().stale_if_error(Duration::from_secs(3600));
    /// cache.put("page", &String::from("old"), &policy)?;
    /// cache.expire_key("page")?;
    /// if let Begun::Fill(fill) = cache.begin::<String>("page", &policy)? {
    ///     assert_eq!(*fill.fail::<String>().expect("it may stand in"), "old");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it may be served in place of the error"]
    pub fn fail<T: Value>(self) -> Option<Hit<T>>
    where
        C: Stores<T>,
    {
        self.fail_by(Cache::peek)
    }

    pub(crate) fn fail_by<T: 'static>(self, peek: Peek<T, C, S>) -> Option<Hit<T>> {
        let Origin { rules, demand, before } = *self.origin;
        let key = Cache::<C, S>::key(&self.key_bytes).ok()?;
        // Looked at now: what was invalidated during the computation is not served, whatever fails.
        let seen = peek(&self.cache, &key, &self.key_bytes).map_err(|error| self.cache.fault(&error)).ok()?;
        let after = self.cache.sight(&seen, &rules, &mut None);
        let hit = match (after_error(before, after, &rules, demand), seen.look) {
            (AfterError::Use, Lookup::Fresh(hit)) => hit,
            (AfterError::StandIn, Lookup::Stale(hit, _)) => hit.standing_in(),
            _ => {
                self.leave_as_found();
                return None;
            }
        };
        Counters::add(&self.cache.shared.counters.here().stood_in);
        self.cache.fault(&Error::StoodIn {
            key: key.path_in(self.cache.root().layout()).to_string_lossy().into_owned().into(),
        });
        if let Right::Store(permit) = self.right {
            let now = self.cache.sys().now();
            let word = backoff::after_failure(permit.lease.left_behind(), rules.retry, now);
            if let Err(error) = permit.lease.leave_behind(word) {
                self.cache.fault(&error.into());
            }
        }
        Some(hit)
    }

    /// A failure that nobody is kept from is no news to those who leave the source alone, and no reason to ask it again.
    fn leave_as_found(self) {
        match self.right {
            Right::Store(permit) if permit.lease.left_behind().is_some() => permit.lease.leave_as_found(),
            _ => {}
        }
    }
}
