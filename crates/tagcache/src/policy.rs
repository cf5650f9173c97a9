//! How long a value lives, which tags it has, and what its readers may expect. Policies are plain values: build one,
//! keep it, use it for many keys, combine it with others.

use std::time::{Duration, SystemTime};

use tagcache_codec::Fingerprint;
use tagcache_fs::Time;

use crate::chance::Factor;
use crate::path;

/// Until when a value is fresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Expiry {
    #[default]
    Never,
    In(Duration),
    At(Time),
}

impl Expiry {
    /// The point in time, for a value that is stored `now`.
    pub(crate) fn from(self, now: Time) -> Time {
        match self {
            Self::Never => Time::MAX,
            Self::In(duration) => now.after(duration),
            Self::At(time) => time,
        }
    }
}

/// What a caller does that has waited for another one's computation up to the [limit](Policy::wait_limit).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterWait {
    /// It computes side by side, and its value is not stored.
    #[default]
    Compute,
    /// It is served an old value, if there is one that [`Policy::keep_stale`] or [`Policy::stale_if_error`] allows, also
    /// under a policy that otherwise waits for the new one; else it computes.
    ServeStale,
    /// It is told [`Error::WaitedTooLong`](crate::Error::WaitedTooLong) by the verbs that can say so: those of a
    /// [`Request`](crate::Request), and [`Cache::begin`](crate::Cache::begin). The others compute.
    Fail,
}

/// How long a source that failed is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

/// What is to be done with the value of a key: its expiry, its tags, and who may get an old one.
///
/// What is not said is as [`Policy::new`] tells. A policy that says little may be [combined](Policy::or) with one that
/// says the rest.
///
/// ```
/// use std::time::Duration;
/// use tagcache::Policy;
///
/// let week = Policy::new().expire_in(Duration::from_secs(7 * 24 * 3600));
/// let home = week.clone().tags(["blog-new", "bio"]);
/// assert_eq!(home, week.tag("blog-new").tag("bio"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    // `None` is what was not said, so that policies can be combined.
    expiry: Option<Expiry>,
    pub(crate) tags: Vec<Vec<u8>>,
    jitter: Option<Factor>,
    refresh_early: Option<Factor>,
    stale_while_refresh: Option<bool>,
    keep_stale: Option<Duration>,
    stale_if_error: Option<Duration>,
    retry: Option<Retry>,
    wait_limit: Option<Duration>,
    after_wait: Option<AfterWait>,
    pub(crate) schema: Option<Fingerprint>,
}

