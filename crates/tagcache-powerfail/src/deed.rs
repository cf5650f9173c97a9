//! What a process of the workload does, as the record writes it down.

use std::fmt;

/// One call, or one piece of mischief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `Cache::put` of so many bytes.
    Put(Goods),
    /// `Cache::get_with`; if there is a value, nothing is written.
    Fill(Goods),
    /// `Cache::replace`.
    Replace(Goods),
    /// `Cache::invalidate_tags`.
    InvalidateTags(Vec<String>),
    /// `Cache::expire_tags`.
    ExpireTags(Vec<String>),
    /// `Cache::invalidate_key`.
    InvalidateKey(String),
    /// `Cache::expire_key`.
    ExpireKey(String),
    /// `Cache::clear`.
    Clear,
    /// An entry is removed with its links, and nobody waits for the disk.
    Evict(String),
    /// `Cache::sweep`.
    Sweep,
}

/// What is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// Under which key.
    pub key: String,
    /// With which tags.
    pub tags: Vec<String>,
    /// How many bytes.
    pub len: usize,
}

impl Deed {
    /// What it stores.
    #[must_use]
    pub fn goods(&self) -> Option<&Goods> {
        match self {
            Self::Put(goods) | Self::Fill(goods) | Self::Replace(goods) => Some(goods),
            _ => None,
        }
    }

    /// Whether it makes a value with this key and these tags invalid for ever, from when it returns.
    #[must_use]
    pub fn kills(&self, goods: &Goods) -> bool {
        match self {
            Self::InvalidateTags(tags) => tags.iter().any(|tag| goods.tags.contains(tag)),
            Self::InvalidateKey(key) => *key == goods.key,
            Self::Replace(other) => other.key == goods.key,
            Self::Clear => true,
            _ => false,
        }
    }

    /// Whether it makes such a value stale, from when it returns.
    #[must_use]
    pub fn ages(&self, goods: &Goods) -> bool {
        match self {
            Self::ExpireTags(tags) => tags.iter().any(|tag| goods.tags.contains(tag)),
            Self::ExpireKey(key) => *key == goods.key,
            _ => false,
        }
    }

    /// Whether it may take the place of such a value, or take it away, at whatever instant it runs.
    #[must_use]
    pub fn takes(&self, goods: &Goods) -> bool {
        match self {
            Self::Put(other) | Self::Fill(other) => other.key == goods.key,
            Self::Evict(key) => *key == goods.key,
            _ => self.kills(goods),
        }
    }

    /// Whether it promises that what it took away stays away.
    #[must_use]
    pub fn invalidates(&self) -> bool {
        matches!(self, Self::InvalidateTags(_) | Self::InvalidateKey(_) | Self::Replace(_) | Self::Clear)
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let verb = words.next()?;
        let list = |word: &str| word.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let deed = match verb {
            "clear" => Self::Clear,
            "sweep" => Self::Sweep,
            "invalidate-tags" => Self::InvalidateTags(list(words.next()?)),
            "expire-tags" => Self::ExpireTags(list(words.next()?)),
            "invalidate-key" => Self::InvalidateKey(words.next()?.to_owned()),
            "expire-key" => Self::ExpireKey(words.next()?.to_owned()),
            "evict" => Self::Evict(words.next()?.to_owned()),
            "put" | "fill" | "replace" => {
                let key = words.next()?.to_owned();
                let len = words.next()?.parse().ok()?;
                let goods = Goods { key, len, tags: list(words.next().unwrap_or_default()) };
                match verb {
                    "put" => Self::Put(goods),
                    "fill" => Self::Fill(goods),
                    _ => Self::Replace(goods),
                }
            }
            _ => return None,
        };
        words.next().is_none().then_some(deed)
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(goods) => write!(f, "put {goods}"),
            Self::Fill(goods) => write!(f, "fill {goods}"),
            Self::Replace(goods) => write!(f, "replace {goods}"),
            Self::InvalidateTags(tags) => write!(f, "invalidate-tags {}", tags.join(",")),
            Self::ExpireTags(tags) => write!(f, "expire-tags {}", tags.join(",")),
            Self::InvalidateKey(key) => write!(f, "invalidate-key {key}"),
            Self::ExpireKey(key) => write!(f, "expire-key {key}"),
            Self::Clear => f.write_str("clear"),
            Self::Evict(key) => write!(f, "evict {key}"),
            Self::Sweep => f.write_str("sweep"),
        }
    }
}

impl fmt::Display for Goods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.key, self.len, self.tags.join(","))
    }
}
