//! Compute-through, said in full: what is wanted of a key, put together step by step.

use std::convert::Infallible;
use std::fmt;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::asking::{Turn, Wish};
use crate::cache::{Cache, Stores, Value};
use crate::decision::{Demand, Sight};
use crate::error::Error;
use crate::events::Span;
use crate::fill::{Begun, Fill, Origin, Right, Why};
use crate::hit::Hit;
use crate::lookup::{Miss, Source, Stored};
use crate::policy::{AfterWait, Policy};

/// What a caller of [`Cache::at`] wants. Nothing happens before one of the last four calls.
#[must_use = "it does nothing until a value is asked for"]
pub struct Request<'a, C, S: Sys> {
    cache: &'a Cache<C, S>,
    key: &'a [u8],
    policy: &'a Policy,
    forced: bool,
}

impl<C, S: Sys> fmt::Debug for Request<'_, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.escape_ascii().to_string();
        f.debug_struct("Request").field("key", &key).field("forced", &self.forced).finish_non_exhaustive()
    }
}

/// Why a [`Request`] has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ComputeError<E> {
    /// The computation failed.
    Computation(E),
    /// The cache has none, and the policy says that this caller does not compute it: [`Error::WaitedTooLong`]. No fault
    /// of the environment comes this way.
    Cache(Error),
}

impl<E: fmt::Display> fmt::Display for ComputeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Computation(error) => error.fmt(f),
            Self::Cache(error) => error.fmt(f),
        }
    }
}

/// It reads like the error that it holds, so its source is the source of that.
impl<E: std::error::Error> std::error::Error for ComputeError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Computation(error) => error.source(),
            Self::Cache(error) => error.source(),
        }
    }
}

static DEFAULT: Policy = Policy::new();

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The beginning of a request for the value of a key, with [`Policy::new`] unless another policy is set.
    ///
    /// [`get_with`](Self::get_with) and [`try_get_with`](Self::try_get_with) are short for the usual ones.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tag("blog");
    /// assert_eq!(*cache.at("page").policy(&policy).compute(|_| String::from("old")), "old");
    /// assert_eq!(*cache.at("page").policy(&policy).forced().compute(|_| String::from("new")), "new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at<'a>(&'a self, key: &'a (impl AsRef<[u8]> + ?Sized)) -> Request<'a, C, S> {
        Request { cache: self, key: key.as_ref(), policy: &DEFAULT, forced: false }
    }
}

impl<'a, C: Codec, S: Sys> Request<'a, C, S> {
    /// With this policy.
    pub const fn policy(mut self, policy: &'a Policy) -> Self {
        self.policy = policy;
        self
    }

    /// A new value is computed although there is a fresh one: [`Why::Forced`]. It is done under the lease, so a caller
    /// that finds another one computing waits for its turn.
    pub const fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    /// The value: from the cache, else computed and stored. See [`Cache::get_with`].
    ///
    /// This verb cannot fail, so [`AfterWait::Fail`] computes here.
    pub fn compute<T: Value>(self, compute: impl FnOnce(&mut Fill<C, S>) -> T) -> Hit<T>
    where
        C: Stores<T>,
    {
        match self.infallible(|fill| Ok::<T, Infallible>(compute(fill))) {
            Ok(hit) => hit,
            Err(never) => match never {},
        }
    }

    /// The same for a computation that can fail, under a policy that may say [`AfterWait::Fail`].
    ///
    /// ```
    /// # use tagcache::{Builder, Raw};
    /// use tagcache::{AfterWait, ComputeError, Policy};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().after_wait(AfterWait::Fail);
    /// match cache.at("page").policy(&policy).try_compute(|_| "seven".parse::<u64>().map(|n| n.to_string())) {
    ///     Ok(page) => println!("{}", *page),
    ///     Err(ComputeError::Computation(error)) => assert_eq!(error.to_string(), "invalid digit found in string"),
    ///     Err(busy) => println!("try again: {busy}"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ComputeError::Computation`] with the error of `compute`, unchanged; [`ComputeError::Cache`] with
    /// [`Error::WaitedTooLong`] where the policy says so.
    pub fn try_compute<T: Value, E>(
        self,
        compute: impl FnOnce(&mut Fill<C, S>) -> Result<T, E>,
    ) -> Result<Hit<T>, ComputeError<E>>
    where
        C: Stores<T>,
    {
        let span = Span::compute_through(self.key);
        span.within(|| {
            let turn = match self.cache.turn(&self.wish(Demand::Value)) {
                Err(error @ Error::WaitedTooLong { .. }) => return Err(ComputeError::Cache(error)),
                turn => self.or_uncached(turn),
            };
            finish(&span, turn, compute).map_err(ComputeError::Computation)
        })
    }

