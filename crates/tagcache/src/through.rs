//! Compute-through: the value of a key, from the cache or computed, with one computation at a time.

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::cache::{Cache, Stores, Value};
use crate::error::Error;
use crate::fill::{Begun, Fill};
use crate::hit::Hit;
use crate::policy::Policy;

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
    pub fn get_with<T: Value>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(&mut Fill<C, S>) -> T,
    ) -> Hit<T>
    where
        C: Stores<T>,
    {
        self.at(key.as_ref()).policy(policy).compute(compute)
    }

    /// The same for a computation that can fail. Its error comes back unchanged and nothing is stored; the next caller
    /// computes. Where the policy allows it an old value [stands in](Policy::stale_if_error) for the error.
    ///
    /// # Errors
    /// Those of `compute`, and no others.
    pub fn try_get_with<T: Value, E>(
        &self,
        key: impl AsRef<[u8]>,
        policy: &Policy,
        compute: impl FnOnce(&mut Fill<C, S>) -> Result<T, E>,
    ) -> Result<Hit<T>, E>
    where
        C: Stores<T>,
    {
        self.at(key.as_ref()).policy(policy).infallible(compute)
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
    /// As for [`get`](Self::get); [`Error::WaitedTooLong`] where the policy says so; [`Error::LeaseHeldHere`] when the calling thread is filling the key already;
    /// [`Error::Io`] when the lease or the log cannot be used.
    pub fn begin<T: Value>(&self, key: impl AsRef<[u8]>, policy: &Policy) -> Result<Begun<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        self.at(key.as_ref()).policy(policy).begin()
    }
}
