//! Compute-through: the value of a key, from the cache or computed, with one computation at a time.

use std::convert::Infallible;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::sys::Env;
use tagcache_fs::{Key, Sys};

use crate::cache::{Cache, Stores};
use crate::error::Error;
use crate::fill::{Begun, Fill, Permit, Right, Why};
use crate::held::{Answer, HeldLease};
use crate::hit::Hit;
use crate::lookup::{Lookup, Miss, Source, Stale, Stored};
use crate::policy::Policy;
use crate::stats::Counters;

/// A waiting caller asks again after this long at first, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The value of a key: from the cache if there is a fresh one, else computed and stored.
    ///
    /// One caller in all processes computes; the others get the old value where the policy and the entry allow it, or
    /// wait. A value that an invalidation overtook while it was computed is returned and not stored. No fault reaches the
    /// caller: where the cache cannot be used (or the key, the tags or the type cannot be stored) the value is computed
    /// and returned all the same; see [`Hit::source`], [`stats`](Self::stats) and
    /// [`Builder::on_fault`](crate::Builder::on_fault). A panic of `compute` passes through, and the next caller computes.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// use tagcache::{Cache, Policy};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Cache::open(dir.path())?;
    /// let page = cache.get_with("post/7", &Policy::new().tag("blog"), |fill| {
    ///     fill.add_tag("author/3"); // known only now
    ///     String::from("<h1>Seven</h1>")
    /// });
    /// assert_eq!(*page, "<h1>Seven</h1>");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_with<T: 'static>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(&mut Fill<C, S>) -> T,
    ) -> Hit<T>
    where
        C: Stores<T>,
    {
        let computed = self.try_get_with(key, policy, |fill| Ok::<T, Infallible>(compute(fill)));
        match computed {
            Ok(hit) => hit,
            Err(never) => match never {},
        }
    }

    /// The same for a computation that can fail. Its error comes back unchanged and nothing is stored; the next caller
    /// computes.
    ///
    /// # Errors
    /// Those of `compute`, and no others.
    pub fn try_get_with<T: 'static, E>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(&mut Fill<C, S>) -> Result<T, E>,
    ) -> Result<Hit<T>, E>
    where
        C: Stores<T>,
    {
        let bytes = key.as_ref();
        let begun = self.turn(bytes, policy).unwrap_or_else(|error| {
            self.fault(&error);
            Begun::Fill(self.uncached(bytes, policy, Why::Missing(Miss::Fault), Stored::Fault))
        });
        match begun {
            Begun::Hit(hit) => Ok(hit),
            Begun::Fill(mut fill) => {
                let value = compute(&mut fill)?;
                let took = fill.took();
                let stored = self.stored_or_fault(fill.commit(&value));
                Ok(Hit::new(value, Source::Computed { stored, took }))
            }
        }
    }

    /// Compute-through without a closure: a value, or the right to compute it. [`Fill::commit`] stores it.
    ///
    /// Beyond the wait limit the fill is given without the lease, and its value is not stored:
    /// [`Fill::will_store`] tells.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// use tagcache::{Begun, Cache, Policy};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Cache::open(dir.path())?;
    /// match cache.begin::<String>("greeting", &Policy::new())? {
    ///     Begun::Hit(hit) => println!("{}", *hit),
    ///     Begun::Fill(fill) => {
    ///         fill.commit(&String::from("hello"))?;
    ///     }
    /// }
    /// assert_eq!(*cache.get::<String>("greeting")?.expect("stored"), "hello");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`get`](Self::get); [`Error::LeaseHeldHere`] when the calling thread is filling the key already;
    /// [`Error::Io`] when the lease or the log cannot be used.
    pub fn begin<T: 'static>(&self, key: impl AsRef<[u8]>, policy: &Policy) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        self.turn(key.as_ref(), policy)
    }

    /// A look, then what follows from it: use, wait, or compute.
    fn turn<T: 'static>(&self, bytes: &[u8], policy: &Policy) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        let key = Self::key(bytes)?;
        match self.look(&key, bytes)? {
            Lookup::Fresh(hit) => Ok(Begun::Hit(hit)),
            Lookup::Stale(hit, stale) if policy.stale_while_refresh => {
                self.refresh_or_serve(key, bytes, policy, hit, stale)
            }
            Lookup::Stale(_, stale) => self.wait_for_turn(key, bytes, policy, Why::Stale(stale)),
            Lookup::Miss(miss) => self.wait_for_turn(key, bytes, policy, Why::Missing(miss)),
        }
    }

    /// The seed's rule: whoever gets the lease computes, everybody else is served the old value at once.
    fn refresh_or_serve<T: 'static>(
        &self,
        key: Key,
        bytes: &[u8],
        policy: &Policy,
        hit: Hit<T>,
        stale: Stale,
    ) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        // Where the lease cannot be asked for nobody refreshes, so the old value would be served for ever: an error.
        match self.shared.held.ask(self.root(), &key)? {
            Answer::Yours(lease) => self.under_lease(key, bytes, policy, lease, Why::Stale(stale)),
            Answer::Busy | Answer::HeldHere => Ok(self.serve_stale(hit)),
        }
    }

    fn serve_stale<T>(&self, hit: Hit<T>) -> Begun<T, C, S> {
        Counters::add(&self.shared.counters.served_stale);
        Begun::Hit(hit)
    }

    /// Asks for the lease until it is given, a value appears, or the wait limit is over.
    fn wait_for_turn<T: 'static>(
        &self,
        key: Key,
        bytes: &[u8],
        policy: &Policy,
        why: Why,
    ) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        let mut patience = Patience::new(self.root().sys(), policy.wait_limit);
        loop {
            match self.shared.held.ask(self.root(), &key)? {
                Answer::Yours(lease) => return self.under_lease(key, bytes, policy, lease, why),
                Answer::HeldHere => {
                    Counters::add(&self.shared.counters.reentrant);
                    let key = key.path().to_string_lossy().into_owned().into();
                    return Err(Error::LeaseHeldHere { key });
                }
                Answer::Busy => {}
            }
            if patience.is_new() {
                Counters::add(&self.shared.counters.waits);
            }
            if !patience.wait(self.root().sys()) {
                Counters::add(&self.shared.counters.wait_timeouts);
                return Ok(Begun::Fill(self.uncached(bytes, policy, why, Stored::Unleased)));
            }
            match self.peek(&key, bytes)? {
                Lookup::Fresh(hit) => return Ok(Begun::Hit(hit)),
                Lookup::Stale(hit, _) if policy.stale_while_refresh => return Ok(self.serve_stale(hit)),
                Lookup::Stale(..) | Lookup::Miss(_) => {}
            }
        }
    }

    /// Looks again, since somebody may have filled it in between; then takes the mark, before anything is computed.
    fn under_lease<T: 'static>(
        &self,
        key: Key,
        bytes: &[u8],
        policy: &Policy,
        lease: Box<HeldLease<S>>,
        why: Why,
    ) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        let why = match self.peek(&key, bytes)? {
            Lookup::Fresh(hit) => return Ok(Begun::Hit(hit)),
            Lookup::Stale(_, stale) => Why::Stale(stale),
            // The first look may know more than that it is gone.
            Lookup::Miss(Miss::Absent) => why,
            Lookup::Miss(miss) => Why::Missing(miss),
        };
        let mark = self.root().mark()?;
        let right = Right::Store(Box::new(Permit { key, lease, mark }));
        Ok(Begun::Fill(Fill::new(self, bytes, policy, why, right)))
    }

    fn uncached(&self, bytes: &[u8], policy: &Policy, why: Why, outcome: Stored) -> Fill<C, S> {
        Fill::new(self, bytes, policy, why, Right::Uncached(outcome))
    }
}

/// How long somebody goes on waiting, and how often they look.
struct Patience {
    began: Duration,
    limit: Duration,
    pause: Duration,
}

impl Patience {
    fn new(env: &impl Env, limit: Duration) -> Self {
        Self { began: env.elapsed(), limit, pause: FIRST_PAUSE }
    }

    fn is_new(&self) -> bool {
        self.pause == FIRST_PAUSE
    }

    /// Lets some time pass; `false` when the limit is reached.
    fn wait(&mut self, env: &impl Env) -> bool {
        let left = self.limit.saturating_sub(env.elapsed().saturating_sub(self.began));
        if left.is_zero() {
            return false;
        }
        // Between a half and the whole of it, so that those who began together do not ask together for ever.
        let half = self.pause / 2;
        let spread = env.random() % u64::try_from(half.as_nanos()).unwrap_or(1).max(1);
        env.wait((half + Duration::from_nanos(spread)).min(left));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
