//! What can be done about a failed call, before it becomes an error or a fault: room on a full disk, a root in the place of
//! one that is gone. Then the call is made once more.

use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Errno, Root, StepError, Sys};

use crate::cache::Cache;
use crate::error::Error;
use crate::ground::Ground;
use crate::limits::Need;
use crate::room::Manner;
use crate::write::PublishFailed;

/// What is made free on a full disk, at least.
const ROOM: u64 = 1 << 20;

/// How often, and how long each time, another one is waited for who is making room.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(1);

/// Whether the directory itself may be gone.
fn tells_of_loss(errno: Errno) -> bool {
    [Errno::NOENT, Errno::NOTDIR, Errno::STALE].contains(&errno)
}

/// Whether the disk is full, or what one may have of it.
fn tells_of_want(errno: Errno) -> bool {
    [Errno::NOSPC, Errno::DQUOT].contains(&errno)
}

/// The number by which the system said no, if it did.
fn errno(error: &Error) -> Option<Errno> {
    if let Error::Io(error) = error { Some(error.errno()) } else { None }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Does `act`, and does it once more where what kept it could be mended.
    pub(crate) fn mending<R, E>(
        &self,
        space: u64,
        mut act: impl FnMut(&Root<S>) -> Result<R, E>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        let ground = self.ground();
        match act(&ground.root).map_err(Error::from) {
            Err(error) if self.mend(&error, &ground, space) => act(&self.ground().root).map_err(Error::from),
            other => other,
        }
    }

    /// Whether it is worth trying again. `ground` is the one on which it failed, `space` what a value needs.
    #[cold]
    pub(crate) fn mend(&self, error: &Error, ground: &Ground<S>, space: u64) -> bool {
        match errno(error) {
            Some(errno) if tells_of_want(errno) => self.make_room_on_a_full_disk(ground, space),
            Some(errno) if tells_of_loss(errno) => self.renew_ground(ground.number),
            _ => false,
        }
    }

    /// Does `act`, and does it once more where room could be made for it on a full disk. Nothing else is mended: it is for what
    /// goes on with a draft, which is of no use in another root.
    pub(crate) fn with_room<R, E>(
        &self,
        ground: &Ground<S>,
        space: u64,
        mut act: impl FnMut() -> Result<R, E>,
    ) -> Result<R, Error>
    where
        Error: From<E>,
    {
        match act().map_err(Error::from) {
            Err(error) if self.make_room_after(ground, &error, space) => act().map_err(Error::from),
            other => other,
        }
    }

    /// The draft of a step that failed, if it is worth trying again: room was made on a full disk.
    pub(crate) fn with_room_again<D>(
        &self,
        ground: &Ground<S>,
        failed: StepError<D>,
    ) -> Result<D, PublishFailed> {
        match PublishFailed::from(failed.error) {
            PublishFailed::Error(error) if self.make_room_after(ground, &error, 0) => Ok(failed.draft),
            other => Err(other),
        }
    }

    #[cold]
    fn make_room_after(&self, ground: &Ground<S>, error: &Error, space: u64) -> bool {
        errno(error).is_some_and(tells_of_want) && self.make_room_on_a_full_disk(ground, space)
    }

    /// Whether it is worth trying an invalidation or a sweep again: it may need a new root, and never that something else is
    /// evicted. `number` is that of the ground on which it failed.
    pub(crate) fn renew_ground_after(&self, error: &tagcache_fs::Error, number: usize) -> bool {
        tells_of_loss(error.errno()) && self.renew_ground(number)
    }

    /// Evicts for twice what is needed, where limits say that something may go. Whoever set none did not say that.
    fn make_room_on_a_full_disk(&self, ground: &Ground<S>, space: u64) -> bool {
        let keeper = &self.shared.keeper;
        if !keeper.limits.are_set() {
            return false;
        }
        // Held until the room is made. Without the file of tallies, which may not find room itself, nobody knows who
        // else is at it.
        let mut _lock = None;
        for pauses in 0..PATIENCE {
            match ground.ledger.try_evict_lock() {
                Ok(None) => self.sys().wait(PAUSE),
                // Whoever was waited for has just made some.
                Ok(Some(_)) if pauses > 0 => return true,
                Ok(lock) => {
                    _lock = lock;
                    break;
                }
                Err(_) => break,
            }
        }
        let usage = ground.ledger.usage();
        let all = Need { bytes: usage.bytes, files: usage.files };
        let need = Need { bytes: space.saturating_mul(2).max(ROOM).min(usage.bytes.max(space)), files: 1 };
        match self.make_room(ground, need, all, Manner::of_sweep(), &mut || true) {
            Ok(room) => room.evicted > 0,
            Err(error) => {
                self.fault(&error);
                false
            }
        }
    }
}
