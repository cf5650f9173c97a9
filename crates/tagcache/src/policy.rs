//! How long a value lives, which tags it has, and what its readers may expect. Policies are plain values: build one,
//! keep it, use it for many keys.

use std::time::{Duration, SystemTime};

use tagcache_fs::Time;

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

/// What is to be done with the value of a key: its expiry, its tags, and who may get an old one.
///
/// ```
/// use std::time::Duration;
/// use tagcache::Policy;
///
/// let week = Policy::new().expire_in(Duration::from_secs(7 * 24 * 3600));
/// let home = week.clone().tags(["blog-new", "bio"]);
/// assert_eq!(home, week.tag("blog-new").tag("bio"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(crate) expiry: Expiry,
    pub(crate) tags: Vec<Vec<u8>>,
    pub(crate) stale_while_refresh: bool,
    pub(crate) keep_stale: Duration,
    pub(crate) wait_limit: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy {
    /// Never expires, has no tags; one caller refreshes an expired value while the others get the old one, up to a day
    /// after its expiry; a caller that waits for another's computation waits at most ten seconds.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            expiry: Expiry::Never,
            tags: Vec::new(),
            stale_while_refresh: true,
            keep_stale: Duration::from_secs(24 * 3600),
            wait_limit: Duration::from_secs(10),
        }
    }

    /// Fresh for this long, counted from when the value is stored.
    #[must_use]
    pub fn expire_in(mut self, duration: Duration) -> Self {
        self.expiry = Expiry::In(duration);
        self
    }

    /// Fresh until this point in time.
    #[must_use]
    pub fn expire_at(mut self, time: SystemTime) -> Self {
        self.expiry = Expiry::At(time.into());
        self
    }

    /// Fresh until it is invalidated.
    #[must_use]
    pub fn never_expire(mut self) -> Self {
        self.expiry = Expiry::Never;
        self
    }

    /// Adds a tag. One that is there already changes nothing.
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

    /// Whether, while one caller computes a new value for an expired or softly expired one, the others get the old one
    /// at once (the default), or wait. A hard-invalidated value is never served.
    #[must_use]
    pub fn stale_while_refresh(mut self, serve: bool) -> Self {
        self.stale_while_refresh = serve;
        self
    }

    /// For how long after its expiry a value may still be served stale; after that it is as good as missing, and a
    /// sweep removes it.
    #[must_use]
    pub fn keep_stale(mut self, duration: Duration) -> Self {
        self.keep_stale = duration;
        self
    }

    /// How long a caller waits for another one that computes the same key, at most. After that it computes side by
    /// side, and its value is not stored.
    #[must_use]
    pub fn wait_limit(mut self, limit: Duration) -> Self {
        self.wait_limit = limit;
        self
    }
}
