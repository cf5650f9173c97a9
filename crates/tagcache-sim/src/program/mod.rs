//! What the simulated processes do.
//!
//! A process is the released facade, or a small program over the released [`Root`] that takes the same steps: it takes
//! leases, reads the outside source, fills, reads and judges, invalidates, sweeps, with bodies of a few bytes. The program is
//! faster, and can take a step wrong on purpose. Both tell the oracle what they begin and what returned.

mod actor;
mod facade;
mod fill;
mod foreign;
mod read;
mod remove;
mod sweep;
mod take;
mod tell;

use tagcache_fs::{Key, Root, Sys, Tag};

use crate::sim::Sim;
use crate::world::{TAGS, names};
pub(crate) use actor::{Actor, Role};
use read::Kept;

/// One thing that a process does. Keys are numbers below 3, tags bits below 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Take the lease, look again, compute, publish.
    Fill(u8, u8),
    /// Take the lease, look again, and fail to compute.
    FailedFill(u8),
    /// Publish without a lease.
    Put(u8, u8),
    /// Invalidate the key, then put.
    Replace(u8, u8),
    /// Hard invalidation of tags.
    InvalidateTags(u8),
    /// Soft expiry of tags.
    ExpireTags(u8),
    /// Hard invalidation of what has all of these tags.
    InvalidateAllOf(u8),
    /// Soft expiry of what has all of these tags.
    ExpireAllOf(u8),
    /// Hard invalidation of a key.
    InvalidateKey(u8),
    /// Soft expiry of a key.
    ExpireKey(u8),
    /// Hard invalidation of everything.
    Clear,
    /// The whole cleanup.
    Sweep,
    /// Remove the entry of a key for want of space.
    Evict(u8),
    /// Open by the key, read, judge.
    Read(u8),
    /// The same, and keep it open as a memory tier does, if it is old enough for that.
    Hold(u8),
    /// Judge what is held again.
    Judge,
    /// A backup adds a hard link to some file.
    Backup,
    /// The backup removes one of its links.
    Forget,
    /// Somebody puts this in the place of an entry or of a tag.
    Plant(Planted),
    /// So many milliseconds pass.
    Pass(u16),
    /// Somebody sets the clock, by so many seconds.
    Clock(i32),
    /// `rm -rf` of the root.
    RemoveRoot,
}

/// What somebody puts in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Planted {
    /// A symbolic link as the entry of the first key; it leads out of the root, to a file that looks like that entry.
    Link,
    /// A FIFO as the entry.
    Fifo,
    /// A directory as the entry.
    Dir,
    /// A FIFO as the folder of the first tag.
    FifoAsTag,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Link, Self::Fifo, Self::Dir, Self::FifoAsTag];
}

/// A planted mistake of the program itself: of what the facade has to do right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slip {
    /// The mark is taken after the value was computed.
    LateMark,
    /// Bytes are served without comparing their hash.
    NoChecksum,
    /// More names than the entry was published with are fine.
    ExtraLinks,
    /// What is held open is judged by its names and times, and not by its change time.
    CountAlone,
    /// What is held open may be as young as it likes.
    YoungLook,
}

/// A process: the root that it opened, and what it remembers.
pub(crate) struct Program<S: Sys> {
    root: Root<S>,
    sim: Sim,
    slip: Option<Slip>,
    kept: Vec<Kept<S>>,
}

impl<S: Sys> Program<S> {
    pub(crate) fn new(root: Root<S>, sim: Sim, slip: Option<Slip>) -> Self {
        Self { root, sim, slip, kept: Vec::new() }
    }

    fn root(&self) -> &Root<S> {
        &self.root
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Fill(key, tags) => self.fill(key, tags),
            Op::FailedFill(key) => self.failed_fill(key),
            Op::Put(key, tags) => self.put(key, tags),
            Op::Replace(key, tags) => {
                self.invalidate_key(key);
                self.put(key, tags);
            }
            Op::InvalidateTags(tags) => self.invalidate_tags(tags),
            Op::ExpireTags(tags) => self.expire_tags(tags),
            Op::InvalidateAllOf(tags) => self.invalidate_all_of(tags),
            Op::ExpireAllOf(tags) => self.expire_all_of(tags),
            Op::InvalidateKey(key) => self.invalidate_key(key),
            Op::ExpireKey(key) => self.expire_key(key),
            Op::Clear => self.clear(),
            Op::Sweep => self.sweep(),
            Op::Evict(key) => self.evict(key),
            Op::Read(key) => {
                self.read(key);
            }
            Op::Hold(key) => self.hold(key),
            Op::Judge => self.judge(),
            op => {
                self.sim.does(op);
            }
        }
    }

    fn slips(&self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }
}

pub(crate) fn key(number: u8) -> &'static Key {
    &names().keys[usize::from(number)]
}

/// The tags of a set of bits.
pub(crate) fn tags(bits: u8) -> Vec<Tag> {
    let tags = names().tags.iter().enumerate();
    tags.filter(|(bit, _)| *bit < TAGS && bits & (1 << bit) != 0).map(|(_, tag)| tag.clone()).collect()
}
