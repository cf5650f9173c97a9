//! The settings of one round, which every process of it is started with.

use std::fmt;
use std::str::FromStr;

use tagcache::{Durability, Layout};

use crate::lie::Lie;
use crate::random::Random;

/// What one round is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many processes work on the cache.
    pub processes: u32,
    /// How many threads each has.
    pub threads: u32,
    /// How many keys there are.
    pub keys: u16,
    /// How many tags there are.
    pub tags: u16,
    /// How often a call to the kernel is delayed: never (0), now and then (1), often (2).
    pub delays: u8,
    /// Whether the log is filled up again and again, so that it is rotated all the time.
    pub rotate: bool,
    /// Whether somebody adds hard links to files of the cache.
    pub foreign_links: bool,
    /// How many files a process may have open; zero leaves the limit as it is.
    pub files: u32,
    /// What the cache was made with.
    pub durability: Durability,
    /// And how its folders are laid out.
    pub layout: Layout,
    /// Whether nearly all that is done is looks, so that entries rest long enough to be kept in memory.
    pub calm: bool,
    /// Which call to the kernel is not what it seems.
    pub lie: Lie,
}

impl Plan {
    /// A plan that chance makes, with what the user wants to be in it.
    #[must_use]
    pub fn draw(random: &mut Random, processes: u32, wishes: &Wishes) -> Self {
        let drawn = Self {
            processes,
            threads: random.pick([1, 1, 2]),
            keys: random.pick([2, 6, 24]),
            tags: random.pick([1, 3, 8]),
            delays: random.pick([0, 1, 1, 2]),
            rotate: random.once_in(3) || wishes.rotate,
            foreign_links: random.once_in(3) || wishes.foreign_links,
            files: wishes.files.unwrap_or(if random.once_in(4) { 64 } else { 0 }),
            durability: wishes.durability.unwrap_or(if random.once_in(2) {
                Durability::Volatile
            } else {
                Durability::Invalidations
            }),
            layout: wishes.layout.unwrap_or(random.pick(Layout::ALL)),
            calm: wishes.calm,
            lie: wishes.lie,
        };
        match wishes.lie {
            Lie::None => drawn,
            // Where everybody meets, it is found out sooner.
            lie => {
                Self { keys: 1, delays: 2, foreign_links: lie == Lie::Poison || drawn.foreign_links, ..drawn }
            }
        }
    }
}

/// What the user fixed for all rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Always rotate the log.
    pub rotate: bool,
    /// Always add foreign links.
    pub foreign_links: bool,
    /// This limit on open files.
    pub files: Option<u32>,
    /// This durability.
    pub durability: Option<Durability>,
    /// This layout.
    pub layout: Option<Layout>,
    /// Mostly looks.
    pub calm: bool,
    /// This lie.
    pub lie: Lie,
}

/// One line that [`FromStr`] reads again.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processes,
            threads,
            keys,
            tags,
            delays,
            rotate,
            foreign_links,
            files,
            durability,
            layout,
            calm,
            lie,
        } = self;
        write!(
            f,
            "processes={processes} threads={threads} keys={keys} tags={tags} delays={delays} rotate={rotate} \
             foreign_links={foreign_links} files={files} durability={durability} layout={layout} calm={calm} lie={lie}"
        )
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let field = |name: &str| {
            let mut words = text.split(' ').filter_map(|word| word.split_once('='));
            words.find(|(known, _)| *known == name).map(|(_, value)| value).unwrap_or_default()
        };
        fn number<T: FromStr>(text: &str) -> Result<T, String> {
            text.parse().map_err(|_| format!("`{text}` in a plan is no number of the right size"))
        }
        Ok(Self {
            processes: number(field("processes"))?,
            threads: number(field("threads"))?,
            keys: number(field("keys"))?,
            tags: number(field("tags"))?,
            delays: number(field("delays"))?,
            rotate: field("rotate") == "true",
            foreign_links: field("foreign_links") == "true",
            files: number(field("files"))?,
            durability: durability(field("durability"))?,
            layout: layout(field("layout"))?,
            calm: field("calm") == "true",
            lie: field("lie").parse()?,
        })
    }
}

/// Reads a durability as it prints itself.
///
/// # Errors
/// When there is none of that name.
pub fn durability(text: &str) -> Result<Durability, String> {
    let all = [Durability::Volatile, Durability::Invalidations, Durability::Full];
    let known = all.into_iter().find(|durability| durability.to_string() == text);
    known.ok_or_else(|| {
        format!("there is no durability `{text}`; there are {}", all.map(|d| d.to_string()).join(", "))
    })
}

/// Reads a layout as it prints itself.
///
/// # Errors
/// When there is none of that name.
pub fn layout(text: &str) -> Result<Layout, String> {
    let known = Layout::ALL.into_iter().find(|layout| layout.to_string() == text);
    known.ok_or_else(|| {
        format!("there is no layout `{text}`; there are {}", Layout::ALL.map(|l| l.to_string()).join(", "))
    })
}
