//! From a key to a value: open, look at the inode, read, parse, judge, decode.

use std::any::type_name;

use tagcache_codec::{Codec, CodecId, Fingerprint, decode_owned};
use tagcache_fs::{Entry, Errno, Found, Key, Meta, Root, Standing, Sys, Tag, Time, meta};
use tagcache_record::{Facts, Head};

use crate::cache::{Cache, Stores, Value};
use crate::chance::Due;
use crate::error::Error;
use crate::events;
use crate::hit::Hit;
use crate::load::load;
pub(crate) use crate::load::with_head;
use crate::lookup::{Lookup, Miss, Source, Stale};
use crate::memory::Keepable;
use crate::verdict::{Expected, Verdict, judge};

/// How often a reader opens a key again because its entry was replaced under its eyes.
pub(crate) const TRIES: usize = 8;

/// What a look saw, and what compute-through needs to know besides.
pub(crate) struct Seen<T> {
    pub(crate) look: Lookup<T>,
    /// Of no meaning for a miss.
    pub(crate) due: Due,
}

/// What was read from disk.
enum Read<T> {
    Seen(Seen<T>),
    /// Fresh, and memory may keep it.
    Keepable(Keepable<T>),
}

/// Whether the process, or the machine, may open no more files.
pub(crate) fn is_out_of_files(error: &tagcache_fs::Error) -> bool {
    matches!(error.errno(), Errno::MFILE | Errno::NFILE)
}

impl<T> Seen<T> {
    pub(crate) const NOTHING: Self =
        Self { look: Lookup::Miss(Miss::Absent), due: Due { expires_at: 0, compute_time: 0 } };
}

impl<T> From<Miss> for Seen<T> {
    fn from(miss: Miss) -> Self {
        Self { look: Lookup::Miss(miss), due: Due::default() }
    }
}

/// Whichever expiry is earlier counts, as for the verdict. The latest time that the filesystem holds says only that the
/// expiry does not come before it, or never.
pub(crate) fn due(meta: &Meta, facts: &Facts, latest: Time) -> Due {
    let earlier = if meta.mtime < latest { meta.mtime.as_nanos() } else { facts.expires_at };
    Due { expires_at: facts.expires_at.min(earlier), compute_time: facts.compute_time }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The value of a key, if there is a fresh one. Four calls to the kernel; one for a missing key.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("post/7", &String::from("<h1>Seven</h1>"), &Policy::new())?;
    /// assert_eq!(*cache.get::<String>("post/7")?.expect("it was just put"), "<h1>Seven</h1>");
    /// assert!(cache.get::<String>("post/8")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Only what is no miss: [`Error::Name`] for an impossible key, [`Error::HiddenShape`] for a type whose shape cannot
    /// be seen, [`Error::Io`] when the environment (permission, descriptors, the device) keeps the entry from being
    /// read.
    pub fn get<T: Value>(&self, key: impl AsRef<[u8]>) -> Result<Option<Hit<T>>, Error>
    where
        C: Stores<T>,
    {
        Ok(self.lookup(key)?.fresh())
    }

    /// The value of a key, fresh or stale, or the reason why there is none.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use tagcache::{Lookup, Miss, Stale};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("post/7", &String::from("old"), &Policy::new().tag("blog"))?;
    /// cache.expire_tag("blog")?;
    /// match cache.lookup::<String>("post/7")? {
    ///     Lookup::Stale(hit, reason) => assert_eq!((hit.as_str(), reason), ("old", Stale::SoftlyExpired)),
    ///     other => panic!("{other:?}"),
    /// }
    /// assert!(matches!(cache.lookup::<String>("post/8")?, Lookup::Miss(Miss::Absent)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn lookup<T: Value>(&self, key: impl AsRef<[u8]>) -> Result<Lookup<T>, Error>
    where
        C: Stores<T>,
    {
        Ok(self.look(key.as_ref())?.look)
    }

    /// A look into memory, then at the disk.
    pub(crate) fn look<T: Value>(&self, bytes: &[u8]) -> Result<Seen<T>, Error>
    where
        C: Stores<T>,
    {
        // What is kept is found by its bytes: a hit there needs no digest.
        let seen = match self.recall(bytes) {
            Some(seen) => seen,
            None => self.peek(&Self::key(bytes)?, bytes)?,
        };
        self.count(bytes, &seen.look);
        Ok(seen)
    }

    pub(crate) fn count<T>(&self, key: &[u8], look: &Lookup<T>) {
        self.shared.counters.here().count_look(look);
        events::looked(key, look);
    }

    /// A look at the disk that is not counted: somebody looks again, and memory did not know.
    ///
    /// A file that was taken away and is no longer the one at its path was replaced, and its successor may be fine.
    pub(crate) fn peek<T: Value>(&self, key: &Key, bytes: &[u8]) -> Result<Seen<T>, Error>
    where
        C: Stores<T>,
    {
        for _ in 0..TRIES {
            let ground = self.ground();
            let expected = self.expected::<T>(&ground)?;
            // By reference: an entry carries its path, and moving it costs as much as judging it.
            let found = self.open_entry(&ground.root, key);
            let entry = match &found {
                Ok(Found::Entry(entry)) => entry,
                Ok(Found::Absent) => return Ok(self.nothing_there(Miss::Absent)),
                Ok(Found::NotAFile) => return Ok(self.nothing_there(Miss::NotAFile)),
                Err(error) => return Err(error.clone().into()),
            };
            let read = match self.look_into(entry, bytes, &expected)? {
                Read::Seen(seen) => seen,
                Read::Keepable(read) => {
                    let due = read.due;
                    let hit = match found {
                        Ok(Found::Entry(entry)) => self.keep(bytes, entry, read, &ground),
                        _ => Hit::new(read.value, Source::Disk),
                    };
                    return Ok(Seen { look: Lookup::Fresh(hit), due });
                }
            };
            if !matches!(read.look, Lookup::Miss(Miss::Invalidated)) || entry.is_at_its_path()? {
                return Ok(read);
            }
        }
        Ok(Miss::Superseded.into())
    }

    /// Whoever finds no entry looks at the root, too: it may be all that this process ever does.
    fn nothing_there<T>(&self, miss: Miss) -> Seen<T> {
        self.look_at_ground(self.sys().now());
        miss.into()
    }

    /// Opens a key. When the process may open no more files, memory gives some of its own back.
    fn open_entry(&self, root: &Root<S>, key: &Key) -> Result<Found<S>, tagcache_fs::Error> {
        match root.entry(key) {
            Err(error) if is_out_of_files(&error) && self.shared.tier.shed() => root.entry(key),
            found => found,
        }
    }

    fn look_into<T: Value>(&self, entry: &Entry<S>, key: &[u8], expected: &Expected) -> Result<Read<T>, Error>
    where
        C: Stores<T>,
    {
        let now = self.sys().now();
        self.look_at_ground(now);
        if entry.meta().mtime == meta::POISON {
            return Ok(Read::Seen(Miss::Invalidated.into()));
        }
        let latest = expected.latest;
        let look = |head: &Head<'_>| {
            let stale = assess(entry.meta(), head, key, now, expected)?;
            Ok((stale, head.facts))
        };
        let ((stale, facts), payload) = match load(entry, look)? {
            Ok(loaded) => loaded,
            Err(miss) => return Ok(Read::Seen(miss.into())),
        };
        let due = due(entry.meta(), &facts, latest);
        // A use that is recorded is a change of the file: it may be kept the next time.
        let touched = self.note_use(entry, now);
        let len = (payload.buffer.len() - payload.start) as u64;
        let look = match (decode_owned(self.codec(), payload.buffer, payload.start), stale) {
            (Ok(value), None) if !touched && self.has_memory() => {
                return Ok(Read::Keepable(Keepable { value, facts, due, len, now }));
            }
            (Ok(value), None) => Lookup::Fresh(Hit::new(value, Source::Disk)),
            (Ok(value), Some(stale)) => Lookup::Stale(Hit::new(value, Source::Stale(stale)), stale),
            (Err(error), _) => Lookup::Miss(Miss::Undecodable(error)),
        };
        Ok(Read::Seen(Seen { look, due }))
    }

    /// Encodes and decodes again: in debug builds every value, otherwise the first of its type.
    pub(crate) fn check_readable<T: 'static>(&self, payload: &[u8]) -> Result<(), Error>
    where
        C: Stores<T>,
    {
        if !cfg!(debug_assertions) && self.shared.shapes.was_read_back::<T>() {
            return Ok(());
        }
        let decoded: Result<T, _> = self.codec().decode(payload);
        decoded.map_err(|source| Error::NotDecodable { type_name: type_name::<T>(), source })?;
        self.shared.shapes.note_read_back::<T>();
        Ok(())
    }
}