    /// The value at once if there is one, also an old one that the policy lets be served, or a fresh one that is to be
    /// refreshed early: it is computed anew behind the caller then, on a thread of its own. Where there is none it is
    /// computed here.
    ///
    /// One cache computes four values at once behind its callers; while there are as many, the others that want to
    /// are served the old value, and nobody refreshes it until a later caller finds room. A panic there is caught and
    /// counted. A program that ends takes the threads with it, and leaves nothing behind that a sweep does not
    /// remove.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use tagcache::{Source, Stale};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tag("blog");
    /// cache.put("page", &String::from("old"), &policy)?;
    /// cache.expire_tag("blog")?;
    ///
    /// let page = cache.at("page").policy(&policy).compute_behind(|_| String::from("new"));
    /// assert_eq!((page.as_str(), page.source()), ("old", Source::Stale(Stale::SoftlyExpired)));
    /// while cache.stats().stored < 2 {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(*cache.get::<String>("page")?.expect("refreshed"), "new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compute_behind<T: Value>(
        self,
        compute: impl FnOnce(&mut Fill<C, S>) -> T + Send + 'static,
    ) -> Hit<T>
    where
        C: Stores<T>,
    {
        let span = Span::compute_through(self.key);
        span.within(|| {
            let hit = match self.or_uncached(self.cache.turn(&self.infallible_wish(Demand::Behind))) {
                Turn::Hit(hit) => hit,
                Turn::Fill(fill) => computed(&span, fill, compute),
                Turn::Refresh(hit, fill) => {
                    self.cache.compute_behind(fill, compute);
                    hit
                }
            };
            span.ended(hit.source());
            hit
        })
    }

    /// A value, or the right to compute it. See [`Cache::begin`].
    ///
    /// # Errors
    /// As for [`Cache::begin`].
    pub fn begin<T: Value>(self) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        let span = Span::compute_through(self.key);
        Ok(match span.within(|| self.cache.turn(&self.wish(Demand::Value)))? {
            Turn::Hit(hit) => {
                span.ended(hit.source());
                Begun::Hit(hit)
            }
            Turn::Fill(fill) | Turn::Refresh(_, fill) => {
                span.computing(fill.why());
                Begun::Fill(fill)
            }
        })
    }

    /// For verbs that have no word for a wait that was too long.
    pub(crate) fn infallible<T: Value, E>(
        self,
        compute: impl FnOnce(&mut Fill<C, S>) -> Result<T, E>,
    ) -> Result<Hit<T>, E>
    where
        C: Stores<T>,
    {
        let span = Span::compute_through(self.key);
        span.within(|| {
            let turn = self.cache.turn(&self.infallible_wish(Demand::Value));
            finish(&span, self.or_uncached(turn), compute)
        })
    }

    pub(crate) fn cache(&self) -> &'a Cache<C, S> {
        self.cache
    }

    pub(crate) fn span(&self) -> Span {
        Span::compute_through(self.key)
    }

    pub(crate) fn wish(&self, demand: Demand) -> Wish<'a> {
        Wish {
            key: self.key,
            policy: self.policy,
            rules: self.policy.rules(),
            demand: if self.forced { Demand::New } else { demand },
            who: self.cache.sys().task().into(),
        }
    }

    pub(crate) fn infallible_wish(&self, demand: Demand) -> Wish<'a> {
        let mut wish = self.wish(demand);
        if wish.rules.after_wait == AfterWait::Fail {
            wish.rules.after_wait = AfterWait::Compute;
        }
        wish
    }

    /// No fault of the cache keeps a caller from computing.
    pub(crate) fn or_uncached<T>(&self, turn: Result<Turn<T, C, S>, Error>) -> Turn<T, C, S> {
        turn.unwrap_or_else(|error| {
            self.cache.fault(&error);
            let Wish { rules, demand, .. } = self.wish(Demand::Value);
            let origin = Origin { rules, demand, before: Sight::Missing };
            let (why, right) = (Why::Missing(Miss::Fault), Right::Uncached(Stored::Fault));
            Turn::Fill(Fill::new(self.cache, self.key.into(), self.policy.tags.clone(), origin, why, right))
        })
    }
}

/// Computes if it is this caller's turn.
fn finish<T: Value, C: Codec + Stores<T>, S: Sys, E>(
    span: &Span,
    turn: Turn<T, C, S>,
    compute: impl FnOnce(&mut Fill<C, S>) -> Result<T, E>,
) -> Result<Hit<T>, E> {
    let hit = match turn {
        Turn::Hit(hit) => hit,
        Turn::Fill(mut fill) | Turn::Refresh(_, mut fill) => {
            span.computing(fill.why());
            match compute(&mut fill) {
                Ok(value) => stored(fill, value),
                Err(error) => {
                    span.failed();
                    fill.fail().ok_or(error)?
                }
            }
        }
    };
    span.ended(hit.source());
    Ok(hit)
}

fn computed<T: Value, C: Codec + Stores<T>, S: Sys>(
    span: &Span,
    mut fill: Fill<C, S>,
    compute: impl FnOnce(&mut Fill<C, S>) -> T,
) -> Hit<T> {
    span.computing(fill.why());
    let value = compute(&mut fill);
    stored(fill, value)
}

/// The value, whatever becomes of storing it.
pub(crate) fn stored<T: Value, C: Codec + Stores<T>, S: Sys>(fill: Fill<C, S>, value: T) -> Hit<T> {
    let (took, cache) = (fill.took(), fill.cache().clone());
    let stored = cache.stored_or_fault(fill.commit(&value));
    Hit::new(value, Source::Computed { stored, took })
}
