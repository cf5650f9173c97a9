//! What the command line says.

use std::str::FromStr;

use crate::place::Place;

/// How to call the program.
pub const USAGE: &str = "\
usage: honest [OPTION…]
  --fs LIST        of disk, memory, ext4, ext4-128, xfs, btrfs, overlay (default: all)
  --sequences N    on each (10000)
  --seed N         for the sequences (1)
  --require        fail where the machine cannot do what is asked, instead of skipping it";

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Args {
    /// Where it is compared.
    pub places: Vec<Place>,
    /// How many sequences on each.
    pub sequences: u32,
    /// What they are made from.
    pub seed: u64,
    /// Whether a skip is a failure.
    pub require: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self { places: Place::ALL.to_vec(), sequences: 10_000, seed: 1, require: false }
    }
}

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
                "--fs" => args.places = word()?.split(',').map(place).collect::<Result<_, _>>()?,
                "--sequences" => args.sequences = number(word()?)?,
                "--seed" => args.seed = number(word()?)?,
                "--require" => args.require = true,
                other => return Err(format!("{other} is no option")),
            }
        }
        Ok(args)
    }
}

fn place(word: &str) -> Result<Place, String> {
    let found = Place::ALL.iter().find(|place| place.to_string() == word);
    found.copied().ok_or_else(|| format!("{word} is no place"))
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word} is no number"))
}