impl Policy {
    /// Never expires, has no tags; one caller refreshes an expired value while the others get the old one, up to a day
    /// after its expiry; nothing is refreshed before its time, and no old value stands in for an error; a caller that
    /// waits for another's computation waits at most ten seconds, and then computes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            expiry: None,
            tags: Vec::new(),
            jitter: None,
            refresh_early: None,
            stale_while_refresh: None,
            keep_stale: None,
            stale_if_error: None,
            retry: None,
            wait_limit: None,
            after_wait: None,
            schema: None,
        }
    }

    /// Fresh for this long, counted from when the value is stored. Zero is expired at once. Unless this or
    /// [`expire_at`](Self::expire_at) is set, a value does not expire; of several of these, the last one holds.
    #[must_use]
    pub fn expire_in(mut self, duration: Duration) -> Self {
        self.expiry = Some(Expiry::In(duration));
        self
    }

    /// Fresh until this point in time. One in the past is expired at once.
    #[must_use]
    pub fn expire_at(mut self, time: SystemTime) -> Self {
        self.expiry = Some(Expiry::At(time.into()));
        self
    }

    /// Fresh until it is invalidated. So it is unless something else is set, by this policy or one that it is
    /// [combined](Self::or) with.
    #[must_use]
    pub fn never_expire(mut self) -> Self {
        self.expiry = Some(Expiry::Never);
        self
    }

    /// Adds a tag, of 1 to 4096 bytes. One that is there already changes nothing. There are none unless set, and at most as
    /// many as [`Builder::max_tags`](crate::Builder::max_tags) says.
    #[must_use]
    pub fn tag(mut self, tag: impl AsRef<[u8]>) -> Self {
        self.tags.push(tag.as_ref().to_vec());
        self
    }

    /// Adds several tags.
    #[must_use]
    pub fn tags<T: AsRef<[u8]>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(|tag| tag.as_ref().to_vec()));
        self
    }

    /// Adds a tag that is a path, `org/7/user/9` say, with each level above it (`org/`, `org/7/`, `org/7/user/`), so that
    /// [`Cache::invalidate_under`](crate::Cache::invalidate_under) any of them finds the value.
    ///
    /// Each level is a tag and costs what a tag costs: one call to the kernel and one link for each value, and a place
    /// among [`Builder::max_tags`](crate::Builder::max_tags).
    #[must_use]
    pub fn tag_path(self, path: impl AsRef<[u8]>) -> Self {
        self.tags(path::tags(path.as_ref()))
    }

    /// Shortens a relative expiry by up to this fraction of it, by chance for each value, so that values which were
    /// stored together do not expire together. `0.1` makes an hour 54 to 60 minutes. It never lengthens; a fraction
    /// above one counts as one, and one below zero, or what is no number, as zero. Zero unless set.
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = Some(Factor::new(fraction).at_most_one());
        self
    }

    /// Refreshes a value, by chance, shortly before it expires, so that nobody has to wait when it does: the more
    /// likely, the nearer the expiry is and the longer the value took to compute (the method is known as `XFetch`).
    ///
    /// With `beta` 1 a value that took a second is refreshed a second early on average; with 2, two seconds. Whoever is
    /// chosen computes, the others use what is there. Should the computation fail, the value is served that is still
    /// fresh. What is below zero, or no number, counts as zero: nothing is refreshed early. So it is unless set.
    #[must_use]
    pub fn refresh_early(mut self, beta: f64) -> Self {
        self.refresh_early = Some(Factor::new(beta));
        self
    }

    /// Whether, while one caller computes a new value for an expired or softly expired one, the others get the old one
    /// at once (the default), or wait. A hard-invalidated value is never served.
    #[must_use]
    pub fn stale_while_refresh(mut self, serve: bool) -> Self {
        self.stale_while_refresh = Some(serve);
        self
    }

    /// For how long after its expiry a value may still be served while another caller computes; after that it is as good
    /// as missing, and a sweep removes it unless [`stale_if_error`](Self::stale_if_error) keeps it longer. A day unless set.
    #[must_use]
    pub fn keep_stale(mut self, duration: Duration) -> Self {
        self.keep_stale = Some(duration);
        self
    }

    /// For how long after its expiry a value stands in when the computation of a new one fails (not at all, unless set).
    /// The caller gets the old value in place of the error, and the source is left alone for a while, see
    /// [`retry_after`](Self::retry_after). A hard-invalidated value is never served, whatever fails.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tagcache::{Builder, Policy, Raw, Source, Stale};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tag("prices").stale_if_error(Duration::from_secs(3600));
    /// cache.put("page", &String::from("old"), &policy)?;
    /// cache.expire_tag("prices")?;
    ///
    /// let page = cache.try_get_with("page", &policy, |_| Err::<String, _>("no database"))?;
    /// assert_eq!((page.as_str(), page.source()), ("old", Source::StandIn(Stale::SoftlyExpired)));
    ///
    /// cache.invalidate_tag("prices")?;
    /// assert!(cache.try_get_with("page", &policy, |_| Err::<String, _>("no database")).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stale_if_error(mut self, grace: Duration) -> Self {
        self.stale_if_error = Some(grace);
        self
    }

    /// For how long nobody computes again after a failure for which an old value stood in: `first`, twice as long after
    /// each further failure, `longest` at last. One second and one minute unless set; a `first` that is longer
    /// than `longest` counts as `longest`, and where that is zero nobody is kept from computing. It holds for all processes;
    /// who has no old value that may be served computes all the same.
    #[must_use]
    pub fn retry_after(mut self, first: Duration, longest: Duration) -> Self {
        self.retry = Some(Retry { first, longest });
        self
    }

    /// How long a caller waits for another one that computes the same key, at most: ten seconds unless set. Then it does
    /// what [`after_wait`](Self::after_wait) says; with zero, at once.
    #[must_use]
    pub fn wait_limit(mut self, limit: Duration) -> Self {
        self.wait_limit = Some(limit);
        self
    }

    /// What a caller does that waited up to the limit: compute, unless set.
    #[must_use]
    pub fn after_wait(mut self, then: AfterWait) -> Self {
        self.after_wait = Some(then);
        self
    }

    /// Tells the values apart by this name instead of by the shape of their type, as
    /// [`Cache::with_schema`](crate::Cache::with_schema) does, which is also how such a value is read by a verb that takes
    /// no policy. Unless set, the name is that of the cache that is asked, if it has one, else the shape holds.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// use tagcache::{Cache, Policy};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Cache::open(dir.path())?;
    /// let gross = Policy::new().schema("price, gross");
    /// cache.put("price", &100u32, &Policy::new().schema("price, net"))?;
    /// assert_eq!(*cache.get_with("price", &gross, |_| 119u32), 119, "what is there means something else");
    /// assert_eq!(*cache.with_schema("price, gross").get::<u32>("price")?.expect("stored"), 119);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn schema(mut self, name: &str) -> Self {
        self.schema = Some(Fingerprint::named(name));
        self
    }

    /// This policy, with what it does not say taken from `base`, and the tags of both.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tagcache::Policy;
    ///
    /// let site = Policy::new().expire_in(Duration::from_secs(3600)).tag("site").jitter(0.1);
    /// let news = Policy::new().expire_in(Duration::from_secs(60)).tag("news").or(&site);
    /// assert_eq!(news, Policy::new().expire_in(Duration::from_secs(60)).tags(["news", "site"]).jitter(0.1));
    /// ```
    #[must_use]
    pub fn or(mut self, base: &Self) -> Self {
        self.tags.extend(base.tags.iter().cloned());
        Self {
            expiry: self.expiry.or(base.expiry),
            tags: self.tags,
            jitter: self.jitter.or(base.jitter),
            refresh_early: self.refresh_early.or(base.refresh_early),
            stale_while_refresh: self.stale_while_refresh.or(base.stale_while_refresh),
            keep_stale: self.keep_stale.or(base.keep_stale),
            stale_if_error: self.stale_if_error.or(base.stale_if_error),
            retry: self.retry.or(base.retry),
            wait_limit: self.wait_limit.or(base.wait_limit),
            after_wait: self.after_wait.or(base.after_wait),
            schema: self.schema.or(base.schema),
        }
    }
}

