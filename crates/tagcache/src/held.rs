//! The leases that this process holds, and which thread or task each belongs to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tagcache_fs::{Digest, Error, Key, Lease, Root, Sys};

/// Who in this process is filling what.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<HashMap<Digest, u64>>);

/// A lease, registered while it is held.
pub(crate) struct HeldLease<S: Sys> {
    held: Arc<Held>,
    digest: Digest,
    /// Given back before its registration ends: see `Drop`.
    lease: Option<Lease<S>>,
}

impl<S: Sys> Drop for HeldLease<S> {
    fn drop(&mut self) {
        drop(self.lease.take());
        self.held.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.digest);
    }
}

/// The answer to somebody who asks for a lease.
pub(crate) enum Answer<S: Sys> {
    Yours(Box<HeldLease<S>>),
    /// Another thread, task or process has it.
    Busy,
    /// The one who asks has it.
    HeldHere,
}

impl Held {
    pub(crate) fn ask<S: Sys>(self: &Arc<Self>, root: &Root<S>, key: &Key) -> Result<Answer<S>, Error> {
        let (digest, task) = (key.digest(), root.sys().task());
        let holder = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).copied();
        match holder {
            Some(holder) if holder == task => return Ok(Answer::HeldHere),
            // No need to ask the kernel.
            Some(_) => return Ok(Answer::Busy),
            None => {}
        }
        let Some(lease) = root.try_lease(key)? else { return Ok(Answer::Busy) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, task);
        Ok(Answer::Yours(Box::new(HeldLease { held: Arc::clone(self), digest, lease: Some(lease) })))
    }
}
