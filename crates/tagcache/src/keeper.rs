//! What a handle keeps in mind for its limits and its upkeep, and what a put pays for them.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Key, Meta, Published, Sys, Tally, Time, Usage};

use crate::cache::Cache;
use crate::error::Error;
use crate::ground::Ground;
use crate::limits::{Limits, Need, space_of};
use crate::room::{Manner, Room};
use crate::upkeep::Upkeep;

/// How long a put may be kept by a slice of upkeep.
const PUT_SLICE: Duration = Duration::from_millis(5);
/// A put pays for a slice of upkeep each time that this many were made.
const PUTS_PER_SLICE: u64 = 64;

/// How often, and how long each time, a put waits for another one who is evicting.
const PATIENCE: u32 = 10;
const PAUSE: Duration = Duration::from_millis(1);

/// Limits, tallies, and who does the upkeep.
pub(crate) struct Keeper {
    pub(crate) limits: Limits,
    pub(crate) upkeep: Upkeep,
    /// Tells the thread that there is something to do; when it is dropped the thread ends.
    pub(crate) thread: Option<SyncSender<()>>,
    has_no_thread: AtomicBool,
    /// For which ground the tallies of others were read, counted from 1; 0 before they were read at all.
    looked_on: AtomicUsize,
    /// What was put since they were read.
    bytes: AtomicU64,
    files: AtomicU64,
    puts: AtomicU64,
}

impl Keeper {
    pub(crate) fn new(limits: Limits, upkeep: Upkeep) -> Self {
        Self {
            limits,
            upkeep,
            thread: None,
            has_no_thread: AtomicBool::new(false),
            looked_on: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            files: AtomicU64::new(0),
            puts: AtomicU64::new(0),
        }
    }

    /// Whether it is time to read what the others put.
    fn wants_look(&self, put: Need, ground: usize) -> bool {
        let bytes = self.bytes.fetch_add(put.bytes, Ordering::Relaxed).saturating_add(put.bytes);
        let files = self.files.fetch_add(put.files, Ordering::Relaxed).saturating_add(put.files);
        let after = self.limits.look_after();
        let first = self.looked_on.load(Ordering::Relaxed) != ground + 1;
        first || bytes > after.bytes || files > after.files
    }

