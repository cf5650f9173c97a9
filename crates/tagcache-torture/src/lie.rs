//! Calls to the kernel that are not made although they are said to be, to see that the check can fail.

use std::fmt;
use std::str::FromStr;

use tagcache_fs::sys::Stat;
use tagcache_testkit::{At, Call};

use crate::doing::Doing;

/// A mistake of the protocol, made from below: the product is as it was released.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lie {
    /// The truth.
    #[default]
    None,
    /// No entry is ever poisoned: names are just removed. Seen when somebody adds hard links.
    Poison,
    /// The log looks empty to everybody: no fill sees an invalidation in it.
    Log,
    /// An invalidation leaves the drafts of its key alone.
    Drafts,
    /// Whoever has locked a lease believes that it is the one at the path.
    Recheck,
    /// Every lock is given to everybody, once the cache is open.
    Lock,
    /// A soft expiry changes no mode.
    Soft,
    /// The links of a tag are poisoned never and removed never: an invalidation does nothing.
    Links,
    /// A sweep removes nothing.
    Sweep,
}

const WORDS: [(&str, Lie); 9] = [
    ("none", Lie::None),
    ("poison", Lie::Poison),
    ("log", Lie::Log),
    ("drafts", Lie::Drafts),
    ("recheck", Lie::Recheck),
    ("lock", Lie::Lock),
    ("soft", Lie::Soft),
    ("links", Lie::Links),
    ("sweep", Lie::Sweep),
];

impl Lie {
    /// Every lie there is.
    pub fn all() -> impl Iterator<Item = Self> {
        WORDS.into_iter().map(|(_, lie)| lie).filter(|lie| *lie != Self::None)
    }

    /// Whether this call is said to be done, and is not.
    pub(crate) fn skips(self, at: &At<'_>, doing: Doing) -> bool {
        let on_entries = at.is_below("data/");
        match self {
            Self::None | Self::Log | Self::Recheck => false,
            Self::Poison => at.call == Call::SetMtime && on_entries,
            Self::Drafts => at.call == Call::Unlink && at.is_below("tmp/") && doing == Doing::Invalidation,
            // Of leases, drafts and sweeps. Not while the root is made: the probe would see through it.
            Self::Lock => {
                let is_shared = ["locks/", "tmp/", "data"].iter().any(|folder| at.is_below(folder));
                at.call == Call::TryLock && is_shared && !at.is_below("tmp/probe-")
            }
            Self::Soft => at.call == Call::SetMode && on_entries,
            Self::Links => {
                matches!(at.call, Call::SetMtime | Call::Unlink) && on_entries && doing == Doing::Invalidation
            }
            Self::Sweep => at.call == Call::Unlink && doing == Doing::Sweep,
        }
    }

    /// What a file says of itself.
    pub(crate) fn tells(self, at: &At<'_>, stat: Stat) -> Stat {
        match self {
            // The bytes of a header: a log in which nothing was ever written.
            Self::Log if at.path == c"log" => Stat { size: 64, ..stat },
            Self::Recheck if at.is_below("locks/") => Stat { dev: 0, ino: 1, ..stat },
            _ => stat,
        }
    }
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = WORDS.iter().find(|(_, lie)| lie == self).map_or("none", |(word, _)| word);
        f.pad(word)
    }
}

impl FromStr for Lie {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = WORDS.iter().find(|(word, _)| *word == text).map(|(_, lie)| *lie);
        known.ok_or_else(|| {
            let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
            format!("nothing called `{text}` can be broken; there are {}", words.join(", "))
        })
    }
}
