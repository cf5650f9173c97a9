//! What the simulated processes do: small programs over the released [`Root`].
//!
//! A program does what the facade does, with bodies of a few bytes: it takes leases, reads the outside source, fills,
//! reads and judges, invalidates, sweeps. It tells the oracle what it begins and what returned.

mod fill;
mod foreign;
mod read;
mod sweep;
mod take;

use tagcache_fs::{Key, Root, Sys, Tag};

use crate::body::Body;
use crate::choice::About;
use crate::sim::Sim;
use crate::world::{TAGS, names};
use read::Kept;

/// One thing that a process does. Keys are numbers below 3, tags bits below 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Take the lease, look again, compute, publish.
    Fill(u8, u8),
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
    /// So many milliseconds pass.
    Pass(u16),
    /// Somebody sets the clock, by so many seconds.
    Clock(i32),
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

    /// One after the other, until the end or until this process is gone.
    pub(crate) fn run(&mut self, ops: &[Op]) {
        for op in ops {
            if !self.sim.is_alive() {
                return;
            }
            self.sim.event(|world, process| world.tell(|| format!("p{process} begins {op:?}")));
            self.step(*op);
        }
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Fill(key, tags) => self.fill(key, tags),
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
            Op::Backup => self.backup(),
            Op::Forget => self.forget(),
            Op::Pass(millis) => self.pass(millis),
            Op::Clock(seconds) => self.step_clock(seconds),
        }
    }

    fn slips(&self, slip: Slip) -> bool {
        self.slip == Some(slip)
    }

    /// A value that is made now.
    fn new_body(&self, key: u8, tags: u8) -> Body {
        let process = self.sim.process();
        let state = &mut self.sim.world().processes[usize::from(process)];
        let id = process * crate::oracle::VALUES_EACH + state.values % crate::oracle::VALUES_EACH;
        state.values += 1;
        Body { id, key, tags }
    }

    /// A choice that belongs to the program.
    fn choose(&self, of: usize) -> usize {
        self.sim.world().choices.choose(About::Script, of)
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
