//! Planted mistakes: the protocol with one thing wrong, to show that the simulation would see it.
//!
//! The released code is not touched. A mistake lies between it and the simulated system (`Mutant`): a call is left out,
//! done earlier or later, or answered with what the protocol should not have relied on. What the facade has to do right
//! is got wrong in the programs of the simulation ([`Slip`](crate::Slip)).

mod cases;
mod layer;
mod state;

pub use cases::{Caught, Mistake, cases, hunt};
pub(crate) use layer::Mutant;
pub(crate) use state::{Role, role};

/// What is wrong between the protocol and the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// Nothing is ever poisoned.
    NoPoison,
    /// The sweep takes names without poison.
    NoPoisonInSweep,
    /// An invalidation takes the name and poisons afterwards.
    PoisonAfterUnlink,
    /// The log is read before the links are made.
    CheckBeforeLinks,
    /// The log is read after the rename.
    CheckAfterRename,
    /// The entry gets its name before its links.
    RenameBeforeLinks,
    /// The expiry is set after the log was read.
    TimeAfterCheck,
    /// The expiry is set after the first link.
    TimeAfterFirstLink,
    /// Nothing is written to the log.
    NoLog,
    /// Who appends does not look whether the log is still the current one.
    NoRecheckByAppender,
    /// A fill does not look into the log that followed its own.
    SuccessorUnread,
    /// A key invalidation leaves drafts alone.
    DraftsLeftAlone,
    /// Who takes a lease does not compare the inode with the path.
    NoRecheckByComer,
    /// Who sweeps does not compare the inode with the path.
    NoRecheckBySweep,
    /// The sweep does not lock what it takes.
    NoLockInSweep,
    /// A lease is given without its lock.
    LeaseWithoutLock,
    /// An entry that is open says for ever what it said first.
    DeafStat,
    /// The change time of an entry that is open never moves.
    SameChangeTime,
    /// An invalidation that found nothing ends without a barrier.
    NoBarrierWhenNothingFound,
    /// A put that promises to be on disk does not wait for it.
    NoSyncOfPuts,
    /// No invalidation ends with a barrier.
    NoBarrier,
}
