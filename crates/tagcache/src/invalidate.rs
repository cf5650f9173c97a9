//! Taking values away: by tag, by key, all of them; for ever, or to be refreshed.

use tagcache_codec::Codec;
use tagcache_fs::{Incomplete, Sys, Touched};

use crate::cache::Cache;
use crate::error::Error;
use crate::read::tags_of;
use crate::stats::Counters;

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Makes every entry with this tag invalid, in every process: once this has returned, no read that starts later
    /// gets a value whose computation began before the call. With durable invalidations (the default) also after a
    /// power cut. Returns how many links were removed.
    ///
    /// # Errors
    /// [`Error::Name`] for an impossible tag; [`Error::Incomplete`] when something may still be served, which
    /// the caller must know.
    pub fn invalidate_tag(&self, tag: impl AsRef<[u8]>) -> Result<u64, Error> {
        self.invalidate_tags([tag])
    }

    /// Makes every entry that has at least one of these tags invalid, with one wait for the disk for all of them. An
    /// entry that has two of them counts twice.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("home", &String::from("home"), &Policy::new().tags(["blog", "bio"]))?;
    /// cache.put("about", &String::from("about"), &Policy::new().tag("bio"))?;
    /// assert_eq!(cache.invalidate_tags(["blog", "bio"])?, 3);
    /// assert!(cache.get::<String>("about")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_tags<T: AsRef<[u8]>>(&self, tags: impl IntoIterator<Item = T>) -> Result<u64, Error> {
        let tags = Self::tags(tags)?;
        self.counted(self.root().invalidate_tags(&tags))
    }

    /// Makes every entry with this tag softly expired: one caller refreshes it while the others may get the old value.
    /// A fill in flight that has the tag is not stored. Returns how many links were found.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tag("prices");
    /// cache.put("page", &String::from("old"), &policy)?;
    /// cache.expire_tag("prices")?;
    /// assert!(cache.get::<String>("page")?.is_none(), "it is not fresh");
    /// let page = cache.get_with("page", &policy, |_| String::from("new"));
    /// assert_eq!(*page, "new", "the first one who asks refreshes it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn expire_tag(&self, tag: impl AsRef<[u8]>) -> Result<u64, Error> {
        self.expire_tags([tag])
    }

    /// Makes every entry that has at least one of these tags softly expired.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn expire_tags<T: AsRef<[u8]>>(&self, tags: impl IntoIterator<Item = T>) -> Result<u64, Error> {
        let tags = Self::tags(tags)?;
        self.counted(self.root().expire_tags(&tags))
    }

    /// Makes the entry of this key invalid, and every fill of it that is in flight. Returns whether there was one.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = Self::key(key.as_ref())?;
        let touched = self.root().invalidate_key(&key, &mut |entry| tags_of(entry));
        self.counted(touched).map(|links| links > 0)
    }

    /// Makes the entry of this key softly expired. Returns whether there was one.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn expire_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = Self::key(key.as_ref())?;
        self.counted(self.root().expire_key(&key)).map(|links| links > 0)
    }

    /// Makes everything invalid, and every fill in flight. Returns how many entries there were. The cache can be used
    /// on: its settings and held leases stay.
    ///
    /// # Errors
    /// [`Error::Incomplete`] when something may still be served.
    pub fn clear(&self) -> Result<u64, Error> {
        self.counted(self.root().clear())
    }

    fn counted(&self, outcome: Result<Touched, Incomplete>) -> Result<u64, Error> {
        let touched = outcome?;
        Counters::add(&self.shared.counters.invalidations);
        Ok(touched.links)
    }
}
