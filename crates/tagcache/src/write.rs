//! From a value to a published entry: encode, seal, draft, stamp, link, check, publish.

use std::collections::BTreeSet;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{DraftError, Durability, Key, Mark, Published, Root, StepError, Sys, Tag, Time};
use tagcache_record::header::{ANY_BOOT, NEVER};
use tagcache_record::{Facts, Unsealed};

use crate::cache::{Cache, Stores};
use crate::chance::{Factor, shortened};
use crate::error::Error;
use crate::events;
use crate::ground::Ground;
use crate::limits::space_of;
use crate::lookup::Stored;
use crate::policy::{Expiry, Policy};
use crate::read::tags_of;
use crate::stats::Counters;
use crate::verdict::Expected;

/// Everything about an entry but its value.
pub(crate) struct Terms<'a> {
    pub(crate) key: &'a Key,
    pub(crate) key_bytes: &'a [u8],
    pub(crate) tags: &'a [Vec<u8>],
    pub(crate) expiry: Expiry,
    pub(crate) jitter: Factor,
    /// For how long after its expiry the value is of use.
    pub(crate) keep: Duration,
    pub(crate) compute_time: Duration,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Stores a value, in place of what was stored under the key before. A fill that is in flight may replace this in turn
    /// (the last one wins), see [`replace`](Self::replace).
    ///
    /// [`Stored::Raced`] says that an invalidation of the key or of one of the tags came in between: nothing was stored.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use tagcache::Stored;
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tags(["blog", "author/3"]);
    /// assert_eq!(cache.put("post/7", &String::from("<h1>Seven</h1>"), &policy)?, Stored::Yes);
    /// assert_eq!(cache.invalidate_tag("author/3")?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Name`] and [`Error::TooManyTags`] for impossible keys and tags; [`Error::Encode`] and
    /// [`Error::NotDecodable`] when the codec cannot hold the value; [`Error::HiddenShape`] when the type needs a schema
    /// name; [`Error::TooLarge`] when it alone is beyond the [`Limits`](crate::Limits); [`Error::Io`] when the environment
    /// kept it from being stored. Under [`Durability::Full`] an error may also
    /// mean that the value is stored and not surely on disk.
    pub fn put<T: 'static>(&self, key: impl AsRef<[u8]>, value: &T, policy: &Policy) -> Result<Stored, Error>
    where
        C: Stores<T>,
    {
        let key_bytes = key.as_ref();
        let key = Self::key(key_bytes)?;
        self.look_at_ground(self.sys().now());
        let mark = self.mending(0, Root::mark)?;
        let rules = policy.rules();
        let terms = Terms {
            key: &key,
            key_bytes,
            tags: &policy.tags,
            expiry: rules.expiry,
            jitter: rules.jitter,
            keep: rules.keep(),
            compute_time: Duration::ZERO,
        };
        self.under(policy).store(&terms, mark, value)
    }

    /// Stores a value in such a way that no fill or put that began before is ever stored after it: a hard invalidation
    /// of the key, then a put. In between, and when the put fails, there is no value.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use tagcache::{Begun, Stored};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// let Begun::Fill(fill) = cache.begin::<String>("price", &Policy::new())? else { panic!("it is stored") };
    /// cache.replace("price", &String::from("120"), &Policy::new())?;
    /// assert_eq!(fill.commit(&String::from("100"))?, Stored::Raced, "computed from what was true before");
    /// assert_eq!(*cache.get::<String>("price")?.expect("replaced"), "120");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`put`](Self::put), and [`Error::Incomplete`] when the old value could not be invalidated: nothing was
    /// stored then.
    pub fn replace<T: 'static>(
        &self,
        key: impl AsRef<[u8]>,
        value: &T,
        policy: &Policy,
    ) -> Result<Stored, Error>
    where
        C: Stores<T>,
    {
        self.invalidate_key(key.as_ref())?;
        self.put(key, value, policy)
    }

    /// Makes a value the entry of its key, unless an invalidation since the mark concerns it.
    pub(crate) fn store<T: 'static>(
        &self,
        terms: &Terms<'_>,
        mark: Mark<S>,
        value: &T,
    ) -> Result<Stored, Error>
    where
        C: Stores<T>,
    {
        let (tags, names) = self.distinct(terms.tags)?;
        let ground = self.ground();
        let (record, expiry) = self.seal(&ground, terms, &tags, value)?;
        self.refuse_too_large(record.len() as u64)?;
        let space = space_of(record.len() as u64);
        let mut published = self.publish(&ground, terms.key, mark.clone(), &record, expiry, &names);
        if matches!(&published, Err(PublishFailed::Error(error)) if self.mend(error, &ground, space)) {
            published = self.publish(&self.ground(), terms.key, mark, &record, expiry, &names);
        }
        self.stored(terms.key_bytes, published)
    }

    /// What became of a value, counted.
    pub(crate) fn stored(&self, key: &[u8], published: Result<(), PublishFailed>) -> Result<Stored, Error> {
        let stored = match published {
            Ok(()) => Stored::Yes,
            Err(PublishFailed::Raced) => Stored::Raced,
            Err(PublishFailed::Error(error)) => return Err(error),
        };
        self.shared.counters.here().count_stored(stored);
        events::stored(key, stored);
        Ok(stored)
    }

    /// Each tag once, in order: as they stand in the record, and as names.
    pub(crate) fn distinct<'t>(&self, tags: &'t [Vec<u8>]) -> Result<(Vec<&'t [u8]>, Vec<Tag>), Error> {
        let tags: BTreeSet<&[u8]> = tags.iter().map(Vec::as_slice).collect();
        if tags.len() > self.shared.max_tags {
            return Err(Error::TooManyTags { given: tags.len(), limit: self.shared.max_tags });
        }
        let names = Self::tags(&tags)?;
        Ok((tags.into_iter().collect(), names))
    }

    /// What the head of a record says if it is sealed now, and its expiry.
    pub(crate) fn facts(&self, root: &Root<S>, terms: &Terms<'_>, expected: &Expected) -> (Facts, Time) {
        let now = self.sys().now();
        let expiry = match terms.expiry {
            Expiry::In(whole) if !terms.jitter.is_zero() => {
                now.after(shortened(whole, terms.jitter, self.sys().random()))
            }
            exact => exact.from(now),
        };
        let facts = Facts {
            codec: expected.codec,
            schema: expected.schema,
            created_at: now.as_nanos(),
            expires_at: expiry.as_nanos(),
            keep_until: if expiry == Time::MAX { NEVER } else { expiry.after(terms.keep).as_nanos() },
            boot: match root.durability() {
                Durability::Volatile => expected.boot,
                _ => ANY_BOOT,
            },
            compute_time: u64::try_from(terms.compute_time.as_nanos()).unwrap_or(u64::MAX),
        };
        (facts, expiry)
    }

    /// The bytes of the entry, and its expiry.
    fn seal<T: 'static>(
        &self,
        ground: &Ground<S>,
        terms: &Terms<'_>,
        tags: &[&[u8]],
        value: &T,
    ) -> Result<(Vec<u8>, Time), Error>
    where
        C: Stores<T>,
    {
        let (facts, expiry) = self.facts(&ground.root, terms, &self.expected::<T>(ground)?);
        let mut record = Vec::new();
        let mut unsealed = Unsealed::begin(&mut record, &facts, terms.key_bytes, tags)?;
        let start = unsealed.payload().len();
        self.codec().encode(value, unsealed.payload())?;
        if let Some(payload) = unsealed.payload().get(start..) {
            self.check_readable::<T>(payload)?;
        }
        unsealed.seal()?;
        Ok((record, expiry))
    }

    /// The steps of a fill after the computation, in the only order that their types allow.
    fn publish(
        &self,
        ground: &Ground<S>,
        key: &Key,
        mark: Mark<S>,
        record: &[u8],
        expiry: Time,
        tags: &[Tag],
    ) -> Result<(), PublishFailed> {
        let mut draft = ground.root.draft(key, mark)?;
        draft.reserve(record.len() as u64)?;
        draft.write(record)?;
        let published = draft.stamp(expiry)?.link(tags)?.check()?.publish()?;
        self.settle(ground, key, &published, record.len() as u64)
    }

    /// What follows from an entry that has its name, on the ground on which it was begun.
    pub(crate) fn settle(
        &self,
        ground: &Ground<S>,
        key: &Key,
        published: &Published<S>,
        len: u64,
    ) -> Result<(), PublishFailed> {
        if let Some(old) = published.replaced() {
            // It is poisoned: what stays of its links now is dead, and a sweep removes it.
            let _ = old.remove_links(&tags_of(old));
        }
        self.note_put(ground, key, len, published);
        if ground.root.durability() == Durability::Full {
            published.sync()?;
        }
        Ok(())
    }

    /// Keeps an error from the caller of compute-through, who has a value all the same.
    pub(crate) fn stored_or_fault(&self, outcome: Result<Stored, Error>) -> Stored {
        outcome.unwrap_or_else(|error| {
            self.fault(&error);
            Stored::Fault
        })
    }

    pub(crate) fn count_computed(&self) {
        Counters::add(&self.shared.counters.here().computed);
    }
}

pub(crate) enum PublishFailed {
    Raced,
    Error(Error),
}

impl From<tagcache_fs::Error> for PublishFailed {
    fn from(error: tagcache_fs::Error) -> Self {
        Self::Error(error.into())
    }
}

impl<D> From<StepError<D>> for PublishFailed {
    fn from(failed: StepError<D>) -> Self {
        failed.error.into()
    }
}

impl From<DraftError> for PublishFailed {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Io(error) => error.into(),
            // What a later version may add is no entry either.
            _ => Self::Raced,
        }
    }
}
