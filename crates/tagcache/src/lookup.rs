//! What a look into the cache tells.

use std::fmt;
use std::time::Duration;

use tagcache_codec::{CodecId, DecodeError, Fingerprint};
use tagcache_record::ParseError;

use crate::hit::Hit;

/// The answer to [`Cache::lookup`](crate::Cache::lookup).
#[derive(Debug)]
#[must_use = "a look changes nothing; its answer is all there is"]
pub enum Lookup<T> {
    /// A value that may be used.
    Fresh(Hit<T>),
    /// A value that was true and should be refreshed.
    Stale(Hit<T>, Stale),
    /// No value, and why.
    Miss(Miss),
}

impl<T> Lookup<T> {
    /// The value, if it is fresh.
    #[must_use]
    pub fn fresh(self) -> Option<Hit<T>> {
        match self {
            Self::Fresh(hit) => Some(hit),
            Self::Stale(..) | Self::Miss(_) => None,
        }
    }
}

/// Why a value should be refreshed although it was never invalidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale {
    /// Its time is over.
    Expired,
    /// It, or one of its tags, was softly expired.
    SoftlyExpired,
    /// It was made later than now: the clock was set back, and its age is unknown.
    FromTheFuture,
}

impl Stale {
    /// A short word for each reason, for counters and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::SoftlyExpired => "softly expired",
            Self::FromTheFuture => "from the future",
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "expired",
            Self::SoftlyExpired => "softly expired",
            Self::FromTheFuture => "made in the future: the clock was set back",
        })
    }
}

/// Why there is no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum Miss {
    /// Nothing was stored under the key, or it was removed.
    Absent,
    /// It was taken away by an invalidation or an eviction: poisoned, or fewer names than it was published with.
    Invalidated,
    /// It was replaced, again and again, while it was being read.
    Superseded,
    /// A program outside added a hard link to the file, so its link count says nothing any more.
    ForeignLink,
    /// Expired for longer than it may be served stale.
    TooOld,
    /// The file is not a whole record: torn by a power cut, damaged, or of another version.
    Damaged(ParseError),
    /// Something that is no file lies in the place of the entry.
    NotAFile,
    /// The record is that of another key.
    OtherKey,
    /// Another codec wrote it.
    OtherCodec {
        /// The codec of this cache.
        expected: CodecId,
        /// The codec of the record.
        found: CodecId,
    },
    /// A value of another type, or of another version of the type.
    OtherSchema {
        /// The schema asked for.
        expected: Fingerprint,
        /// The schema of the record.
        found: Fingerprint,
    },
    /// Written before the last boot, in a cache that promises nothing over a reboot.
    OtherBoot,
    /// The record is whole, and the codec cannot read the payload as this type.
    Undecodable(DecodeError),
    /// There was no look: the environment kept the cache from it. Only a fill says this; elsewhere it is an error.
    Fault,
}

impl Miss {
    /// A short word for each reason, for counters and logs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Invalidated => "invalidated",
            Self::Superseded => "superseded",
            Self::ForeignLink => "foreign link",
            Self::TooOld => "too old",
            Self::Damaged(_) => "damaged",
            Self::NotAFile => "not a file",
            Self::OtherKey => "other key",
            Self::OtherCodec { .. } => "other codec",
            Self::OtherSchema { .. } => "other schema",
            Self::OtherBoot => "other boot",
            Self::Undecodable(_) => "undecodable",
            Self::Fault => "fault",
        }
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Damaged(error) => write!(f, ": {error}"),
            Self::Undecodable(error) => write!(f, ": {error}"),
            Self::OtherCodec { expected, found } => write!(f, ": {found}, not {expected}"),
            Self::OtherSchema { expected, found } => write!(f, ": {found}, not {expected}"),
            _ => Ok(()),
        }
    }
}

/// Where a value came from, on demand: [`Hit::source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Read from the cache, fresh.
    Disk,
    /// Kept in the [memory](crate::Memory) of this process, fresh: its file says that nothing happened to it.
    Memory,
    /// Read from the cache, and to be refreshed. Compute-through serves it while another caller computes the new one.
    Stale(Stale),
    /// Read from the cache, and to be refreshed: it stands in for an error. The computation failed, or failed a short
    /// while ago and is not tried again yet; see [`Policy::stale_if_error`](crate::Policy::stale_if_error).
    StandIn(Stale),
    /// Computed by this caller.
    Computed {
        /// What became of it.
        stored: Stored,
        /// How long it took.
        took: Duration,
    },
}

/// What became of a value that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stored {
    /// It was published. An invalidation by tag that came in the last instant may have made it invalid already: then
    /// nobody is served it.
    Yes,
    /// An invalidation overtook the computation: the value belongs to its caller, and nobody else gets it.
    Raced,
    /// The fill declined to store it.
    Declined,
    /// It was computed without the lease: another caller was computing the same key for longer than the wait limit, or
    /// stored nothing when it was done.
    Unleased,
    /// It was computed without the lease, since the one who has it waits for this caller.
    Cycle,
    /// The cache could not store it; the error was counted, and given to the fault hook.
    Fault,
}

impl Stored {
    /// A short word for each outcome, for counters and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "stored",
            Self::Raced => "raced",
            Self::Declined => "declined",
            Self::Unleased => "unleased",
            Self::Cycle => "cycle",
            Self::Fault => "fault",
        }
    }
}
