//! Taking values away: by tag, by key, all of them; for ever, or to be refreshed.

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Incomplete, Sys, Tag, Touched};

use crate::cache::Cache;
use crate::error::Error;
use crate::events::{self, By, Manner};
use crate::ground::Ground;
use crate::path;
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
        self.take(By::Tags, Manner::Hard, |ground| ground.root.invalidate_tags(&tags))
    }

    /// Makes every entry invalid that has *all* of these tags. Returns how many there were.
    ///
    /// The tags are not equal in what they cost: the links of one of them, about the rarest, are walked, and the others are
    /// asked about by one call for each link. A computation under way that has this one tag is not stored, also when it
    /// does not have the others; its value goes to its caller, and the next caller computes.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("7 in French", &String::from("sept"), &Policy::new().tags(["post/7", "lang/fr"]))?;
    /// cache.put("7 in Dutch", &String::from("zeven"), &Policy::new().tags(["post/7", "lang/nl"]))?;
    /// assert_eq!(cache.invalidate_all_of(["post/7", "lang/fr"])?, 1);
    /// assert!(cache.get::<String>("7 in Dutch")?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag); [`Error::NoTags`] when there is no tag.
    pub fn invalidate_all_of<T: AsRef<[u8]>>(&self, tags: impl IntoIterator<Item = T>) -> Result<u64, Error> {
        let tags = Self::some_tags(tags)?;
        self.take(By::AllOfTags, Manner::Hard, |ground| ground.root.invalidate_all_of(&tags))
    }

    /// Makes every entry invalid that has this path as a tag, or one under it: what was stored with
    /// [`Policy::tag_path`](crate::Policy::tag_path) or [`Fill::add_tag_path`](crate::Fill::add_tag_path), which tag the
    /// levels, too. Returns how many links were removed.
    ///
    /// A path is what lies between slashes: `org/7` is under `org`, `org/77` is not under `org/7`, and a slash at the end
    /// changes nothing. A level is a tag like any other, so this is an [invalidation](Self::invalidate_tags) of two tags,
    /// the path and its level `org/7/`: as quick, and as safe beside computations under way. A value that was tagged
    /// `org/7/user/9` by [`Policy::tag`](crate::Policy::tag) has no levels, and is not found.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("profile", &String::from("Ann"), &Policy::new().tag_path("org/7/user/9"))?;
    /// cache.put("logo", &String::from("<svg>"), &Policy::new().tag_path("org/7"))?;
    /// assert_eq!(cache.invalidate_under("org/7/user")?, 1);
    /// assert!(cache.get::<String>("logo")?.is_some());
    /// cache.invalidate_under("org")?;
    /// assert!(cache.get::<String>("logo")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_under(&self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
        self.invalidate_tags(path::under(path.as_ref()))
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
        self.take(By::Tags, Manner::Soft, |ground| ground.root.expire_tags(&tags))
    }

    /// Makes every entry softly expired that has all of these tags. As [`invalidate_all_of`](Self::invalidate_all_of)
    /// otherwise.
    ///
    /// # Errors
    /// As for [`invalidate_all_of`](Self::invalidate_all_of).
    pub fn expire_all_of<T: AsRef<[u8]>>(&self, tags: impl IntoIterator<Item = T>) -> Result<u64, Error> {
        let tags = Self::some_tags(tags)?;
        self.take(By::AllOfTags, Manner::Soft, |ground| ground.root.expire_all_of(&tags))
    }

    /// Makes every entry softly expired that has this path as a tag, or one under it. As
    /// [`invalidate_under`](Self::invalidate_under) otherwise.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn expire_under(&self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
        self.expire_tags(path::under(path.as_ref()))
    }

    /// Makes the entry of this key invalid, and every fill of it that is in flight. Returns whether there was one.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn invalidate_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = Self::key(key.as_ref())?;
        let take = |ground: &Ground<S>| {
            let mut met = |entry: &Entry<S>| {
                self.note_removed(ground, &key, entry.meta());
                tags_of(entry)
            };
            ground.root.invalidate_key(&key, &mut met)
        };
        self.take(By::Key, Manner::Hard, take).map(|links| links > 0)
    }

    /// Makes the entry of this key softly expired. Returns whether there was one.
    ///
    /// # Errors
    /// As for [`invalidate_tag`](Self::invalidate_tag).
    pub fn expire_key(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        let key = Self::key(key.as_ref())?;
        self.take(By::Key, Manner::Soft, |ground| ground.root.expire_key(&key)).map(|links| links > 0)
    }

    /// Makes everything invalid, and every fill in flight. Returns how many entries there were. The cache can be used
    /// on: its settings and held leases stay.
    ///
    /// # Errors
    /// [`Error::Incomplete`] when something may still be served; [`Error::Open`] when the directory is no longer a cache, and
    /// nothing in it was touched.
    pub fn clear(&self) -> Result<u64, Error> {
        self.checked_ground()?;
        self.take(By::Everything, Manner::Hard, |ground| {
            let cleared = ground.root.clear();
            if cleared.is_ok() {
                self.note_cleared(ground);
                // Their files would take their space as long as they are open.
                self.shared.tier.clear();
            }
            cleared
        })
    }

    /// All of no tags would be every entry, and hardly ever what was meant.
    fn some_tags<T: AsRef<[u8]>>(tags: impl IntoIterator<Item = T>) -> Result<Vec<Tag>, Error> {
        let tags = Self::tags(tags)?;
        if tags.is_empty() { Err(Error::NoTags) } else { Ok(tags) }
    }

    /// Takes away, in the directory that newcomers open: in one that was removed nobody would hear of it.
    fn take(
        &self,
        by: By,
        manner: Manner,
        mut act: impl FnMut(&Ground<S>) -> Result<Touched, Incomplete>,
    ) -> Result<u64, Error> {
        self.look_at_ground(self.sys().now());
        let ground = self.ground();
        let mut outcome = act(&ground);
        if let Err(incomplete) = &outcome {
            if self.renew_ground_after(incomplete.first(), ground.number) {
                outcome = act(&self.ground());
            }
        }
        events::invalidated(by, manner, &outcome);
        let touched = outcome?;
        Counters::add(&self.shared.counters.here().invalidations);
        Ok(touched.links)
    }
}
