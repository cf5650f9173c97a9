//! Compute-through for tasks: on the way to a value, and the verbs that go it.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use super::fill::{AsyncBegun, AsyncFill, FillHandle};
use super::{AsyncCache, who};
use crate::asking::{Advance, Asking, Pause, Start, Turn, Wish};
use crate::cache::{Cache, Stores, Value};
use crate::decision::Demand;
use crate::error::Error;
use crate::events::Span;
use crate::held::{Flight, Who};
use crate::hit::Hit;
use crate::policy::Policy;
use crate::request::{ComputeError, Request};

/// What a caller of [`AsyncCache::at`] wants: see [`Request`]. Nothing happens before one of the last four calls.
#[must_use = "it does nothing until a value is asked for"]
pub struct AsyncRequest<'a, C, S: Sys> {
    cache: &'a AsyncCache<C, S>,
    key: &'a [u8],
    policy: &'a Policy,
    forced: bool,
}

impl<C, S: Sys> fmt::Debug for AsyncRequest<'_, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.escape_ascii().to_string();
        f.debug_struct("AsyncRequest")
            .field("key", &key)
            .field("forced", &self.forced)
            .finish_non_exhaustive()
    }
}

static DEFAULT: Policy = Policy::new();

/// A call, owned: it goes to the pool.
struct Call {
    key: Box<[u8]>,
    policy: Policy,
    forced: bool,
    demand: Demand,
    may_fail: bool,
    who: Who,
}

impl Call {
    fn request<'a, C: Codec, S: Sys>(&'a self, cache: &'a Cache<C, S>) -> Request<'a, C, S> {
        let request = cache.at(&self.key).policy(&self.policy);
        if self.forced { request.forced() } else { request }
    }

    /// The first look, and what follows it up to the first wait.
    fn begin<T: Value, C: Codec + Stores<T>, S: Sys>(
        &self,
        cache: &Cache<C, S>,
    ) -> Result<Progress<T, C, S>, Error> {
        match cache.start(&self.wish(cache))? {
            Start::Hit(hit) => Ok(Progress::Done(Turn::Hit(hit))),
            Start::Asking(asking) => go_on(asking),
        }
    }

    fn wish<'a, C: Codec, S: Sys>(&'a self, cache: &'a Cache<C, S>) -> Wish<'a> {
        let request = self.request(cache);
        let wish =
            if self.may_fail { request.wish(self.demand) } else { request.infallible_wish(self.demand) };
        Wish { who: self.who, ..wish }
    }
}

/// How far somebody is on the way to a value.
enum Progress<T, C, S: Sys> {
    Done(Turn<T, C, S>),
    Paused(Box<Asking<T, C, S>>, Pause),
}

fn go_on<T: Value, C: Codec + Stores<T>, S: Sys>(
    mut asking: Box<Asking<T, C, S>>,
) -> Result<Progress<T, C, S>, Error> {
    Ok(match asking.advance()? {
        Advance::Done(turn) => Progress::Done(turn),
        Advance::Pause(pause) => Progress::Paused(asking, pause),
    })
}

impl Pause {
    /// Waits with the task.
    async fn pass(self) {
        match self {
            Self::Poll(duration) => tokio::time::sleep(duration).await,
            // Over or not, there is a look after it.
            Self::Follow(following, limit) => {
                let _ = tokio::time::timeout(limit, ended(following.flight())).await;
            }
        }
    }
}

