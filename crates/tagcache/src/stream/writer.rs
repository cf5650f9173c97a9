//! A value on its way into the cache.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::Guard;
use tagcache_codec::Raw;
use tagcache_fs::{Draft, Key, Mark, Os, Root, Sys, Tag, Time};
use tagcache_record::Stream;

use super::PIECE;
use crate::cache::Cache;
use crate::chance::Factor;
use crate::error::Error;
use crate::events;
use crate::ground::Ground;
use crate::limits::space_of;
use crate::lookup::Stored;
use crate::policy::{Expiry, Policy};
use crate::write::{PublishFailed, Terms};

impl<S: Sys> Cache<Raw, S> {
    /// Begins a value that is written piece by piece. [`Writer::commit`] stores it; dropped before, it leaves nothing.
    ///
    /// An invalidation of the key or of one of the tags that comes from now on keeps it from being stored: begin before
    /// the bytes are computed.
    ///
    /// ```
    /// use std::io::Write;
    /// use tagcache::{Builder, Policy, Raw, Stored};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// let mut report = cache.writer("report", &Policy::new().tag("sales"))?;
    /// for line in 0..1000 {
    ///     writeln!(report, "line {line}")?;
    /// }
    /// assert!(cache.get::<String>("report")?.is_none(), "nobody sees it before it is whole");
    /// assert_eq!(report.commit()?, Stored::Yes);
    /// # assert!(cache.reader("report")?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub fn writer(&self, key: impl AsRef<[u8]>, policy: &Policy) -> Result<Writer<S>, Error> {
        self.look_at_ground(self.sys().now());
        let mark = self.mending(0, Root::mark)?;
        let rules = policy.rules();
        let plan = Plan {
            tags: policy.tags.clone(),
            expiry: rules.expiry,
            jitter: rules.jitter,
            keep: rules.keep(),
            began: None,
        };
        self.under(policy).begin_writing(key.as_ref(), plan, &mark)
    }

    pub(super) fn begin_writing(
        &self,
        key_bytes: &[u8],
        plan: Plan,
        mark: &Mark<S>,
    ) -> Result<Writer<S>, Error> {
        let key = Self::key(key_bytes)?;
        let (tags, names) = self.distinct(&plan.tags)?;
        let record = Stream::begin(key_bytes, &tags)?;
        let ground = Guard::into_inner(self.ground());
        let head = record.head();
        let draft = self.with_room(&ground, space_of(head.len() as u64), || {
            let mut draft = ground.root.draft(&key, mark.clone())?;
            draft.write(head).map(|()| draft)
        })?;
        Ok(Writer {
            cache: self.clone(),
            ground,
            key,
            key_bytes: key_bytes.into(),
            tags: names,
            plan,
            draft,
            record,
            gathered: Vec::new(),
            failed: false,
        })
    }
}

/// What a value is stored with.
pub(crate) struct Plan {
    pub(crate) tags: Vec<Vec<u8>>,
    pub(crate) expiry: Expiry,
    pub(crate) jitter: Factor,
    /// For how long after its expiry the value is of use.
    pub(crate) keep: Duration,
    /// When its computation began, where there is one.
    pub(crate) began: Option<Duration>,
}

/// A value that is being written: see [`Cache::writer`].
///
/// On a full disk a cache with [`Limits`](crate::Limits) makes room (twice what is to be written, at least a MiB), and what was
/// not written follows; each piece is tried once more. Without limits, and where that does not help, it is an error.
///
/// Small writes are gathered. It holds no more than 64 KiB of the value, and four bytes for each MiB of it.
#[must_use = "a value that is not committed is not stored"]
pub struct Writer<S: Sys = Os> {
    cache: Cache<Raw, S>,
    /// On which the draft was begun, and ends.
    ground: Arc<Ground<S>>,
    key: Key,
    key_bytes: Box<[u8]>,
    tags: Vec<Tag>,
    plan: Plan,
    draft: Draft<S>,
    record: Stream,
    gathered: Vec<u8>,
    /// What stands in the draft is no value any more.
    failed: bool,
}

impl<S: Sys> fmt::Debug for Writer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<S: Sys> Writer<S> {
    /// Asks for disk space for a value of this many bytes, where that is known: a full disk is met before the bytes are
    /// written, and ext4 does not force them out when the value replaces another one. A value that becomes shorter keeps
    /// the space until it is removed.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no space, [`Error::TooLarge`] when the value would be beyond the limit of the cache.
    pub fn reserve(&mut self, len: u64) -> Result<(), Error> {
        let whole = self.record.len_bytes().saturating_add(len);
        // Room would be made for nothing.
        self.cache.refuse_too_large(whole)?;
        self.cache.with_room(&self.ground, space_of(whole), || self.draft.reserve(whole))
    }

