//! Where a run may go several ways, and who says which.
//!
//! Every way out of a choice has a number, and 0 is always the plain one: go on with the same process, no fault, no
//! loss. A run is therefore given by the numbers alone, trailing zeroes can be left out, and a short input stays a
//! simple story.

use std::fmt;

/// One choice that was made: which, out of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The number chosen.
    pub chosen: u32,
    /// How many there were.
    pub of: u32,
}

/// What is being chosen, so that chance can weigh it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Whose turn it is.
    Turn,
    /// Whether a process dies, or the power, here.
    Death,
    /// Whether a call fails.
    Fault,
    /// What a power cut left.
    Loss,
    /// What a script does.
    Script,
}

/// The source of choices.
#[derive(Clone, Debug)]
enum Source {
    /// Given numbers, then 0.
    Given(Vec<u32>),
    /// Bytes of a fuzzer, then 0.
    Bytes(Vec<u8>),
    /// Chance.
    Seed(Chance),
}

/// Makes the choices of one run and remembers them.
#[derive(Clone, Debug)]
pub struct Choices {
    source: Source,
    used: usize,
    made: Vec<Made>,
}

impl Choices {
    /// These numbers first, and 0 from then on.
    #[must_use]
    pub fn given(numbers: Vec<u32>) -> Self {
        Self { source: Source::Given(numbers), used: 0, made: Vec::new() }
    }

    /// One byte for each choice among up to 256, two for more; 0 when they run out.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self { source: Source::Bytes(bytes), used: 0, made: Vec::new() }
    }

    /// By chance; the same seed makes the same choices.
    #[must_use]
    pub fn seed(seed: u64) -> Self {
        Self { source: Source::Seed(Chance::new(seed)), used: 0, made: Vec::new() }
    }

    /// What was chosen so far.
    #[must_use]
    pub fn made(&self) -> &[Made] {
        &self.made
    }

    /// How many of the given numbers were used.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn choose(&mut self, about: About, of: usize) -> usize {
        if of <= 1 {
            return 0;
        }
        let chosen = match &mut self.source {
            Source::Given(numbers) => numbers.get(self.used).map_or(0, |number| *number as usize % of),
            Source::Bytes(bytes) => {
                let wide = usize::from(of > 256);
                let low = bytes.get(self.used).copied().map_or(0, usize::from);
                let high = bytes.get(self.used + 1).copied().map_or(0, usize::from) * wide;
                self.used += wide;
                (low + 256 * high) % of
            }
            Source::Seed(chance) => chance.choose(about, of),
        };
        self.used += 1;
        let narrow = |number| u32::try_from(number).unwrap_or(u32::MAX);
        self.made.push(Made { chosen: narrow(chosen), of: narrow(of) });
        chosen
    }
}

/// A sequence of choices as one word, for the line that replays a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay(pub Vec<u32>);

impl Replay {
    /// The numbers of a run without the zeroes at its end.
    #[must_use]
    pub fn of(made: &[Made]) -> Self {
        let end = made.iter().rposition(|made| made.chosen != 0).map_or(0, |last| last + 1);
        Self(made[..end].iter().map(|made| made.chosen).collect())
    }

    /// Reads what `Display` wrote; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "-" {
            return Some(Self(Vec::new()));
        }
        let mut numbers = Vec::new();
        for part in text.split('.') {
            // `z12` stands for twelve zeroes.
            match part.strip_prefix('z') {
                Some(count) => numbers.extend(std::iter::repeat_n(0, count.parse().ok()?)),
                None => numbers.push(part.parse().ok()?),
            }
        }
        Some(Self(numbers))
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("-");
        }
        let mut rest = &self.0[..];
        while let [first, ..] = rest {
            let dot = if rest.len() == self.0.len() { "" } else { "." };
            let run = rest.iter().take_while(|number| **number == 0).count();
            if run > 1 {
                write!(f, "{dot}z{run}")?;
                rest = &rest[run..];
            } else {
                write!(f, "{dot}{first}")?;
                rest = &rest[1..];
            }
        }
        Ok(())
    }
}

/// The generator `SplitMix64`.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, of: usize) -> usize {
        usize::try_from(self.next() % of as u64).unwrap_or(0)
    }
}

/// Chance with a temper: each run draws how often it changes its mind, so that some runs switch at every call and
/// others let a process run far ahead. Most races need few switches at the right places, some need many.
#[derive(Clone, Debug)]
struct Chance {
    random: Random,
    /// Out of 256, for a turn, a death, a fault and a loss.
    odds: [u64; 4],
}

impl Chance {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut pick = |from: [u64; 4]| from[random.below(4)];
        let odds =
            [pick([12, 32, 64, 128]), pick([1, 4, 8, 24]), pick([2, 4, 8, 32]), pick([0, 24, 128, 220])];
        Self { random, odds }
    }

    fn choose(&mut self, about: About, of: usize) -> usize {
        let odds = match about {
            About::Turn => self.odds[0],
            About::Death => self.odds[1],
            About::Fault => self.odds[2],
            About::Loss => self.odds[3],
            About::Script => return self.random.below(of),
        };
        if self.random.next() & 0xff < odds { 1 + self.random.below(of - 1) } else { 0 }
    }
}
