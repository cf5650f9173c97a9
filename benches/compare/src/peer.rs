//! What the job asks of a store, and what there is to know about each.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tagcache_benches::article::Article;

/// What a peer answered, or why it could not.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What a power cut may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Anything: nobody waits for the disk.
    Volatile,
    /// Values, but no invalidation that returned.
    Invalidations,
    /// Nothing that returned.
    Full,
}

impl Level {
    /// All of them, those that promise less first.
    pub const ALL: [Self; 3] = [Self::Volatile, Self::Invalidations, Self::Full];

    /// The word for it, on the command line and in the data.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::Invalidations => "invalidations",
            Self::Full => "full",
        }
    }
}

/// How a peer is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In this directory, which exists.
    pub dir: PathBuf,
    /// What is to survive a power cut.
    pub level: Level,
    /// How long every value is fresh.
    pub ttl: Duration,
}

/// A value that is to be stored.
pub struct Item<'a, V: ?Sized> {
    /// Under this key.
    pub key: &'a str,
    /// The value.
    pub value: &'a V,
    /// With these tags.
    pub tags: [&'a str; 2],
}

/// A store of articles with two tags each and an expiry.
///
/// An operation that the peer has no word for is written with what it has, as a user of it would.
pub trait Peer {
    /// Shows the value of a key, if there is a fresh one; says whether there was.
    ///
    /// # Errors
    /// Whatever the store says.
    fn read(&self, key: &str, show: &mut dyn FnMut(&Article)) -> Outcome<bool>;

    /// Stores a value, over an old one if there is one.
    ///
    /// # Errors
    /// Whatever the store says.
    fn put(&self, item: &Item<'_, Article>) -> Outcome<()>;

    /// Stores many values. Nobody measures it, so it may be done in one piece.
    ///
    /// # Errors
    /// Whatever the store says.
    fn put_many(&self, items: &[Item<'_, Article>]) -> Outcome<()> {
        items.iter().try_for_each(|item| self.put(item))
    }

    /// From now on no value with this tag is shown that was stored before.
    ///
    /// # Errors
    /// Whatever the store says.
    fn invalidate(&self, tag: &str) -> Outcome<()>;

    /// Gives back what invalidated values still take. For those that do not do it at once.
    ///
    /// # Errors
    /// Whatever the store says.
    fn clean(&self) -> Outcome<()> {
        Ok(())
    }

    /// The same store with bytes for values, if it has them.
    fn raw(&self) -> Option<&dyn Bytes> {
        None
    }

    /// Leaves everything on the disk, in order.
    ///
    /// # Errors
    /// Whatever the store says.
    fn close(self: Box<Self>) -> Outcome<()> {
        Ok(())
    }
}

/// A store of bytes with two tags each and an expiry; see [`Peer`].
pub trait Bytes {
    /// As [`Peer::read`].
    ///
    /// # Errors
    /// Whatever the store says.
    fn read(&self, key: &str, show: &mut dyn FnMut(&[u8])) -> Outcome<bool>;

    /// As [`Peer::put_many`]: one step that nothing can come between, if the store has such a thing.
    ///
    /// # Errors
    /// Whatever the store says.
    fn put(&self, items: &[Item<'_, [u8]>]) -> Outcome<()>;

    /// As [`Peer::invalidate`].
    ///
    /// # Errors
    /// Whatever the store says.
    fn invalidate(&self, tag: &str) -> Outcome<()>;

    /// As [`Peer::close`].
    ///
    /// # Errors
    /// Whatever the store says.
    fn close(self: Box<Self>) -> Outcome<()> {
        Ok(())
    }
}

/// What is to know about a peer before it is opened.
#[derive(Debug)]
pub struct Kind {
    /// Its name, also on the command line.
    pub name: &'static str,
    /// The crate whose release counts.
    pub package: &'static str,
    /// What it is, and how it is used here.
    pub what: &'static str,
    /// How an entry is found by its tag.
    pub tags: &'static str,
    /// The levels it can be opened at, and what it does at each.
    pub levels: &'static [(Level, &'static str)],
    /// Whether several processes may have it open and write.
    pub processes: bool,
    /// Whether it is still there after it was closed.
    pub persistent: bool,
    /// Whether the level is fixed when the store is made, so that it cannot be filled in a hurry.
    pub fixed_level: bool,
    /// Whether an invalidation leaves something for [`Peer::clean`].
    pub cleans: bool,
    /// Opens it, or makes it.
    pub open: fn(&Settings) -> Outcome<Box<dyn Peer>>,
}

impl Kind {
    /// Whether it can be opened at this level.
    #[must_use]
    pub fn has(&self, level: Level) -> bool {
        self.levels.iter().any(|(known, _)| *known == level)
    }

    /// The level with the fewest promises, at which it is read and filled.
    #[must_use]
    pub fn lowest(&self) -> Level {
        self.levels.iter().map(|(level, _)| *level).min().unwrap_or(Level::Volatile)
    }
}
