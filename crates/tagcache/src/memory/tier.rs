//! The map of what is kept, its bounds, and how what is dead is found.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, OptionsBuilder, Weighter};
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
/// One or two milliseconds.
const AT_MOST: usize = 4096;
/// The map has parts, each with a lock and a share of the bytes, so that threads do not wait for one another; no more of them
/// than have so many bytes each, or else a large value would have no room in any.
const LEAST_PART: u64 = 4 << 20;
const PARTS_PER_PROCESSOR: usize = 4;
/// The map is made for so many values at first, and grows.
const FIRST_SIZE: usize = 4096;

/// Values by the hashes of their names. Of two names with one hash the later one is kept.
type Map<S> = Cache<u64, Arc<Slot<S>>, Weigh, AsItIs, CloseLater>;

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

/// What has to go for a new value is let go of when the map is unlocked again: its files are closed then.
#[derive(Clone, Copy)]
struct CloseLater;

impl<S: Sys> Lifecycle<u64, Arc<Slot<S>>> for CloseLater {
    type RequestState = Vec<Arc<Slot<S>>>;

    fn on_evict(&self, gone: &mut Self::RequestState, _hash: u64, slot: Arc<Slot<S>>) {
        gone.push(slot);
    }
}

/// How many parts the map has: a power of two.
fn parts(bytes: u64, processors: usize) -> usize {
    let most = usize::try_from(bytes / LEAST_PART).unwrap_or(usize::MAX);
    let parts = most.min(PARTS_PER_PROCESSOR.saturating_mul(processors)).max(1);
    1 << parts.ilog2()
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
        .shards(parts(memory.bytes, thread::available_parallelism().map_or(1, usize::from)))
        .build()
        .ok()?;
    Some(Map::with_options(options, Weigh { least }, AsItIs::default(), CloseLater))
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
        self.find(self.hash(asked), asked)
    }

    /// What lies under a hash may have another name that hashes alike.
    fn find(&self, hash: u64, asked: &Asked<'_>) -> Option<Arc<Slot<S>>> {
        self.map()?.get(&hash).filter(|slot| asked.is_named(&slot.name))
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

    /// Looks after some of what is kept, at most once a second: what is not `worth` it any more gives its descriptor and its
    /// disk space back.
    pub(super) fn tend_sometimes(&self, now: Time, worth: impl Fn(&Slot<S>) -> bool) {
        let (nanos, last) = (now.as_nanos(), self.tended.load(Ordering::Relaxed));
        // One thread does it.
        if self.is_time_to_tend(now)
            && self.tended.compare_exchange(last, nanos, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            let some = (self.round().len() / ROUND).clamp(AT_LEAST, AT_MOST);
            self.tend(some, worth);
        }
    }

    /// Looks after everything.
    pub(super) fn tend_all(&self, worth: impl Fn(&Slot<S>) -> bool) {
        self.tend(usize::MAX, worth);
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tagcache_fs::sys::Env;
    use tagcache_fs::{Key, Os};
    use tagcache_record::Facts;

    use super::super::name::Kind;
    use super::*;
    use crate::chance::Due;
    use crate::verdict::Life;

    fn asked(key: &str) -> Asked<'_> {
        Asked { key: key.as_bytes(), kind: Kind::of::<String>(None) }
    }

    /// An entry that is held open, under a name and any hash.
    fn slot(root: &Root<Os>, hash: u64, name: &str) -> Slot<Os> {
        let key = Key::new(name).unwrap();
        let draft = root.draft(&key, root.mark().unwrap()).unwrap();
        draft.stamp(Time::MAX).unwrap().link(&[]).unwrap().check().unwrap().publish().unwrap();
        let began = Instant::now();
        let held = loop {
            let entry = root.entry(&key).unwrap().into_entry().unwrap();
            if let Some(held) = entry.hold(Os.now()) {
                break held;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it rests by now");
            thread::yield_now();
        };
        let (life, due) = (Life::from(&Facts::default()), Due::default());
        Slot {
            hash,
            name: asked(name).to_name(),
            ground: 0,
            latest: Time::MAX,
            held,
            life,
            due,
            len: 1,
            value: Arc::new(String::from(name)),
        }
    }

    #[test]
    fn what_lies_under_the_hash_of_another_name_is_not_taken_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        let tier = Tier::new(Memory::new(), &root);
        let hash = 7;
        tier.keep(slot(&root, hash, "page"), &Os);
        assert!(tier.find(hash, &asked("page")).is_some());
        assert!(tier.find(hash, &asked("another page")).is_none());
        let of_another_type = Asked { kind: Kind::of::<Vec<u8>>(None), ..asked("page") };
        assert!(tier.find(hash, &of_another_type).is_none());

        tier.keep(slot(&root, hash, "another page"), &Os);
        assert!(tier.find(hash, &asked("another page")).is_some());
        assert!(tier.find(hash, &asked("page")).is_none(), "the later one is kept");
        assert_eq!(tier.len(), 1);
    }

    #[test]
    fn a_part_of_the_map_has_room_for_a_large_value_on_any_machine() {
        for processors in [1, 2, 16, 128, usize::MAX] {
            for bytes in [1, 1 << 20, 4 << 20, 64 << 20, 100 << 20, u64::MAX] {
                let parts = parts(bytes, processors);
                assert!(parts.is_power_of_two() && parts as u64 <= bytes, "{processors} {bytes}: {parts}");
                assert!(bytes / parts as u64 >= LEAST_PART.min(bytes), "{processors} {bytes}: {parts}");
            }
        }
        assert_eq!(parts(64 << 20, 2), 8);
        assert_eq!(parts(64 << 20, 64), 16);
    }
}
