//! Looking into the cache: its entries one after the other, with everything but their values.

use std::fmt;
use std::time::{Duration, SystemTime};

use tagcache_codec::{Codec, CodecId, Fingerprint};
use tagcache_fs::meta::POISON;
use tagcache_fs::{self as fs, Capabilities, Entry, Key, Met, Meta, Os, Root, Sys, Time, meta};
use tagcache_record::header::NEVER;
use tagcache_record::{Facts, Head};

use crate::cache::Cache;
use crate::error::Error;
use crate::load::with_head;
use crate::lookup::{Miss, Stale};
use crate::read::assess;
use crate::verdict::Expected;

/// What is known of an entry without its value.
#[derive(Debug)]
#[non_exhaustive]
pub struct EntryInfo {
    /// The bytes of its key.
    pub key: Vec<u8>,
    /// Its tags, in the order of their bytes.
    pub tags: Vec<Vec<u8>>,
    /// When it was stored.
    pub created: SystemTime,
    /// Until when it is fresh; `None` for ever.
    pub expires: Option<SystemTime>,
    /// Until when it may be served stale; `None` for ever.
    pub kept_until: Option<SystemTime>,
    /// How long its value took to compute.
    pub compute_time: Duration,
    /// The codec that wrote it.
    pub codec: CodecId,
    /// What tells the values of its type from others.
    pub schema: Fingerprint,
    /// The size of its file in bytes.
    pub size: u64,
    /// The size of its value in bytes, as the codec wrote it.
    pub payload_len: u64,
    /// How many names its file has: while it is whole, one for the key and one for each tag.
    pub names: u64,
    /// Whether it can be served.
    pub state: State,
}

/// Whether an entry can be served to a reader with its codec and its type.
#[derive(Debug)]
#[non_exhaustive]
pub enum State {
    /// It is true, and its time is not over.
    Fresh,
    /// It may be served while it is refreshed.
    Stale(Stale),
    /// It is never served again, and a sweep removes it.
    Unusable(Miss),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => f.write_str("fresh"),
            Self::Stale(stale) => write!(f, "stale: {stale}"),
            Self::Unusable(miss) => write!(f, "unusable: {miss}"),
        }
    }
}

/// The entries of a cache, one after the other: the answer to [`Cache::entries`] and [`Cache::entries_with_tag`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Entries<C, S: Sys = Os> {
    cache: Cache<C, S>,
    /// On which it walks, whatever becomes of the cache meanwhile.
    root: Root<S>,
    walk: Walk<S>,
    /// For the heads of the records, one after the other.
    bytes: Vec<u8>,
    passed_over: u64,
}

impl<C, S: Sys> fmt::Debug for Entries<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

/// Where they are met: at their keys, or at the links of a tag.
enum Walk<S: Sys> {
    All(fs::Entries<S>),
    Tagged(fs::Tagged<S>, Box<[u8]>),
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Every entry, in no order, with everything but its value: for people, for tools, for statistics. Dead ones that were
    /// not swept yet are among them, see [`EntryInfo::state`]; what cannot be read as an entry (damaged files, foreign
    /// names) is passed over.
    ///
    /// Lazy, and memory does not grow with the number of entries. Nothing is locked, so it shows no single instant: what
    /// is stored or removed meanwhile may be met or not, and what is replaced meanwhile may be met twice. Each entry costs
    /// four calls to the kernel.
    ///
    /// An item is an error when the environment kept an entry or a folder from being read; the others follow.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// use tagcache::State;
    ///
    /// cache.put("post/7", &String::from("<h1>Seven</h1>"), &Policy::new().tag("blog"))?;
    /// for entry in cache.entries() {
    ///     let entry = entry?;
    ///     assert_eq!((&entry.key[..], entry.tags), (&b"post/7"[..], vec![b"blog".to_vec()]));
    ///     assert!(matches!(entry.state, State::Fresh));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn entries(&self) -> Entries<C, S> {
        let root = self.root();
        let walk = Walk::All(root.entries());
        self.list(root, walk)
    }

    /// Every entry that has this tag. As [`entries`](Self::entries) otherwise; each entry costs one call more, and so does
    /// each link of one that was replaced, which is passed over.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("home", &String::from("home"), &Policy::new().tags(["blog", "bio"]))?;
    /// cache.put("about", &String::from("about"), &Policy::new().tag("bio"))?;
    /// let keys: Vec<_> = cache.entries_with_tag("blog")?.map(|entry| Ok(entry?.key)).collect::<Result<_, tagcache::Error>>()?;
    /// assert_eq!(keys, [b"home"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Name`] for an impossible tag.
    pub fn entries_with_tag(&self, tag: impl AsRef<[u8]>) -> Result<Entries<C, S>, Error> {
        let bytes = tag.as_ref();
        let root = self.root();
        let walk = Walk::Tagged(root.entries_with(&fs::Tag::new(bytes)?), bytes.into());
        Ok(self.list(root, walk))
    }

    fn list(&self, root: Root<S>, walk: Walk<S>) -> Entries<C, S> {
        Entries { cache: self.clone(), root, walk, bytes: Vec::new(), passed_over: 0 }
    }
}

