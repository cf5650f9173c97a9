//! What the filesystem under a directory can do, and what follows for a cache there.

use std::fmt;
use std::path::Path;

use tagcache_fs::sys::FsKind;
use tagcache_fs::{Errno, Os, Survey, Sys, Tried, Unfit, survey};

use crate::cache::possible;
use crate::error::Error;

/// Something that a filesystem can do or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// It lies on this machine.
    Local,
    /// A file may have several names.
    HardLinks,
    /// The number of names is true.
    CountedLinks,
    /// Names that were there before are counted, too: it is no lower layer of an overlay. Tried where there is a cache.
    UpperLayer,
    /// Modification times come back as they were set.
    Times,
    /// Times are exact to a microsecond or better.
    FineTimes,
    /// Permission bits come back as they were set.
    Modes,
    /// A lock that one holds is not given to another.
    Locks,
    /// A rename can refuse to replace a name.
    RenameNoReplace,
    /// What is on disk is there in the order in which it was written: one journal.
    OrderedJournal,
}

/// How it stands with a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ability {
    /// It is there.
    Present,
    /// It is missing, and a cache works without it.
    Missing,
    /// It is missing, and a cache is refused without it.
    Unfit(Unfit),
    /// It could not be tried.
    Unknown(Errno),
}

/// One capability, how it stands with it, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// Which.
    pub capability: Capability,
    /// How it stands.
    pub ability: Ability,
}

/// What the filesystem under a directory can do: the answer of [`doctor`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Each capability.
    pub answers: Vec<Answer>,
}

/// Finds out what the filesystem under a directory can do, and what follows for a cache there. It is tried in a folder that
/// is there for a moment; what else lies in the directory is not touched.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// let diagnosis = tagcache::doctor(dir.path())?;
/// assert!(diagnosis.is_fit(), "{diagnosis}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] when there is no such directory, or nothing can be made in it; [`Error::BadPath`] when there can be none.
pub fn doctor(dir: impl AsRef<Path>) -> Result<Diagnosis, Error> {
    doctor_on(&Os, dir)
}

/// The same on any [`Sys`].
///
/// # Errors
/// As for [`doctor`].
pub fn doctor_on<S: Sys>(sys: &S, dir: impl AsRef<Path>) -> Result<Diagnosis, Error> {
    Ok(diagnose(&survey(sys, possible(dir.as_ref())?)?))
}

impl Diagnosis {
    /// Whether a cache can be made there: nothing that it needs is missing or unknown.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        let fits = |answer: &Answer| matches!(answer.ability, Ability::Present | Ability::Missing);
        self.answers.iter().all(fits)
    }

    /// How it stands with a capability; `None` if it was not asked for: [`Capability::UpperLayer`] where there is no cache.
    #[must_use]
    pub fn of(&self, capability: Capability) -> Option<Ability> {
        self.answers.iter().find(|answer| answer.capability == capability).map(|answer| answer.ability)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.answers.iter().try_for_each(|answer| writeln!(f, "{answer}"))
    }
}

fn diagnose(survey: &Survey) -> Diagnosis {
    use Capability as Can;
    let fine = |(_, granularity): (_, u64)| granularity <= 1000;
    let mut answers = vec![
        answer(Can::Local, local(survey.kind)),
        answer(Can::HardLinks, needed(survey.hard_links)),
        answer(Can::CountedLinks, needed(survey.counted_links)),
        answer(Can::Times, needed(survey.times)),
        answer(Can::FineTimes, useful(survey.times, fine)),
        answer(Can::Modes, needed(survey.modes)),
        answer(Can::Locks, needed(survey.locks)),
        answer(Can::RenameNoReplace, useful(survey.rename_noreplace, |can| can)),
        answer(Can::OrderedJournal, useful(survey.kind, |kind| kind == FsKind::Journaled)),
    ];
    answers.extend(survey.upper_layer.map(|tried| answer(Can::UpperLayer, needed(tried))));
    Diagnosis { answers }
}

const fn answer(capability: Capability, ability: Ability) -> Answer {
    Answer { capability, ability }
}

fn local(kind: Tried<FsKind>) -> Ability {
    match kind {
        Tried::Can(FsKind::Remote) => Ability::Unfit(Unfit::Remote),
        other => needed(other),
    }
}

fn needed<T: Copy>(tried: Tried<T>) -> Ability {
    match tried {
        Tried::Can(_) => Ability::Present,
        Tried::Cannot(why) => Ability::Unfit(why),
        Tried::Unknown(errno) => Ability::Unknown(errno),
    }
}

/// Something that a cache works without.
fn useful<T: Copy>(tried: Tried<T>, is_there: impl FnOnce(T) -> bool) -> Ability {
    match tried {
        Tried::Can(found) if is_there(found) => Ability::Present,
        Tried::Can(_) | Tried::Cannot(_) => Ability::Missing,
        Tried::Unknown(errno) => Ability::Unknown(errno),
    }
}

impl Capability {
    /// In a few words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Local => "on this machine",
            Self::HardLinks => "hard links",
            Self::CountedLinks => "counted links",
            Self::UpperLayer => "no lower layer",
            Self::Times => "modification times",
            Self::FineTimes => "fine times",
            Self::Modes => "permission bits",
            Self::Locks => "locks",
            Self::RenameNoReplace => "rename without replacing",
            Self::OrderedJournal => "one ordered journal",
        }
    }

    /// What it is good for.
    const fn present(self) -> &'static str {
        match self {
            Self::Local => "every process sees at once what another one did",
            Self::HardLinks => "an entry can have tags",
            Self::CountedLinks => "one look tells whether a tag was taken from an entry",
            Self::UpperLayer => "what is stored here can be judged by its names",
            Self::Times => "entries expire, and what was taken away stays so",
            Self::FineTimes => "entries expire when they should",
            Self::Modes => "entries can be marked for refreshing while they are served",
            Self::Locks => "one process at a time computes a value",
            Self::RenameNoReplace => "a put over nothing needs no look first",
            Self::OrderedJournal => "an invalidation is on disk after one fsync of the log",
        }
    }

    /// What follows when it is missing, where a cache works without it.
    const fn missing(self) -> &'static str {
        match self {
            Self::FineTimes => "an entry may be fresh for one unit of time longer than was asked for",
            Self::RenameNoReplace => {
                "a put looks first, and what takes the name in that instant is replaced without its links being removed: \
                 a sweep does that"
            }
            Self::OrderedJournal => {
                "an invalidation syncs the whole filesystem, which waits for others' data, too"
            }
            // These are needed, and `Unfit` says why.
            _ => "a cache is refused here",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Answer {
    /// What follows for a cache, in words.
    #[must_use]
    pub fn consequence(&self) -> String {
        match self.ability {
            Ability::Present => self.capability.present().to_owned(),
            Ability::Missing => self.capability.missing().to_owned(),
            Ability::Unfit(why) => format!("a cache is refused here: {why}"),
            Ability::Unknown(errno) => {
                format!("it could not be tried ({errno}), so a cache may fail to open here")
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.ability {
            Ability::Present => "yes",
            Ability::Missing => "no",
            Ability::Unfit(_) => "NO",
            Ability::Unknown(_) => "?",
        };
        write!(f, "{:<24} {sign:<3} {}", self.capability, self.consequence())
    }
}