    /// Appends bytes. The same as [`Write::write_all`](io::Write::write_all), with the error of the cache.
    ///
    /// # Errors
    /// [`Error::Io`] when they cannot be written, [`Error::TooLarge`] when the value is beyond the limit of the cache. From
    /// then on it is [`Error::WriteFailed`].
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.gathered.len() + bytes.len() < PIECE {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.write_gathered()?;
        if bytes.len() < PIECE {
            self.gathered.extend_from_slice(bytes);
            return Ok(());
        }
        self.write_out(bytes)
    }

    /// Stores the value. [`Stored::Raced`] says that an invalidation came since the writer was begun: nothing was stored.
    ///
    /// # Errors
    /// As for [`Cache::put`], and [`Error::WriteFailed`] when an earlier write failed.
    pub fn commit(mut self) -> Result<Stored, Error> {
        self.write_gathered()?;
        let compute_time = self.count_computed();
        let terms = Terms {
            key: &self.key,
            key_bytes: &self.key_bytes,
            tags: &self.plan.tags,
            expiry: self.plan.expiry,
            jitter: self.plan.jitter,
            keep: self.plan.keep,
            compute_time,
        };
        let expected = self.cache.expected::<Vec<u8>>(&self.ground)?;
        let (facts, expiry) = self.cache.facts(&self.ground.root, &terms, &expected);
        let len = self.record.len_bytes();
        let ends = self.record.finish(&facts)?;
        let (cache, ground) = (&self.cache, &*self.ground);
        write_piece(cache, ground, &mut self.draft, &ends.table)?;
        // Where nothing is written in place, the new head needs space, too.
        let head_space = space_of(ends.head.len() as u64);
        cache.with_room(ground, head_space, || self.draft.write_at(0, &ends.head))?;
        let published = show(cache, ground, &self.key, self.draft, (len, expiry), &self.tags);
        self.cache.stored(&self.key_bytes, published)
    }

    /// How long it took, if it was computed.
    fn count_computed(&self) -> Duration {
        let Some(began) = self.plan.began else { return Duration::ZERO };
        let took = self.cache.sys().elapsed().saturating_sub(began);
        self.cache.count_computed();
        events::computed(took);
        took
    }

    fn write_gathered(&mut self) -> Result<(), Error> {
        let mut gathered = std::mem::take(&mut self.gathered);
        let written = self.write_out(&gathered);
        gathered.clear();
        // Its memory is used again.
        self.gathered = gathered;
        written
    }

    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.failed {
            return Err(Error::WriteFailed);
        }
        // Until all of it stands there.
        self.failed = true;
        let len = self.record.len_bytes().saturating_add(bytes.len() as u64);
        self.cache.refuse_too_large(len)?;
        self.record.append(bytes)?;
        write_piece(&self.cache, &self.ground, &mut self.draft, bytes)?;
        self.failed = false;
        Ok(())
    }
}

/// Writes at the end of a draft. What a full disk still took stays there, and the rest follows once there is room.
fn write_piece<S: Sys>(
    cache: &Cache<Raw, S>,
    ground: &Ground<S>,
    draft: &mut Draft<S>,
    mut bytes: &[u8],
) -> Result<(), Error> {
    let space = space_of(bytes.len() as u64);
    cache.with_room(ground, space, || draft.write_from(&mut bytes))
}

/// Publishes a draft that is written. What was written of its source cannot be asked for again, so that each step is made once
/// more by itself where a full disk has no room for a folder.
fn show<S: Sys>(
    cache: &Cache<Raw, S>,
    ground: &Ground<S>,
    key: &Key,
    draft: Draft<S>,
    (len, expiry): (u64, Time),
    tags: &[Tag],
) -> Result<(), PublishFailed> {
    let stamped = draft.stamp(expiry)?;
    let linked = stamped.link(tags).or_else(|failed| {
        let stamped = cache.with_room_again(ground, failed)?;
        stamped.link(tags).map_err(PublishFailed::from)
    })?;
    let published = linked.check()?.publish().or_else(|failed| {
        let checked = cache.with_room_again(ground, failed)?;
        checked.publish().map_err(PublishFailed::from)
    })?;
    cache.settle(ground, key, &published, len)
}

impl<S: Sys> io::Write for Writer<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    /// Writes what was gathered. Nobody sees it before [`commit`](Writer::commit).
    fn flush(&mut self) -> io::Result<()> {
        self.write_gathered().map_err(io::Error::other)
    }
}