    /// The tallies of others were read.
    fn note_look(&self, ground: usize) {
        self.looked_on.store(ground + 1, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.files.store(0, Ordering::Relaxed);
    }

    /// Whether it is this put's turn to pay for a slice of upkeep.
    fn is_turn(&self) -> bool {
        self.puts.fetch_add(1, Ordering::Relaxed) % PUTS_PER_SLICE == 0
    }

    /// There is no thread: puts do what it would have done.
    pub(crate) fn do_without_thread(&self) {
        self.has_no_thread.store(true, Ordering::Relaxed);
    }

    fn has_thread(&self) -> bool {
        self.thread.is_some() && !self.has_no_thread.load(Ordering::Relaxed)
    }

    fn is_paid_by_puts(&self) -> bool {
        self.upkeep == Upkeep::ByPuts || self.upkeep == Upkeep::Thread && !self.has_thread()
    }

    pub(crate) fn wake(&self) {
        if let Some(thread) = &self.thread {
            // It is awake already when there is no room for a second word.
            let _ = thread.try_send(());
        }
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// How much the cache takes, as far as is known: what was counted by the last sweep, and what those who keep
    /// [`Limits`] put and evicted since. No walk; a handful of calls.
    ///
    /// Without limits nobody keeps tallies, and [`Usage::counted`] is false: sweep once in a while with
    /// [`SweepOptions::keep_tallies`](crate::SweepOptions::keep_tallies), or set limits.
    ///
    /// # Errors
    /// [`Error::Io`] when the file `usage` can be neither read nor made.
    pub fn usage(&self) -> Result<Usage, Error> {
        self.look_at_ground(self.sys().now());
        self.read_tallies(&self.ground())
    }

    fn read_tallies(&self, ground: &Ground<S>) -> Result<Usage, Error> {
        let usage = ground.ledger.refresh()?;
        self.shared.keeper.note_look(ground.number);
        Ok(usage)
    }

    /// An entry that could never be within the limit is not stored at all.
    pub(crate) fn refuse_too_large(&self, len: u64) -> Result<(), Error> {
        match self.shared.keeper.limits.refuses(len) {
            Some(limit) => Err(Error::TooLarge { bytes: len, limit }),
            None => Ok(()),
        }
    }

    /// What follows from a put: its tally, then whatever room must be made, or a slice of upkeep. A fault is its own; the
    /// value is stored.
    pub(crate) fn note_put(&self, ground: &Ground<S>, key: &Key, len: u64, published: &Published<S>) {
        let keeper = &self.shared.keeper;
        let kept = if keeper.limits.are_set() {
            self.note_tally(ground, key, len, published)
                .and_then(|took| self.keep_limits(ground, published.ino(), took))
        } else {
            Ok(())
        };
        let kept = kept.and_then(|()| {
            if keeper.is_paid_by_puts() && keeper.is_turn() {
                self.upkeep(PUT_SLICE).map(drop)
            } else {
                Ok(())
            }
        });
        if let Err(error) = kept {
            self.fault(&error);
        }
    }

    fn note_tally(
        &self,
        ground: &Ground<S>,
        key: &Key,
        len: u64,
        published: &Published<S>,
    ) -> Result<Need, Error> {
        let ledger = &ground.ledger;
        let bytes = space_of(len);
        let old = published.replaced().map_or(Tally::default(), |old| tally_of(old.meta()));
        let by = Tally {
            files: 1,
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            folder_bytes: ledger.folders(published.folders()),
        };
        ledger.add(key.shard(), by.minus(old))?;
        let folder_bytes = u64::try_from(by.folder_bytes).unwrap_or(0);
        let took = Need { bytes: bytes.saturating_add(folder_bytes), files: 1 };
        if self.shared.keeper.wants_look(took, ground.number) {
            self.read_tallies(ground)?;
        }
        Ok(took)
    }

    /// Evicts when a limit is exceeded; counts first where nobody has.
    fn keep_limits(&self, ground: &Ground<S>, ino: u64, put: Need) -> Result<(), Error> {
        let keeper = &self.shared.keeper;
        let usage = ground.ledger.usage();
        if !usage.counted {
            // What was there before tallies were kept is not in them.
            return self.upkeep(PUT_SLICE).map(drop);
        }
        let excess = keeper.limits.excess(&usage, 0);
        if excess.is_nothing() {
            return Ok(());
        }
        keeper.wake();
        // The thread is given a slice before a put has to wait.
        let grace = u64::from(keeper.has_thread());
        if keeper.limits.excess(&usage, grace).is_nothing() {
            return Ok(());
        }
        // Large as it may be, what is within its limit it does not owe.
        self.pay_for_room(ground, Manner::of_put(ino, put.at_most(excess)))
    }

    /// Evicts, or lets the one who is evicting do it, as long as no more than a slice is beyond the limit; whoever has
    /// waited long enough helps, since too much room is better than too little. For a slice of time, or as long as less was
    /// made free than this put owes: where a limit was lowered, many puts share what must go.
    fn pay_for_room(&self, ground: &Ground<S>, manner: Manner) -> Result<(), Error> {
        let keeper = &self.shared.keeper;
        let began = self.sys().elapsed();
        let mut go_on = || self.sys().elapsed().saturating_sub(began) < PUT_SLICE;
        for _ in 0..PATIENCE {
            if self.keep_within(ground, &keeper.limits, manner, &mut go_on)?.is_some() {
                return Ok(());
            }
            if keeper.limits.excess(&ground.ledger.usage(), 1).is_nothing() {
                return Ok(());
            }
            self.sys().wait(PAUSE);
        }
        let usage = self.read_tallies(ground)?;
        let all = Need { bytes: usage.bytes, files: usage.files };
        self.make_room(ground, keeper.limits.excess(&usage, 0), all, manner, &mut go_on).map(drop)
    }

    /// Evicts down to the limits, unless another process is at it.
    pub(crate) fn keep_within(
        &self,
        ground: &Ground<S>,
        limits: &Limits,
        manner: Manner,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Room>, Error> {
        let Some(_lock) = ground.ledger.try_evict_lock()? else { return Ok(None) };
        // Another process may have made the room meanwhile.
        let usage = self.read_tallies(ground)?;
        let need = limits.excess(&usage, 0);
        let all = Need { bytes: usage.bytes, files: usage.files };
        self.make_room(ground, need, all, manner, go_on).map(Some)
    }

    /// Records that an entry was used, for choosing what to evict: one call, and seldom. Whether it was tried.
    pub(crate) fn note_use(&self, entry: &Entry<S>, now: Time) -> bool {
        let wanted = self.shared.keeper.limits.wants_touch(entry.meta(), now);
        if wanted {
            // A root that can only be read has no use for it.
            let _ = entry.touch(now);
        }
        wanted
    }

    /// An entry was taken away by an invalidation of its key.
    pub(crate) fn note_removed(&self, ground: &Ground<S>, key: &Key, meta: &Meta) {
        let keeper = &self.shared.keeper;
        if keeper.limits.are_set() {
            // Not to be told as an error of the invalidation; the next sweep finds it.
            let _ = ground.ledger.add(key.shard(), Tally::default().minus(tally_of(meta)));
        }
    }

    /// All entries were taken away.
    pub(crate) fn note_cleared(&self, ground: &Ground<S>) {
        let keeper = &self.shared.keeper;
        if keeper.limits.are_set() {
            let _ = ground.ledger.emptied();
        }
    }
}

/// What a put of so many bytes takes.
fn tally_of(meta: &Meta) -> Tally {
    Tally { files: 1, bytes: i64::try_from(meta.allocated).unwrap_or(i64::MAX), folder_bytes: 0 }
}
