//! The leases that this process holds, and which thread or task each belongs to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tagcache_fs::{Digest, Error, Key, Lease, Root, Sys};

/// Who in this process fills what, or is asking the kernel whether they may.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<HashMap<Digest, u64>>);

/// A name in the register. It is entered before the kernel is asked for the lease, and crossed out after the lease was
/// given back: whoever finds no name may be sure that this process has no open file on the lease.
struct Registration {
    held: Arc<Held>,
    digest: Digest,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.held.names().remove(&self.digest);
    }
}

/// A lease, registered while it is held.
pub(crate) struct HeldLease<S: Sys> {
    // In this order: fields are dropped from the first to the last.
    _lease: Lease<S>,
    _registration: Registration,
}

/// The answer to somebody who asks for a lease.
pub(crate) enum Answer<S: Sys> {
    Yours(Box<HeldLease<S>>),
    /// Another thread, task or process has it, or is asking for it.
    Busy,
    /// The one who asks has it.
    HeldHere,
}

impl Held {
    pub(crate) fn ask<S: Sys>(self: &Arc<Self>, root: &Root<S>, key: &Key) -> Result<Answer<S>, Error> {
        let registration = match self.register(key.digest(), root.sys().task()) {
            Ok(registration) => registration,
            Err(busy_or_held_here) => return Ok(busy_or_held_here),
        };
        Ok(match root.try_lease(key)? {
            Some(lease) => Answer::Yours(Box::new(HeldLease { _lease: lease, _registration: registration })),
            None => Answer::Busy,
        })
    }

    fn register<S: Sys>(self: &Arc<Self>, digest: Digest, task: u64) -> Result<Registration, Answer<S>> {
        match self.names().entry(digest) {
            Entry::Occupied(holder) if *holder.get() == task => Err(Answer::HeldHere),
            Entry::Occupied(_) => Err(Answer::Busy),
            Entry::Vacant(free) => {
                free.insert(task);
                Ok(Registration { held: Arc::clone(self), digest })
            }
        }
    }

    fn names(&self) -> MutexGuard<'_, HashMap<Digest, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