/// How many names an entry with this head has while it is whole.
pub(crate) fn links(head: &Head<'_>) -> u64 {
    meta::links_of(head.tags.len() as u64)
}

/// The verdict in the words of a reader: fresh (`None`), stale, or a miss.
pub(crate) fn assess(
    meta: &Meta,
    head: &Head<'_>,
    key: &[u8],
    now: Time,
    expected: &Expected,
) -> Result<Option<Stale>, Miss> {
    let facts = &head.facts;
    let verdict = judge(meta, facts, links(head), now, expected);
    if head.key != key && meta.standing(links(head)) == Standing::Whole {
        return Err(Miss::OtherKey);
    }
    match verdict {
        Verdict::Fresh => Ok(None),
        Verdict::Expired => Ok(Some(Stale::Expired)),
        Verdict::SoftlyExpired => Ok(Some(Stale::SoftlyExpired)),
        Verdict::FromTheFuture => Ok(Some(Stale::FromTheFuture)),
        Verdict::TooOld => Err(Miss::TooOld),
        Verdict::Poisoned | Verdict::Detached => Err(Miss::Invalidated),
        Verdict::ForeignLink => Err(Miss::ForeignLink),
        Verdict::OtherBoot => Err(Miss::OtherBoot),
        Verdict::OtherCodec => Err(Miss::OtherCodec {
            expected: CodecId::from_record(expected.codec),
            found: CodecId::from_record(facts.codec),
        }),
        Verdict::OtherSchema => Err(Miss::OtherSchema {
            expected: Fingerprint::from_record(expected.schema),
            found: Fingerprint::from_record(facts.schema),
        }),
    }
}

/// The tags of an entry, read from its record; none if it cannot be read: its links are then left to a sweep.
pub(crate) fn tags_of<S: Sys>(entry: &Entry<S>) -> Vec<Tag> {
    let tags = |head: &Head<'_>| head.tags.iter().filter_map(|tag| Tag::new(tag).ok()).collect();
    match with_head(entry, &mut Vec::new(), tags) {
        Ok(Ok(tags)) => tags,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}
