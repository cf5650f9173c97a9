//! What the command line says.

use std::str::FromStr;

use tagcache::{Durability, Layout};
use tagcache_images::Filesystem;

use crate::campaign::Method;
use crate::power::Break;

/// How to call the program.
pub const USAGE: &str = "\
usage: powerfail [OPTION…]
  --fs LIST           of ext4, xfs, btrfs (these are the default), ext4-nojournal
  --states N          crash states per filesystem (250)
  --mode LIST         of snapshot, shutdown, drive; both: the first two (default: all that the filesystem knows)
  --durability LIST   of volatile, invalidations, full (default: all)
  --layout LIST       of spread, compact: those of the roots, in turns (default: both)
  --processes N       of the workload (4)
  --seed N            for what the processes choose (a new one each time)
  --break MISTAKE     barrier, empty or order: plants a mistake, and expects it to be caught
  --require           fail where the machine cannot do what is asked, instead of skipping it";

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// Which filesystems.
    pub filesystems: Vec<Filesystem>,
    /// How many crash states of each.
    pub states: u64,
    /// How the power is cut.
    pub methods: Vec<Method>,
    /// What the roots promise.
    pub durabilities: Vec<Durability>,
    /// How the roots are laid out: each round has the next one.
    pub layouts: Vec<Layout>,
    /// How many processes work.
    pub processes: u32,
    /// What they choose by.
    pub seed: Option<u64>,
    /// The planted mistake.
    pub broken: Option<Break>,
    /// Whether a skip is a failure.
    pub require: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            filesystems: vec![Filesystem::Ext4, Filesystem::Xfs, Filesystem::Btrfs],
            states: 250,
            methods: Method::ALL.to_vec(),
            durabilities: DURABILITIES.to_vec(),
            layouts: Layout::ALL.to_vec(),
            processes: 4,
            seed: None,
            broken: None,
            require: false,
        }
    }
}

const DURABILITIES: [Durability; 3] = [Durability::Invalidations, Durability::Full, Durability::Volatile];

impl Args {
    /// Reads the words behind the name of the program.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let mut args = Self::default();
        let mut words = words.iter();
        while let Some(option) = words.next() {
            let mut word = || words.next().ok_or_else(|| format!("{option} wants a word"));
            match option.as_str() {
                "--fs" => args.filesystems = list(word()?, filesystem)?,
                "--states" => args.states = number(word()?)?,
                "--mode" => args.methods = methods(word()?)?,
                "--durability" => args.durabilities = list(word()?, durability)?,
                "--layout" => args.layouts = list(word()?, layout)?,
                "--processes" => args.processes = number(word()?)?,
                "--seed" => args.seed = Some(number(word()?)?),
                "--break" => {
                    args.broken = Some(broken(word()?)?);
                    // What nobody promises cannot be broken.
                    args.durabilities.retain(|durability| *durability != Durability::Volatile);
                }
                "--require" => args.require = true,
                other => return Err(format!("{other} is no option")),
            }
        }
        Ok(args)
    }
}

fn list<T>(words: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    words.split(',').map(parse).collect()
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word} is no number"))
}

fn one_of<T: Copy>(all: &[T], name: impl Fn(T) -> String, word: &str) -> Result<T, String> {
    let names = || all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|one| name(**one) == word);
    found.copied().ok_or_else(|| format!("{word} is none of {}", names()))
}

fn filesystem(word: &str) -> Result<Filesystem, String> {
    one_of(&Filesystem::ALL, |one| one.to_string(), word)
}

fn methods(word: &str) -> Result<Vec<Method>, String> {
    if word == "both" {
        return Ok(vec![Method::Snapshot, Method::Shutdown]);
    }
    list(word, |word| one_of(&Method::ALL, |one| one.to_string(), word))
}

pub(crate) fn durability(word: &str) -> Result<Durability, String> {
    one_of(&DURABILITIES, |one| one.to_string(), word)
}

pub(crate) fn layout(word: &str) -> Result<Layout, String> {
    one_of(&Layout::ALL, |one| one.to_string(), word)
}

pub(crate) fn broken(word: &str) -> Result<Break, String> {
    one_of(&Break::ALL, |one| one.to_string(), word)
}
