//! What one `fstat` says about a file. Both directions of every fact stand here side by side: what a writer
//! encodes in an inode, and how a reader understands it.
//!
//! | fact | written | read |
//! |---|---|---|
//! | an entry is whole | one name per tag and one for the key: [`links_of`] | [`Meta::standing`] |
//! | it was taken away | mtime 0, the poison: [`POISON`] | [`Meta::standing`] |
//! | it is fresh until | mtime = expiry, as the filesystem can hold it: [`mtime_of`] | [`Meta::mtime`] |
//! | it may be served while one refreshes it | the owner's write bit is off: `softly_expired_mode` | [`Meta::soft`] |
//! | nothing happened to it since | the kernel moves the ctime at every link, unlink, rename, chmod and utimens | [`Meta::is_unchanged_since`] |

use std::time::Duration;

use crate::probe::Capabilities;
use crate::sys::Stat;
use crate::time::Time;

/// The mtime of a file that must never be served again. It sits on the inode, so that no name that is added
/// later, by a backup or a deduplicator, can make it right again.
pub const POISON: Time = Time::EPOCH;

/// The earliest expiry: the first that every filesystem can tell from the poison.
pub(crate) const EARLIEST: Time = Time::from_nanos(1_000_000_000);

const WRITE_BIT: u32 = 0o200;

/// How far the clock that stamps inodes may lag behind the one that programs read. Most kernels stamp with the time of
/// the last clock interrupt; they come every 10 ms at least, and this leaves room for a machine that misses some.
const STAMP_LAG: Duration = Duration::from_millis(100);

/// How many names an entry with so many different tags has while it is whole.
#[must_use]
pub const fn links_of(tags: u64) -> u64 {
    tags.saturating_add(1)
}

/// The mtime that stands for an expiry: rounded up to what the filesystem can tell apart, within its range, and
/// never the poison.
#[must_use]
pub fn mtime_of(expiry: Time, can: &Capabilities) -> Time {
    expiry.max(EARLIEST).min(can.mtime_max).round_up(can.mtime_granularity).min(can.mtime_max)
}

/// The permission bits of a softly expired file.
#[must_use]
pub(crate) const fn softly_expired_mode(mode: u32) -> u32 {
    mode & !WRITE_BIT
}

/// What the inode of an entry said at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// The number of names.
    pub links: u64,
    /// The modification time: fresh until then.
    pub mtime: Time,
    /// The access time: last use, as far as somebody recorded it.
    pub atime: Time,
    /// The change time: when names, times, mode or bytes last changed.
    pub ctime: Time,
    /// Length in bytes.
    pub size: u64,
    /// The device and the inode number.
    pub id: (u64, u64),
    /// Softly expired: true, but to be refreshed.
    pub soft: bool,
    /// Disk space taken, in bytes.
    pub allocated: u64,
}

/// Whether the names of a file still say that it is true. See [`Meta::standing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All its names, and no other.
    Whole,
    /// Poisoned: somebody took it away.
    Poisoned,
    /// Fewer names than it was published with: a tag or the key was taken from it.
    Detached,
    /// More names than it was published with: a program outside added a hard link, so the count cannot be
    /// trusted from now on.
    ForeignLink,
}

impl Meta {
    /// Judges the names: `links` is the number that publishing returned.
    #[must_use]
    pub fn standing(&self, links: u64) -> Standing {
        match self.links.cmp(&links) {
            _ if self.mtime == POISON => Standing::Poisoned,
            std::cmp::Ordering::Less => Standing::Detached,
            std::cmp::Ordering::Equal => Standing::Whole,
            std::cmp::Ordering::Greater => Standing::ForeignLink,
        }
    }

    /// Whether the bytes may be served as fresh: published with `links` names, all there, no other, not softly
    /// expired, and `now` is before the expiry.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// # let key = Key::new("k")?;
    /// let expiry = Time::from_parts(2_000_000_000, 0);
    /// let draft = root.draft(&key, root.mark()?)?;
    /// let links = draft.stamp(expiry)?.link(&[])?.check()?.publish()?.links();
    /// let entry = root.entry(&key)?.into_entry().ok_or("absent")?;
    /// assert!(entry.meta().is_fresh(links, Time::from_parts(1_999_999_999, 999_999_999)));
    /// assert!(!entry.meta().is_fresh(links, expiry));
    /// assert!(!entry.meta().is_fresh(links + 1, Time::EPOCH), "a name is missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_fresh(&self, links: u64, now: Time) -> bool {
        self.standing(links) == Standing::Whole && !self.soft && now < self.mtime
    }

    /// Whether nothing happened to the inode between `earlier` and this look, if `earlier` was
    /// [settled](Self::is_settled). The number of links alone does not say so: one name may be gone and a foreign one
    /// have come.
    #[must_use]
    pub fn is_unchanged_since(&self, earlier: &Self) -> bool {
        // Not the access time: a reader's use moves it, and nothing else.
        let facts = |meta: &Self| (meta.id, meta.ctime, meta.links, meta.mtime, meta.size, meta.soft);
        facts(self) == facts(earlier)
    }

    /// Whether every change from `since` on gives the inode another change time than this one.
    ///
    /// Inodes are stamped with a clock that ticks, so that two changes within one tick look like one: as git does with
    /// its index, a stamp that is too young is not relied on. One from the future never is: the clock was set back, and may
    /// come by that time again.
    #[must_use]
    pub fn is_settled(&self, since: Time, can: &Capabilities) -> bool {
        let unit = Duration::from_nanos(can.mtime_granularity);
        self.ctime.after(STAMP_LAG).after(unit) <= since
    }
}

impl From<Stat> for Meta {
    fn from(stat: Stat) -> Self {
        Self {
            links: stat.nlink,
            mtime: stat.mtime,
            atime: stat.atime,
            ctime: stat.ctime,
            size: stat.size,
            id: (stat.dev, stat.ino),
            soft: stat.mode & WRITE_BIT == 0,
            allocated: stat.allocated,
        }
    }
}
