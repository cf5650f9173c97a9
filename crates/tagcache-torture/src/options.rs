//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::lie::Lie;
use crate::plan::{self, Wishes};

/// What the user sees when the arguments make no sense.
pub const USAGE: &str = "\
usage: torture [--time 60s] [--kills N] [--processes N] [--root DIR] [--seed N] [--round 5s] [--pause 4ms]
               [--rotate] [--foreign-links] [--calm] [--files N] [--durability volatile|invalidations|full]
               [--break poison|log|drafts|recheck|lock|soft|links|sweep|all]
       torture story DIR

Many processes use one cache and are killed with SIGKILL at random instants, round after round, each on a fresh cache
and with other settings. It ends after --time, after --kills, or when something is found; what was found is kept.
With --break a call to the kernel is not what it seems, and must be found out; with `all`, each in turn.
With --calm nearly everything is a look, so that values are kept in memory; kills are rarer, too.
`story` prints what happened in a round that was kept, in order.";

/// In a calm round a process lives long enough to look twice at what has rested.
const CALM_PAUSE: Duration = Duration::from_millis(100);

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Ends after this time.
    pub time: Duration,
    /// Or after so many kills.
    pub kills: u64,
    /// How many processes there are at a time.
    pub processes: u32,
    /// Where the rounds lie; a temporary directory unless said.
    pub root: Option<PathBuf>,
    /// From which all chance comes; chosen unless said.
    pub seed: Option<u64>,
    /// How long one round lasts.
    pub round: Duration,
    /// How long it is from one kill to the next, more or less.
    pub pause: Duration,
    /// Whether each lie is to be found out, one after the other.
    pub all_lies: bool,
    /// What all rounds have in common.
    pub wishes: Wishes,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            kills: u64::MAX,
            processes: 6,
            root: None,
            seed: None,
            round: Duration::from_secs(4),
            pause: Duration::from_millis(4),
            all_lies: false,
            wishes: Wishes::default(),
        }
    }
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// When one is unknown, or its value makes no sense; the message says which.
    pub fn parse(args: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(name) = args.next() {
            let mut value = || args.next().map(String::as_str).ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--time" => options.time = duration(value()?)?,
                "--round" => options.round = duration(value()?)?,
                "--pause" => options.pause = duration(value()?)?,
                "--kills" => options.kills = number(value()?)?,
                "--processes" => options.processes = number(value()?)?,
                "--seed" => options.seed = Some(number(value()?)?),
                "--root" => options.root = Some(value()?.into()),
                "--files" => options.wishes.files = Some(number(value()?)?),
                "--durability" => options.wishes.durability = Some(plan::durability(value()?)?),
                "--layout" => options.wishes.layout = Some(plan::layout(value()?)?),
                "--break" => match value()? {
                    "all" => options.all_lies = true,
                    lie => options.wishes.lie = lie.parse::<Lie>()?,
                },
                "--calm" => {
                    options.wishes.calm = true;
                    options.pause = CALM_PAUSE;
                }
                "--rotate" => options.wishes.rotate = true,
                "--foreign-links" => options.wishes.foreign_links = true,
                other => return Err(format!("there is no option `{other}`")),
            }
        }
        if options.processes == 0 {
            return Err("without a process there is nobody to kill".into());
        }
        Ok(options)
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of the right size"))
}

/// `60s`, `10m`, `4ms`, or seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("", 1000)];
    let split = units.iter().find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, *millis)));
    let (count, millis) = split.unwrap_or((text, 1000));
    let count: u64 = count.parse().map_err(|_| format!("`{text}` is no time: 60s, 10m or 4ms would be"))?;
    Ok(Duration::from_millis(count.saturating_mul(millis)))
}
