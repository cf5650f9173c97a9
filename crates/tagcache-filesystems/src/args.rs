//! What the command line says.

use crate::place::Place;

/// How to call the program.
pub(crate) const USAGE: &str = "\
usage: filesystems [OPTION…]
  --fs LIST     of ext4, ext4-128, xfs, btrfs, tmpfs, overlay (default: all)
  --only-full   leave the tests out, and only fill the disk
  --require     fail where the machine cannot do what is asked, instead of skipping it";

/// The options.
pub(crate) struct Args {
    pub(crate) places: Vec<Place>,
    pub(crate) suite: bool,
    pub(crate) require: bool,
}

impl Args {
    /// Reads the words behind the name of the program.
    pub(crate) fn parse(words: &[String]) -> Result<Self, String> {
        let mut args = Self { places: Place::ALL.to_vec(), suite: true, require: false };
        let mut words = words.iter();
        while let Some(option) = words.next() {
            match option.as_str() {
                "--fs" => {
                    let list = words.next().ok_or("--fs wants a list")?;
                    args.places = list.split(',').map(place).collect::<Result<_, _>>()?;
                }
                "--only-full" => args.suite = false,
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
