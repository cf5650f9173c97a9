//! The map of what is kept, its bounds, and how what is dead is found.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use tagcache_fs::sys::FsKind;
use tagcache_fs::{Root, Sys, Time};

use super::Memory;
use super::name::{AsItIs, Asked};
use super::slot::Slot;

/// How often whoever comes by looks after others than his own.
const TEND_EVERY: Duration = Duration::from_secs(1);
/// A round over all takes that many looks, unless the most at once makes it more.
const ROUND: usize = 10;
const AT_LEAST: usize = 16;
const AT_MOST: usize = 512;
/// The map is made for so many values at first, and grows.
const FIRST_SIZE: usize = 4096;

/// Values by the hashes of their names. Of two names with one hash the later one is kept.
type Map<S> = Cache<u64, Arc<Slot<S>>, Weigh, AsItIs>;

/// All values that a handle keeps in memory.
pub(crate) struct Tier<S: Sys> {
    memory: Memory,
    /// Has another seed in each process. Who guesses it, and chooses keys that collide, has them read from disk.
    hasher: DefaultHashBuilder,
    /// Made when the first value is kept: a program that only stores does not pay for it. `None` when there is no room.
    map: OnceLock<Option<Map<S>>>,
    /// Everything that is or was in the map, in the order in which it is looked after.
    round: Mutex<VecDeque<Weak<Slot<S>>>>,
    tended: AtomicU64,
}

/// Bytes, and no less than what keeps the number of entries below its bound.
#[derive(Clone)]
struct Weigh {
    least: u64,
}

impl<S: Sys> Weighter<u64, Arc<Slot<S>>> for Weigh {
    fn weight(&self, _hash: &u64, slot: &Arc<Slot<S>>) -> u64 {
        slot.len.max(self.least)
    }
}

fn new_map<S: Sys>(memory: &Memory, open_files: u64) -> Option<Map<S>> {
    let entries = memory.entries_of(open_files);
    if entries == 0 {
        return None;
    }
    let least = memory.bytes.div_ceil(entries as u64).max(1);
    let options = OptionsBuilder::new()
        .estimated_items_capacity(entries.min(FIRST_SIZE))
        .weight_capacity(memory.bytes)
        .build()
        .ok()?;
    Some(Map::with_options(options, Weigh { least }, AsItIs::default(), DefaultLifecycle::default()))
}

impl<S: Sys> Tier<S> {
    pub(crate) fn new(memory: Memory, root: &Root<S>) -> Self {
        let remote = root.capabilities().kind == FsKind::Remote;
        Self {
            // Another machine's changes show late there, and are stamped by its clock.
            memory: if remote { Memory::off() } else { memory },
            hasher: DefaultHashBuilder::default(),
            map: OnceLock::new(),
            round: Mutex::default(),
            tended: AtomicU64::new(0),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        !self.memory.is_off()
    }

    fn map(&self) -> Option<&Map<S>> {
        self.map.get()?.as_ref()
    }

    pub(super) fn hash(&self, asked: &Asked<'_>) -> u64 {
        self.hasher.hash_one(asked)
    }

    pub(super) fn get(&self, asked: &Asked<'_>) -> Option<Arc<Slot<S>>> {
        let slot = self.map()?.get(&self.hash(asked))?;
        asked.is_named(&slot.name).then_some(slot)
    }

    /// Keeps a value, for as long as there is room.
    pub(super) fn keep(&self, slot: Slot<S>, sys: &S) {
        let Some(map) = self.map.get_or_init(|| new_map(&self.memory, sys.max_open_files())) else { return };
        let slot = Arc::new(slot);
        // Taken out first, so that its file is closed here and not inside the map, where a lock is held.
        drop(map.remove(&slot.hash));
        map.insert(slot.hash, Arc::clone(&slot));
        let mut round = self.round();
        round.push_back(Arc::downgrade(&slot));
        if round.len() > 2 * map.len() + FIRST_SIZE {
            // Frees memory, and closes nothing: their files were closed when they left the map.
            round.retain(|slot| slot.strong_count() > 0);
        }
    }

    /// Takes this very value out, and not one that came in its place.
    pub(super) fn forget(&self, slot: &Arc<Slot<S>>) {
        if let Some(map) = self.map() {
            drop(map.remove_if(&slot.hash, |kept| Arc::ptr_eq(kept, slot)));
        }
    }

    /// A clock that was set back is due, too.
    pub(super) fn is_time_to_tend(&self, now: Time) -> bool {
        let last = self.tended.load(Ordering::Relaxed);
        self.map().is_some() && (Time::from_nanos(last).after(TEND_EVERY) <= now || last > now.as_nanos())
    }

    /// Looks after some of what is kept, at most once a second: what is dead gives its descriptor and its disk space back.
    pub(super) fn tend_sometimes(&self, now: Time) {
        let (nanos, last) = (now.as_nanos(), self.tended.load(Ordering::Relaxed));
        // One thread does it.
        if self.is_time_to_tend(now)
            && self.tended.compare_exchange(last, nanos, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            let some = (self.round().len() / ROUND).clamp(AT_LEAST, AT_MOST);
            self.tend(some, |slot| slot.held.is_unchanged());
        }
    }

    /// Looks after everything.
    pub(crate) fn tend_all(&self) {
        self.tend(usize::MAX, |slot| slot.held.is_unchanged());
    }

    /// Lets go of half of what is kept: somebody needs descriptors. Whether there was anything.
    pub(crate) fn shed(&self) -> bool {
        let half = self.round().len().div_ceil(2);
        self.tend(half, |_| false);
        half > 0
    }

    /// Lets go of everything.
    pub(crate) fn clear(&self) {
        self.tend(usize::MAX, |_| false);
    }

    /// Takes so many, the longest not looked after first, and keeps those that are `worth` it.
    fn tend(&self, some: usize, worth: impl Fn(&Slot<S>) -> bool) {
        let some = some.min(self.round().len());
        for _ in 0..some {
            // One by one: no lock is held while a file is asked or closed.
            let Some(next) = self.round().pop_front() else { return };
            let Some(slot) = next.upgrade() else { continue };
            if worth(&slot) {
                self.round().push_back(next);
            } else {
                self.forget(&slot);
            }
        }
    }

    fn round(&self) -> MutexGuard<'_, VecDeque<Weak<Slot<S>>>> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many values are kept now.
    pub(crate) fn len(&self) -> usize {
        self.map().map_or(0, Map::len)
    }
}