async fn ended(flight: &Flight) {
    poll_fn(|context| {
        flight.ended().wake(context.waker());
        if flight.ended().is_given() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl<C: Codec, S: Sys> AsyncCache<C, S> {
    /// The beginning of a request for the value of a key, with [`Policy::new`] unless another policy is set.
    ///
    /// [`get_with`](Self::get_with) and [`try_get_with`](Self::try_get_with) are short for the usual ones.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # use tagcache::{AsyncCache, Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = AsyncCache::from(Builder::new(Raw).open(dir.path())?);
    /// let policy = Policy::new().tag("blog");
    /// assert_eq!(*cache.at("page").policy(&policy).compute(async |_| String::from("old")).await, "old");
    /// assert_eq!(*cache.at("page").policy(&policy).forced().compute(async |_| String::from("new")).await, "new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at<'a>(&'a self, key: &'a (impl AsRef<[u8]> + ?Sized)) -> AsyncRequest<'a, C, S> {
        AsyncRequest { cache: self, key: key.as_ref(), policy: &DEFAULT, forced: false }
    }

    /// The value of a key: from the cache if there is a fresh one, else computed and stored. See [`Cache::get_with`].
    ///
    /// If the future is dropped the computation is, too; the lease is given back and the next caller computes.
    pub async fn get_with<T, F>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(FillHandle<C, S>) -> F,
    ) -> Hit<T>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = T>,
    {
        self.at(key.as_ref()).policy(policy).compute(compute).await
    }

    /// The same for a computation that can fail. See [`Cache::try_get_with`].
    ///
    /// # Errors
    /// Those of `compute`, and no others.
    pub async fn try_get_with<T, E, F>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(FillHandle<C, S>) -> F,
    ) -> Result<Hit<T>, E>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.at(key.as_ref()).policy(policy).infallible(compute).await
    }

    /// Compute-through without a closure: a value, or the right to compute it. See [`Cache::begin`].
    ///
    /// # Errors
    /// As for [`Cache::begin`]; it is the task that must not be filling the key already.
    pub async fn begin<T>(&self, key: impl AsRef<[u8]>, policy: &Policy) -> Result<AsyncBegun<T, C, S>, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        self.at(key.as_ref()).policy(policy).begin().await
    }

    /// Asks and waits until there is a value or the turn to compute one.
    async fn turn<T>(&self, span: &Span, call: Call) -> Result<Turn<T, C, S>, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        if let Some(hit) = self.cache.at_hand(&call.wish(&self.cache)) {
            return Ok(Turn::Hit(hit));
        }
        let inside = span.clone();
        let mut progress = self.quick(move |cache| inside.within(|| call.begin(cache))).await?;
        loop {
            match progress {
                Progress::Done(turn) => return Ok(turn),
                Progress::Paused(asking, pause) => {
                    pause.pass().await;
                    let inside = span.clone();
                    progress = self.quick(move |_| inside.within(|| go_on(asking))).await?;
                }
            }
        }
    }
}

impl<'a, C: Codec, S: Sys> AsyncRequest<'a, C, S> {
    /// With this policy.
    pub const fn policy(mut self, policy: &'a Policy) -> Self {
        self.policy = policy;
        self
    }

    /// A new value is computed although there is a fresh one: see [`Request::forced`].
    pub const fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    /// The value: from the cache, else computed and stored. See [`Request::compute`].
    pub async fn compute<T, F>(self, compute: impl FnOnce(FillHandle<C, S>) -> F) -> Hit<T>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = T>,
    {
        let compute = |fill| {
            let value = compute(fill);
            async move { Ok::<T, Infallible>(value.await) }
        };
        match self.infallible(compute).await {
            Ok(hit) => hit,
            Err(never) => match never {},
        }
    }

    /// The same for a computation that can fail, under a policy that may say
    /// [`AfterWait::Fail`](crate::AfterWait::Fail). See [`Request::try_compute`].
    ///
    /// # Errors
    /// [`ComputeError::Computation`] with the error of `compute`, unchanged; [`ComputeError::Cache`] with
    /// [`Error::WaitedTooLong`] where the policy says so.
    pub async fn try_compute<T, E, F>(
        self,
        compute: impl FnOnce(FillHandle<C, S>) -> F,
    ) -> Result<Hit<T>, ComputeError<E>>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = Result<T, E>>,
    {
        let span = Span::compute_through(self.key);
        let call = self.call(Demand::Value, true);
        let who = call.who;
        let turn = match span.around(self.cache.turn(&span, call)).await {
            Err(error @ Error::WaitedTooLong { .. }) => return Err(ComputeError::Cache(error)),
            turn => self.sync().or_uncached(turn),
        };
        finish(&span, who, turn, compute).await.map_err(ComputeError::Computation)
    }

