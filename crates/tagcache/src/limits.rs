//! How large a cache may become. Pure.

use std::time::Duration;

use tagcache_fs::{Meta, Time, Usage};

/// The smallest piece that a filesystem gives out.
const BLOCK: u64 = 4096;

/// A part of a limit: so much is made free at once, and no more is put between two looks at what other processes put.
const SLICES: u64 = 64;

/// How large a cache may become. There is no limit unless one is set.
///
/// When a limit is exceeded, entries are evicted until the cache is a 64th part below it: those that are dead or expired
/// first, then those that were used longest ago, as far as a sample of the entries tells. Whoever puts pays for it, in
/// portions of about five milliseconds, unless [`Upkeep::Thread`](crate::Upkeep::Thread) is faster. Where a limit is lowered
/// over a large cache, it is exceeded until enough puts have paid, or a [sweep](crate::Cache::sweep) has been made.
///
/// Limits belong to the handle that they are set for, and every process that stores something should have the same. One
/// without limits keeps no tallies; what it stores is known to the others after the next sweep.
///
/// ```
/// use tagcache::{Builder, Error, Limits, Policy, Raw};
///
/// # let dir = tempfile::tempdir()?;
/// let limits = Limits::new().bytes(64 << 20).files(10_000);
/// let cache = Builder::new(Raw).limits(limits).open(dir.path())?;
/// cache.put("page", &vec![0u8; 1 << 20], &Policy::new())?;
/// assert!(cache.usage()?.bytes >= 1 << 20);
///
/// let refused = cache.put("film", &vec![0u8; 65 << 20], &Policy::new());
/// assert!(matches!(refused, Err(Error::TooLarge { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    bytes: Option<u64>,
    files: Option<u64>,
    touch_every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

impl Limits {
    /// None. Uses are recorded every five minutes once there is one.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: None, files: None, touch_every: Duration::from_secs(300) }
    }

    /// At most so much disk space: of the entries, the folders, the log and the file `usage`, as `du` counts it. What is
    /// being written comes on top.
    #[must_use]
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// At most so many entries: each is one file, whatever the number of its tags.
    #[must_use]
    pub const fn files(mut self, files: u64) -> Self {
        self.files = Some(files);
        self
    }

    /// How often a reader records that an entry was used: at most once in this time for each entry, by one call more. A
    /// cache in which an entry does not live much longer than this forgets the oldest first, used or not.
    #[must_use]
    pub const fn touch_every(mut self, interval: Duration) -> Self {
        self.touch_every = interval;
        self
    }

    pub(crate) fn are_set(&self) -> bool {
        self.bytes.is_some() || self.files.is_some()
    }

    /// The limit that an entry of this length is beyond, alone.
    pub(crate) fn refuses(&self, len: u64) -> Option<u64> {
        if self.files == Some(0) {
            return Some(0);
        }
        self.bytes.filter(|limit| space_of(len) > *limit)
    }

    /// What must go: nothing while no limit is exceeded by more than `grace` slices.
    pub(crate) fn excess(&self, usage: &Usage, grace: u64) -> Need {
        Need { bytes: excess(usage.bytes, self.bytes, grace), files: excess(usage.files, self.files, grace) }
    }

    /// How much may be put between two looks at what others put.
    pub(crate) fn look_after(&self) -> Need {
        let part = |limit: Option<u64>| limit.map_or(u64::MAX, |limit| slice(limit) / 4);
        Need { bytes: part(self.bytes), files: part(self.files) }
    }

    /// Whether the last use on record is so long ago, or so far ahead of a clock that was set back, that it is time for
    /// another one.
    pub(crate) fn wants_touch(&self, meta: &Meta, now: Time) -> bool {
        self.are_set()
            && (now.since(meta.atime) >= self.touch_every || meta.atime > now.after(self.touch_every))
    }
}

fn slice(limit: u64) -> u64 {
    limit / SLICES
}

fn excess(used: u64, limit: Option<u64>, grace: u64) -> u64 {
    match limit {
        Some(limit) if used > limit.saturating_add(slice(limit).saturating_mul(grace)) => {
            used - (limit - slice(limit))
        }
        _ => 0,
    }
}

/// What a file of this length takes, where nobody has asked the filesystem.
pub(crate) fn space_of(len: u64) -> u64 {
    len.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX)
}

/// What must be made free, or was: disk space and entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

impl Need {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), files: self.files.saturating_add(other.files) }
    }

    pub(crate) fn at_most(self, other: Self) -> Self {
        Self { bytes: self.bytes.min(other.bytes), files: self.files.min(other.files) }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_sub(other.bytes), files: self.files.saturating_sub(other.files) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(bytes: u64, files: u64) -> Usage {
        let mut usage = Usage::default();
        (usage.bytes, usage.files) = (bytes, files);
        usage
    }

    #[test]
    fn nothing_must_go_up_to_the_limit_and_a_slice_beyond_it() {
        let limits = Limits::new().bytes(6400).files(640);
        let cases = [
            ((6400, 640), (0, 0)),
            ((6401, 640), (101, 0)),
            ((6400, 641), (0, 11)),
            ((12_800, 1280), (6500, 650)),
            ((0, 0), (0, 0)),
        ];
        for ((bytes, files), (need_bytes, need_files)) in cases {
            let need = Need { bytes: need_bytes, files: need_files };
            assert_eq!(limits.excess(&usage(bytes, files), 0), need, "{bytes} bytes, {files} files");
        }
        assert!(Limits::new().excess(&usage(u64::MAX, u64::MAX), 0).is_nothing());
    }

    #[test]
    fn with_grace_nothing_must_go_before_that_many_slices_beyond_the_limit() {
        let limits = Limits::new().bytes(6400);
        assert!(limits.excess(&usage(6500, 0), 1).is_nothing());
        assert_eq!(limits.excess(&usage(6501, 0), 1).bytes, 201);
    }

    #[test]
    fn small_limits_have_slices_of_nothing_and_hold_all_the_same() {
        let limits = Limits::new().files(3);
        assert!(limits.excess(&usage(0, 3), 0).is_nothing());
        assert_eq!(limits.excess(&usage(0, 4), 0).files, 1);
        assert_eq!(Limits::new().files(0).excess(&usage(0, 1), 0).files, 1);
    }

    #[test]
    fn an_entry_is_refused_when_it_alone_takes_more_than_the_limit() {
        let limits = Limits::new().bytes(8192);
        assert_eq!((limits.refuses(8192), limits.refuses(8193)), (None, Some(8192)));
        assert_eq!(limits.refuses(u64::MAX), Some(8192));
        assert_eq!(Limits::new().bytes(8191).refuses(4097), Some(8191), "it takes two blocks");
        assert_eq!(Limits::new().files(1).refuses(u64::MAX), None);
        assert_eq!(Limits::new().files(0).refuses(1), Some(0));
    }
}
