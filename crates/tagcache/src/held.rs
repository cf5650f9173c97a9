//! Who in this process fills what, who asks the kernel whether they may, and who waits for whom.
//!
//! A lease excludes processes. Within one, this register does: for each key one thread (or task) has a [`Seat`], and only
//! that one asks the kernel, again and again if another process has the lease. The others of the process follow it and
//! are woken when it leaves. What it computed they do not take from it: each looks into the cache for itself, since an
//! invalidation may have come after the one and before the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tagcache_fs::sys::Signal;
use tagcache_fs::{Digest, Error, Key, Lease, LeftBehind, Root, Sys};

/// The register of one cache in one process. Its lock is never held while the kernel is asked or somebody waits.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    flights: HashMap<Digest, Arc<Flight>>,
    /// Which flight a thread or task follows. One that fills or asks the kernel follows none.
    waiting: HashMap<u64, Arc<Flight>>,
}

/// Who asks: `id` is what they are entered under, and `within` is what they are a part of, which they must not wait for
/// either. A thread is both; so is what a computation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) id: u64,
    pub(crate) within: u64,
}

impl Who {
    fn flies(self, flight: &Flight) -> bool {
        let task = flight.task();
        task == self.id || task == self.within
    }
}

impl From<u64> for Who {
    fn from(id: u64) -> Self {
        Self { id, within: id }
    }
}

/// The task that there is not: a flight has it while one thread hands it to another.
const NOBODY: u64 = u64::MAX;

/// The time that one thread or task has the seat of a key.
#[derive(Debug)]
pub(crate) struct Flight {
    digest: Digest,
    /// Who flies. Written under the lock of the register, so that whoever looks for a cycle sees one state of all of them.
    task: AtomicU64,
    ended: Signal,
    unshared: AtomicBool,
}

impl Flight {
    fn task(&self) -> u64 {
        self.task.load(Ordering::Relaxed)
    }

    /// Given when the seat is free again.
    pub(crate) fn ended(&self) -> &Signal {
        &self.ended
    }

    /// Whether it computed a value and stored nothing, so that it makes no sense for the others to go one by one.
    pub(crate) fn was_unshared(&self) -> bool {
        self.unshared.load(Ordering::Acquire)
    }
}

/// The place of a key in this process. It is taken before the kernel is asked for the lease, and free again after the
/// lease was given back: while it is free, this process has no open file on the lease.
pub(crate) struct Seat {
    held: Arc<Held>,
    flight: Arc<Flight>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.held.names().flights.remove(&self.flight.digest);
        self.flight.ended.give();
    }
}

/// A lease, and the seat that goes with it.
pub(crate) struct HeldLease<S: Sys> {
    // In this order: fields are dropped from the first to the last.
    lease: Lease<S>,
    seat: Seat,
}

impl<S: Sys> HeldLease<S> {
    pub(crate) fn left_behind(&self) -> Option<LeftBehind> {
        self.lease.left_behind()
    }

    /// Gives it back with word for the next one.
    pub(crate) fn leave_behind(self, word: LeftBehind) -> Result<(), Error> {
        self.lease.leave_behind(word)
    }

    /// Gives it back as it was found.
    pub(crate) fn leave_as_found(self) {
        self.lease.leave_as_found();
    }

    /// Who asked will not compute: another thread [takes it over](Self::take_over).
    pub(crate) fn hand_over(&self) {
        self.take_over(NOBODY);
    }

    /// From now on this task is the one that computes. Should it ask for the same key, it is told that it has it, and
    /// whoever waits for the key waits for this task.
    pub(crate) fn take_over(&self, task: u64) {
        let _names = self.seat.held.names();
        self.seat.flight.task.store(task, Ordering::Relaxed);
    }

    /// Gives it back, and those who waited compute side by side.
    pub(crate) fn leave_unshared(self) {
        self.seat.flight.unshared.store(true, Ordering::Release);
    }
}

/// The answer to somebody who asks for a lease.
pub(crate) enum Answer<S: Sys> {
    Yours(Box<HeldLease<S>>),
    /// Another process has it. Who waits keeps the seat and [asks again](Seat::try_lease).
    Elsewhere(Seat),
    /// Another thread or task of this process has it, or asks for it. Who waits [follows](Held::follow).
    Here(Arc<Flight>),
    /// The one who asks has it.
    HeldHere,
}

impl Held {
    pub(crate) fn ask<S: Sys>(
        self: &Arc<Self>,
        root: &Root<S>,
        key: &Key,
        who: impl Into<Who>,
    ) -> Result<Answer<S>, Error> {
        let who = who.into();
        let flight = match self.names().flights.entry(key.digest()) {
            Entry::Occupied(taken) if who.flies(taken.get()) => return Ok(Answer::HeldHere),
            Entry::Occupied(taken) => return Ok(Answer::Here(Arc::clone(taken.get()))),
            Entry::Vacant(free) => {
                let (ended, unshared) = (Signal::new(), AtomicBool::new(false));
                Arc::clone(free.insert(Arc::new(Flight {
                    digest: key.digest(),
                    task: AtomicU64::new(who.id),
                    ended,
                    unshared,
                })))
            }
        };
        Seat { held: Arc::clone(self), flight }.try_lease(root, key)
    }

    /// Enters that `who` waits for a flight; `None` if whoever flies it waits for `who`, so that both would wait for
    /// each other.
    ///
    /// A task is known by who it was when it asked, unless another one [took over](HeldLease::take_over): a fill that its
    /// user gave to another thread is still entered under the one that began it. What looks like a cycle then is none,
    /// and costs one value that is not stored.
    pub(crate) fn follow(self: &Arc<Self>, flight: &Arc<Flight>, who: impl Into<Who>) -> Option<Following> {
        let who = who.into();
        let mut names = self.names();
        let mut ahead = Some(flight);
        // Never more steps than there are names, whatever they say.
        for _ in 0..=names.waiting.len() {
            match ahead {
                Some(ahead) if who.flies(ahead) => return None,
                // Who follows a flight that has ended is about to go on.
                Some(next) => ahead = names.waiting.get(&next.task()).filter(|next| !next.ended.is_given()),
                None => break,
            }
        }
        names.waiting.insert(who.id, Arc::clone(flight));
        Some(Following { held: Arc::clone(self), task: who.id, flight: Arc::clone(flight) })
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Asks the kernel, once.
    pub(crate) fn try_lease<S: Sys>(self, root: &Root<S>, key: &Key) -> Result<Answer<S>, Error> {
        Ok(match root.try_lease(key)? {
            Some(lease) => Answer::Yours(Box::new(HeldLease { lease, seat: self })),
            None => Answer::Elsewhere(self),
        })
    }
}

/// Somebody waits for a flight, until this is dropped.
pub(crate) struct Following {
    held: Arc<Held>,
    task: u64,
    flight: Arc<Flight>,
}

impl Following {
    pub(crate) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.held.names().waiting.remove(&self.task);
    }
}

#[cfg(test)]
mod tests;