impl<C: Codec, S: Sys> Iterator for Entries<C, S> {
    type Item = Result<EntryInfo, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let met = match &mut self.walk {
                Walk::All(entries) => entries.next()?,
                Walk::Tagged(entries, _) => entries.next()?,
            };
            let described = match met {
                Met::Entry(entry) => self.describe(&entry),
                Met::Foreign(_) => {
                    self.passed_over += 1;
                    Ok(None)
                }
                Met::Unreadable(error) => Err(error.into()),
            };
            if let Some(item) = described.transpose() {
                return Some(item);
            }
        }
    }
}

impl<C: Codec, S: Sys> std::iter::FusedIterator for Entries<C, S> {}

impl<C: Codec, S: Sys> Entries<C, S> {
    /// How many names were passed over so far, since they cannot be read as an entry: [`Cache::verify`] says why.
    #[must_use]
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// `None` for what is no entry, or none of those that were asked for.
    fn describe(&mut self, entry: &Entry<S>) -> Result<Option<EntryInfo>, Error> {
        self.bytes.clear();
        let (root, boot) = (&self.root, self.cache.boot());
        let read = with_head(entry, &mut self.bytes, |head| {
            let info = describe(entry, head, head.key, root.sys().now(), boot, root.capabilities());
            (info, Key::new(head.key))
        })?;
        let Ok((mut info, Ok(key))) = read else {
            self.passed_over += 1;
            return Ok(None);
        };
        match &self.walk {
            Walk::All(_) => {
                if !entry.is_entry_of(&key) {
                    info.state = State::Unusable(Miss::OtherKey);
                }
            }
            Walk::Tagged(_, tag) => {
                // A link that somebody planted, or one of an entry that was replaced.
                if !info.tags.iter().any(|of| **of == **tag) || !entry.is_at(&key)? {
                    return Ok(None);
                }
            }
        }
        Ok(Some(info))
    }
}

/// Everything but the value, and the verdict for a reader of `key` who knows its codec and its type.
pub(crate) fn describe<S: Sys>(
    entry: &Entry<S>,
    head: &Head<'_>,
    key: &[u8],
    now: Time,
    boot: [u8; 16],
    can: &Capabilities,
) -> EntryInfo {
    let (facts, latest) = (&head.facts, meta::mtime_of(Time::MAX, can));
    // Codec and schema are no matter: whoever knows them may read it.
    let expected = Expected { codec: facts.codec, schema: facts.schema, boot, latest };
    let state = match assess(entry.meta(), head, key, now, &expected) {
        Ok(None) => State::Fresh,
        Ok(Some(stale)) => State::Stale(stale),
        Err(miss) => State::Unusable(miss),
    };
    EntryInfo {
        key: head.key.to_vec(),
        tags: head.tags.iter().map(<[u8]>::to_vec).collect(),
        created: Time::from_nanos(facts.created_at).into(),
        expires: expires(entry.meta(), facts, can),
        kept_until: time(facts.keep_until),
        compute_time: Duration::from_nanos(facts.compute_time),
        codec: CodecId::from_record(facts.codec),
        schema: Fingerprint::from_record(facts.schema),
        size: entry.meta().size,
        payload_len: head.chunks().payload_len(),
        names: entry.meta().links,
        state,
    }
}

/// The earlier of its two times, as for a reader; the inode of a poisoned one has none.
fn expires(meta: &Meta, facts: &Facts, can: &Capabilities) -> Option<SystemTime> {
    // What the filesystem cannot hold exactly was not changed by anybody.
    let written = meta::mtime_of(Time::from_nanos(facts.expires_at), can);
    let shortened = meta.mtime != POISON && meta.mtime < written;
    if shortened { Some(meta.mtime.into()) } else { time(facts.expires_at) }
}

fn time(nanos: u64) -> Option<SystemTime> {
    (nanos != NEVER).then(|| Time::from_nanos(nanos).into())
}
