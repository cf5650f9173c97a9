//! What can be wrong, and what it means.

use std::fmt;
use std::path::PathBuf;

use tagcache_record::ParseError;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where, below the cache directory.
    pub path: PathBuf,
    /// What.
    pub wrong: Wrong,
    /// It is not wrong any more.
    pub repaired: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repaired = if self.repaired { " (repaired)" } else { "" };
        write!(f, "{}: {}: {}{repaired}", self.path.display(), self.wrong, self.wrong.meaning())
    }
}

/// What a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// Space, and nothing else.
    Litter,
    /// A value, which is computed anew, or that values are kept at all.
    Loss,
    /// The truth: what was invalidated may be served.
    Danger,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrong {
    /// The bytes of an entry are not a whole record.
    Damaged(ParseError),
    /// A record lies where its key does not belong.
    WrongPlace,
    /// An entry was invalidated or replaced and still has its name.
    Dead,
    /// An entry has fewer names than tags and key.
    NamesMissing {
        /// How many it was published with.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// An entry has more names than tags and key.
    ForeignLinks {
        /// How many it was published with.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// The number of names is right, and the link of a tag is not among them.
    TagLinkMissing,
    /// A tag link whose entry is dead or gone, or does not have this tag.
    StrayLink,
    /// A record of another version of the format.
    OtherVersion {
        /// Its version.
        found: u16,
    },
    /// A name that is none of ours.
    Foreign,
    /// One of the names that the cache needs in its directory, and something else has it.
    Blocked,
}

impl Wrong {
    /// What it costs.
    #[must_use]
    pub const fn harm(&self) -> Harm {
        match self {
            Self::Dead | Self::StrayLink | Self::OtherVersion { .. } | Self::Foreign => Harm::Litter,
            Self::Damaged(_)
            | Self::WrongPlace
            | Self::NamesMissing { .. }
            | Self::ForeignLinks { .. }
            | Self::Blocked => Harm::Loss,
            Self::TagLinkMissing => Harm::Danger,
        }
    }

    /// A short word for each kind, for counters and scripts.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "damaged",
            Self::WrongPlace => "wrong place",
            Self::Dead => "dead",
            Self::NamesMissing { .. } => "names missing",
            Self::ForeignLinks { .. } => "foreign links",
            Self::TagLinkMissing => "tag link missing",
            Self::StrayLink => "stray link",
            Self::OtherVersion { .. } => "other version",
            Self::Foreign => "foreign",
            Self::Blocked => "blocked",
        }
    }

    /// What follows from it, and what is to be done, in one sentence.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        match self {
            Self::Damaged(_) => {
                "it is never served; a power cut, a full disk or a fault of the disk did this, or somebody wrote into it"
            }
            Self::WrongPlace => "it is never served; somebody moved or copied it",
            Self::Dead => "it is never served, and a sweep removes it",
            Self::NamesMissing { .. } => {
                "it is never served; one of its tags was being invalidated, or somebody removed a name by hand"
            }
            Self::ForeignLinks { .. } => {
                "it is not served, since its names prove nothing any more; keep tools that make hard links (backups, \
                 deduplication) out of the directory"
            }
            Self::TagLinkMissing => {
                "an invalidation of that tag does not find it, so it may be served afterwards; somebody removed a link by \
                 hand and another hard link makes up the number; repair the cache, or clear it"
            }
            Self::StrayLink => "nothing is served by it, and a sweep removes it once its file is dead",
            Self::OtherVersion { .. } => "it is a miss here, and left to the program that wrote it",
            Self::Foreign => {
                "it was not made by this cache, is never followed, and stays unless its removal is asked for"
            }
            Self::Blocked => {
                "whatever needs it fails: without `data`, `tmp` or `locks` no program opens the cache, without `log` nothing is \
                 stored and no invalidation succeeds, without `tmp` nothing is stored, without `data` nothing is served \
                 either, without `locks` nothing that is computed is stored, and without `usage` no limit is kept; remove it, \
                 and it is made anew"
            }
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(damage) => write!(f, "no whole record: {damage}"),
            Self::WrongPlace => f.write_str("a record of another key"),
            Self::Dead => f.write_str("a dead entry"),
            Self::NamesMissing { expected, found } | Self::ForeignLinks { expected, found } => {
                write!(f, "{found} names in place of {expected}")
            }
            Self::TagLinkMissing => {
                f.write_str("the link of a tag is missing, and the number of names is right")
            }
            Self::StrayLink => f.write_str("a tag link without its entry"),
            Self::OtherVersion { found } => write!(f, "a record of version {found}"),
            Self::Foreign => f.write_str("a foreign name"),
            Self::Blocked => f.write_str("something else in the place of what the cache needs there"),
        }
    }
}