/// A policy with its gaps filled: what was said, or else what holds by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Before any jitter.
    pub(crate) expiry: Expiry,
    pub(crate) jitter: Factor,
    pub(crate) refresh_early: Factor,
    pub(crate) stale_while_refresh: bool,
    pub(crate) keep_stale: Duration,
    pub(crate) stale_if_error: Duration,
    pub(crate) retry: Retry,
    pub(crate) wait_limit: Duration,
    pub(crate) after_wait: AfterWait,
}

impl Rules {
    /// How long after its expiry a value is of use to anybody.
    pub(crate) fn keep(&self) -> Duration {
        self.keep_stale.max(self.stale_if_error)
    }
}

impl Policy {
    pub(crate) fn rules(&self) -> Rules {
        let retry = Retry { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
        Rules {
            expiry: self.expiry.unwrap_or_default(),
            jitter: self.jitter.unwrap_or_default(),
            refresh_early: self.refresh_early.unwrap_or_default(),
            stale_while_refresh: self.stale_while_refresh.unwrap_or(true),
            keep_stale: self.keep_stale.unwrap_or(Duration::from_secs(24 * 3600)),
            stale_if_error: self.stale_if_error.unwrap_or_default(),
            retry: self.retry.unwrap_or(retry),
            wait_limit: self.wait_limit.unwrap_or(Duration::from_secs(10)),
            after_wait: self.after_wait.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number stands in the page of the method of its name.
    #[test]
    fn what_a_policy_does_not_say_is_as_its_page_tells() {
        let secs = Duration::from_secs;
        let told = Rules {
            expiry: Expiry::Never,
            jitter: Factor::new(0.0),
            refresh_early: Factor::new(0.0),
            stale_while_refresh: true,
            keep_stale: secs(24 * 3600),
            stale_if_error: secs(0),
            retry: Retry { first: secs(1), longest: secs(60) },
            wait_limit: secs(10),
            after_wait: AfterWait::Compute,
        };
        assert_eq!(Policy::new().rules(), told);
    }
}
