//! The verbs that are one call of the blocking ones, made on the pool.

use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Sys, Usage};

use super::AsyncCache;
use crate::cache::{Cache, Stores, Value};
use crate::error::Error;
use crate::hit::Hit;
use crate::lookup::{Lookup, Stored};
use crate::policy::Policy;
use crate::stats::Stats;
use crate::sweep::{Sweep, SweepOptions};

#[cfg(feature = "postcard")]
impl AsyncCache<tagcache_codec::Postcard> {
    /// Opens the cache in `path` with the codec postcard. With other settings, or another codec, open a [`Cache`] and make
    /// this one [from](From) it.
    ///
    /// # Errors
    /// As for [`Cache::open`].
    pub async fn open(path: impl Into<std::path::PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        super::Pool::new(1).run(move || Cache::open(path)).await.map(Self::from)
    }
}

impl<C: Codec, S: Sys> AsyncCache<C, S> {
    /// The same cache for threads. Its verbs block, so they are for a thread that may.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// use tagcache::{AsyncCache, Policy, VerifyOptions};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path().to_path_buf();
    /// let cache = AsyncCache::open(dir).await?;
    /// cache.put("post/7", String::from("<h1>Seven</h1>"), &Policy::new().tag("blog")).await?;
    ///
    /// let on_a_thread = cache.clone();
    /// let found = tokio::task::spawn_blocking(move || on_a_thread.blocking().verify(&VerifyOptions::new())).await??;
    /// assert_eq!(found.exit_code(), 0, "nothing is wrong");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn blocking(&self) -> &Cache<C, S> {
        &self.cache
    }

    /// As [`Cache::with_schema`].
    #[must_use]
    pub fn with_schema(&self, name: &str) -> Self {
        self.cache.with_schema(name).into()
    }

    /// As [`Cache::stats`]; it makes no file calls.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.cache.stats()
    }

    /// The value of a key, if there is a fresh one. See [`Cache::get`].
    ///
    /// # Errors
    /// As for [`Cache::get`].
    pub async fn get<T>(&self, key: impl AsRef<[u8]>) -> Result<Option<Hit<T>>, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        let key = owned(key);
        match self.at_hand(&key) {
            Some(hit) => Ok(Some(hit)),
            None => self.quick(move |cache| cache.get(key)).await,
        }
    }

    /// The value of a key, fresh or stale, or the reason why there is none. See [`Cache::lookup`].
    ///
    /// # Errors
    /// As for [`Cache::get`].
    pub async fn lookup<T>(&self, key: impl AsRef<[u8]>) -> Result<Lookup<T>, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        let key = owned(key);
        match self.at_hand(&key) {
            Some(hit) => Ok(Lookup::Fresh(hit)),
            None => self.quick(move |cache| cache.lookup(key)).await,
        }
    }

    /// Stores a value; it is handed over, since another thread writes it. See [`Cache::put`].
    ///
    /// # Errors
    /// As for [`Cache::put`].
    pub async fn put<T>(&self, key: impl AsRef<[u8]>, value: T, policy: &Policy) -> Result<Stored, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        let (key, policy) = (owned(key), policy.clone());
        self.quick(move |cache| cache.put(key, &value, &policy)).await
    }

    /// Stores a value, and no fill or put that began before is ever stored after it. See [`Cache::replace`].
    ///
    /// # Errors
    /// As for [`Cache::replace`].
    pub async fn replace<T>(&self, key: impl AsRef<[u8]>, value: T, policy: &Policy) -> Result<Stored, Error>
    where
        T: Value,
        C: Stores<T>,
    {
        let (key, policy) = (owned(key), policy.clone());
        self.slow(move |cache| cache.replace(key, &value, &policy)).await
    }

    /// Makes every entry with this tag invalid, in every process. See [`Cache::invalidate_tag`].
    ///
    /// # Errors
    /// As for [`Cache::invalidate_tag`].
    pub async fn invalidate_tag(&self, tag: impl AsRef<[u8]>) -> Result<u64, Error> {
        let tag = owned(tag);
        self.slow(move |cache| cache.invalidate_tag(tag)).await
    }

    /// Makes every entry invalid that has at least one of these tags. See [`Cache::invalidate_tags`].
    ///
    /// # Errors
    /// As for [`Cache::invalidate_tag`].
    pub async fn invalidate_tags<T: AsRef<[u8]>>(
        &self,
        tags: impl IntoIterator<Item = T>,
    ) -> Result<u64, Error> {
        let tags = all_owned(tags);
        self.slow(move |cache| cache.invalidate_tags(tags)).await
    }

    /// Makes every entry invalid that has all of these tags. See [`Cache::invalidate_all_of`].
    ///
    /// # Errors
    /// As for [`Cache::invalidate_all_of`].
    pub async fn invalidate_all_of<T: AsRef<[u8]>>(
        &self,
        tags: impl IntoIterator<Item = T>,
    ) -> Result<u64, Error> {
        let tags = all_owned(tags);
        self.slow(move |cache| cache.invalidate_all_of(tags)).await
    }

    /// Makes every entry invalid whose tag lies under a path. See [`Cache::invalidate_under`].
    ///
    /// # Errors
    /// As for [`Cache::invalidate_under`].
    pub async fn invalidate_under(&self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
        let path = owned(path);
        self.slow(move |cache| cache.invalidate_under(path)).await
    }

    /// Makes the entry of a key invalid. See [`Cache::invalidate_key`].
    ///
    /// # Errors
    /// As for [`Cache::invalidate_key`].
    pub async fn invalidate_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = owned(key);
        self.slow(move |cache| cache.invalidate_key(key)).await
    }

    /// Has every entry with this tag refreshed. See [`Cache::expire_tag`].
    ///
    /// # Errors
    /// As for [`Cache::expire_tag`].
    pub async fn expire_tag(&self, tag: impl AsRef<[u8]>) -> Result<u64, Error> {
        let tag = owned(tag);
        self.slow(move |cache| cache.expire_tag(tag)).await
    }

    /// Has every entry refreshed that has at least one of these tags. See [`Cache::expire_tags`].
    ///
    /// # Errors
    /// As for [`Cache::expire_tag`].
    pub async fn expire_tags<T: AsRef<[u8]>>(&self, tags: impl IntoIterator<Item = T>) -> Result<u64, Error> {
        let tags = all_owned(tags);
        self.slow(move |cache| cache.expire_tags(tags)).await
    }

    /// Has every entry refreshed that has all of these tags. See [`Cache::expire_all_of`].
    ///
    /// # Errors
    /// As for [`Cache::expire_all_of`].
    pub async fn expire_all_of<T: AsRef<[u8]>>(
        &self,
        tags: impl IntoIterator<Item = T>,
    ) -> Result<u64, Error> {
        let tags = all_owned(tags);
        self.slow(move |cache| cache.expire_all_of(tags)).await
    }

    /// Has every entry refreshed whose tag lies under a path. See [`Cache::expire_under`].
    ///
    /// # Errors
    /// As for [`Cache::expire_under`].
    pub async fn expire_under(&self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
        let path = owned(path);
        self.slow(move |cache| cache.expire_under(path)).await
    }

    /// Has the entry of a key refreshed. See [`Cache::expire_key`].
    ///
    /// # Errors
    /// As for [`Cache::expire_key`].
    pub async fn expire_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = owned(key);
        self.slow(move |cache| cache.expire_key(key)).await
    }

    /// Makes every entry invalid. See [`Cache::clear`].
    ///
    /// # Errors
    /// As for [`Cache::clear`].
    pub async fn clear(&self) -> Result<u64, Error> {
        self.slow(Cache::clear).await
    }

    /// Cleans up. See [`Cache::sweep`].
    ///
    /// # Errors
    /// As for [`Cache::sweep`].
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        self.slow(Cache::sweep).await
    }

    /// Cleans up as the options say. See [`Cache::sweep_with`].
    ///
    /// # Errors
    /// As for [`Cache::sweep_with`].
    pub async fn sweep_with(&self, options: &SweepOptions) -> Result<Sweep, Error> {
        let options = *options;
        self.slow(move |cache| cache.sweep_with(&options)).await
    }

    /// Does what is due. See [`Cache::upkeep`].
    ///
    /// # Errors
    /// As for [`Cache::sweep`].
    pub async fn upkeep(&self, at_most: Duration) -> Result<Sweep, Error> {
        self.slow(move |cache| cache.upkeep(at_most)).await
    }

    /// How large the cache is. See [`Cache::usage`].
    ///
    /// # Errors
    /// As for [`Cache::usage`].
    pub async fn usage(&self) -> Result<Usage, Error> {
        self.slow(Cache::usage).await
    }

    /// A fresh value that is kept in memory. Asking an open file on this machine does not block: it is a look at what the
    /// kernel has in memory.
    fn at_hand<T: Value>(&self, key: &[u8]) -> Option<Hit<T>> {
        let look = self.cache.recall_at_once(key)?.look;
        if let Lookup::Fresh(_) = look {
            self.cache.count(key, &look);
        }
        // What is to be done about any other one is for the disk to say.
        look.fresh()
    }

    /// Runs what is over soon.
    pub(super) async fn quick<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Cache<C, S>) -> R + Send + 'static,
    ) -> R {
        let cache = self.cache.clone();
        self.cache.shared.pools.quick.run(move || work(&cache)).await
    }

    /// Runs what may take long.
    async fn slow<R: Send + 'static>(&self, work: impl FnOnce(&Cache<C, S>) -> R + Send + 'static) -> R {
        let cache = self.cache.clone();
        self.cache.shared.pools.slow.run(move || work(&cache)).await
    }
}

fn owned(bytes: impl AsRef<[u8]>) -> Box<[u8]> {
    bytes.as_ref().into()
}

fn all_owned<T: AsRef<[u8]>>(all: impl IntoIterator<Item = T>) -> Vec<Box<[u8]>> {
    all.into_iter().map(owned).collect()
}