    /// The value at once if there is one that the policy lets be served: it is computed anew behind the caller then, by a
    /// task of its own. Where there is none it is computed here. See [`Request::compute_behind`], whose limits hold here
    /// as well.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # use tagcache::{AsyncCache, Builder, Policy, Raw, Source, Stale};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = AsyncCache::from(Builder::new(Raw).open(dir.path())?);
    /// cache.put("page", String::from("old"), &Policy::new()).await?;
    /// cache.expire_key("page").await?;
    ///
    /// let page = cache.at("page").compute_behind(async |_| String::from("new")).await;
    /// assert_eq!((page.as_str(), page.source()), ("old", Source::Stale(Stale::SoftlyExpired)));
    /// while cache.stats().stored < 2 {
    ///     tokio::task::yield_now().await;
    /// }
    /// assert_eq!(*cache.get::<String>("page").await?.expect("refreshed"), "new");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn compute_behind<T, F>(
        self,
        compute: impl FnOnce(FillHandle<C, S>) -> F + Send + 'static,
    ) -> Hit<T>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = T> + Send + 'static,
    {
        let span = Span::compute_through(self.key);
        let call = self.call(Demand::Behind, false);
        let who = call.who;
        let turn = span.around(self.cache.turn(&span, call)).await;
        let hit = match self.sync().or_uncached(turn) {
            Turn::Hit(hit) => hit,
            Turn::Fill(fill) => computed(&span, who, AsyncFill::new(fill), compute).await,
            Turn::Refresh(hit, fill) => {
                self.cache.compute_behind(who, AsyncFill::new(fill), compute);
                hit
            }
        };
        span.ended(hit.source());
        hit
    }

    /// A value, or the right to compute it. See [`Cache::begin`].
    ///
    /// # Errors
    /// As for [`AsyncCache::begin`].
    pub async fn begin<T>(self) -> Result<AsyncBegun<T, C, S>, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        let span = Span::compute_through(self.key);
        let mut call = self.call(Demand::Value, true);
        call.who = who::holder(self.cache.cache.sys());
        Ok(match span.around(self.cache.turn(&span, call)).await? {
            Turn::Hit(hit) => {
                span.ended(hit.source());
                AsyncBegun::Hit(hit)
            }
            Turn::Fill(fill) | Turn::Refresh(_, fill) => {
                span.computing(fill.why());
                AsyncBegun::Fill(AsyncFill::new(fill))
            }
        })
    }

    /// For verbs that have no word for a wait that was too long.
    pub(crate) async fn infallible<T, E, F>(
        self,
        compute: impl FnOnce(FillHandle<C, S>) -> F,
    ) -> Result<Hit<T>, E>
    where
        T: Value,
        C: Stores<T>,
        F: Future<Output = Result<T, E>>,
    {
        let span = Span::compute_through(self.key);
        let call = self.call(Demand::Value, false);
        let who = call.who;
        let turn = span.around(self.cache.turn(&span, call)).await;
        finish(&span, who, self.sync().or_uncached(turn), compute).await
    }

    fn sync(&self) -> Request<'a, C, S> {
        self.cache.cache.at(self.key).policy(self.policy)
    }

    fn call(&self, demand: Demand, may_fail: bool) -> Call {
        Call {
            key: self.key.into(),
            policy: self.policy.clone(),
            forced: self.forced,
            demand,
            may_fail,
            who: who::caller(self.cache.cache.sys()),
        }
    }
}

/// Computes if it is this caller's turn.
async fn finish<T, C, S, E, F>(
    span: &Span,
    who: Who,
    turn: Turn<T, C, S>,
    compute: impl FnOnce(FillHandle<C, S>) -> F,
) -> Result<Hit<T>, E>
where
    T: Value,
    C: Codec + Stores<T>,
    S: Sys,
    F: Future<Output = Result<T, E>>,
{
    let hit = match turn {
        Turn::Hit(hit) => hit,
        Turn::Fill(fill) | Turn::Refresh(_, fill) => {
            span.computing(fill.why());
            let fill = AsyncFill::new(fill);
            match span.around(who::computing(who, compute(fill.handle()))).await {
                Ok(value) => fill.commit(value).await,
                Err(error) => {
                    span.failed();
                    fill.fail().await.ok_or(error)?
                }
            }
        }
    };
    span.ended(hit.source());
    Ok(hit)
}

pub(super) async fn computed<T, C, S, F>(
    span: &Span,
    who: Who,
    fill: AsyncFill<C, S>,
    compute: impl FnOnce(FillHandle<C, S>) -> F,
) -> Hit<T>
where
    T: Value,
    C: Codec + Stores<T>,
    S: Sys,
    F: Future<Output = T>,
{
    span.computing(fill.why());
    let value = span.around(who::computing(who, compute(fill.handle()))).await;
    fill.commit(value).await
}
