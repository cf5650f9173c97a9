//! Points in time, in nanoseconds since the Unix epoch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time: nanoseconds since the Unix epoch, good until the year 2554.
///
/// A time before the epoch counts as the epoch: nothing of ours is that old, and [`Time::EPOCH`] as an mtime is
/// the poison, so the mistake is on the safe side.
///
/// ```
/// use std::time::Duration;
/// use tagcache_fs::Time;
///
/// let noon = Time::from_parts(1_700_000_000, 0);
/// let later = noon.after(Duration::from_millis(1500));
/// assert_eq!(later.since(noon), Duration::from_millis(1500));
/// assert_eq!((later.secs(), later.subsec_nanos()), (1_700_000_001, 500_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

const NANOS_PER_SEC: u64 = 1_000_000_000;

impl Time {
    /// The beginning: as an mtime, the poison.
    pub const EPOCH: Self = Self(0);
    /// The last representable point: as an expiry, never.
    pub const MAX: Self = Self(u64::MAX);

    /// From nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From the two fields that the system uses; too early is [`Time::EPOCH`], too late is [`Time::MAX`].
    #[must_use]
    pub fn from_parts(secs: i64, nanos: u32) -> Self {
        match u64::try_from(secs) {
            Ok(secs) => Self(secs.saturating_mul(NANOS_PER_SEC).saturating_add(u64::from(nanos))),
            Err(_) => Self::EPOCH,
        }
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0 / NANOS_PER_SEC
    }

    /// Nanoseconds within the second.
    #[must_use]
    pub const fn subsec_nanos(self) -> u64 {
        self.0 % NANOS_PER_SEC
    }

    /// The point that lies `duration` later, at most [`Time::MAX`].
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How much later this is than `earlier`; zero if it is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The first point at or after this one that is a multiple of `granularity` nanoseconds.
    #[must_use]
    pub fn round_up(self, granularity: u64) -> Self {
        match self.0.checked_next_multiple_of(granularity) {
            Some(nanos) => Self(nanos),
            None => Self(self.0 - self.0.checked_rem(granularity).unwrap_or(0)),
        }
    }
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        Self::EPOCH.after(time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
    }
}

impl From<Time> for SystemTime {
    fn from(time: Time) -> Self {
        UNIX_EPOCH + Duration::from_nanos(time.0)
    }
}
