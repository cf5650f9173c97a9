//! Making room: a sample of the entries is looked at, and those of it that the plan names go.
//!
//! Names are spread over the shards by md5, so whatever lies in consecutive shards is a fair sample of all entries,
//! by age as by size. One shard after the other is looked at from a random one on, until five times as much was seen as
//! must go; a fifth of that, the oldest, goes. Of a shard that has more entries than are wanted, chance says which are looked at.
//! Nothing is remembered between two times, and nothing is sorted but the sample.

use tagcache_codec::Codec;
use tagcache_fs::{Root, Seen, Shard, Step, Sys, Tally};

use crate::cache::Cache;
use crate::error::Error;
use crate::evict::{Candidate, plan};
use crate::ground::Ground;
use crate::limits::Need;
use crate::read::tags_of;
use crate::stats::Counters;

/// Of so many entries that were looked at, one may go.
const SAMPLE: u64 = 5;
/// How many entries are looked at before the first one goes.
const FEWEST: usize = 32;
/// And how many at most: this bounds the memory.
const MOST: usize = 2048;
/// The same for a put, which is to spend its time on evicting and not on looking.
const MOST_OF_PUT: usize = 256;
/// How many go in one slice, however short: it must get on.
const FEWEST_OF_SLICE: u64 = 32;

/// What making room did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    pub(crate) freed: Need,
    pub(crate) evicted: u64,
    /// Disk space of the evicted entries alone; what is freed are their folders, too.
    pub(crate) evicted_bytes: u64,
    pub(crate) links: u64,
    pub(crate) folders: u64,
    pub(crate) failed: u64,
    /// All shards were looked at, or enough is free.
    pub(crate) finished: bool,
}

/// How room is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Nothing goes, and it is told what would: so much space of folders with each entry, as far as can be told.
    dry: Option<u64>,
    /// The inode number of an entry that stays: it was stored a moment ago, and where many are of one age it would be as
    /// good as any.
    spare: Option<u64>,
    /// So much is made free also when there is no time for it.
    owed: Need,
    /// How many entries are looked at before some of them go.
    most: usize,
}

impl Manner {
    /// That of a sweep.
    pub(crate) fn of_sweep() -> Self {
        let owed = Need { bytes: 0, files: FEWEST_OF_SLICE };
        Self { dry: None, spare: None, owed, most: MOST }
    }

    /// That of a dry run, which only tells what would go, in a cache whose folders take so much space for each entry.
    pub(crate) fn of_dry_run(folder_bytes: u64) -> Self {
        Self { dry: Some(folder_bytes), ..Self::of_sweep() }
    }

    /// That of a put of an entry with this inode number, which took so much. It owes twice that, so that a cache that is
    /// far beyond its limit gets smaller with each put, however slow the disk is.
    pub(crate) fn of_put(ino: u64, took: Need) -> Self {
        Self { dry: None, spare: Some(ino), owed: took.plus(took), most: MOST_OF_PUT }
    }

    /// Where something cannot be removed, nothing else may be, and there is no end to trying.
    fn owes_nothing_after(&self, room: &Room) -> bool {
        room.failed > 0 || self.owed.minus(room.freed).is_nothing()
    }
}

/// Entries that were looked at together.
#[derive(Default)]
struct Window {
    seen: Vec<Seen>,
    weight: Need,
    /// There were more in the shards that were looked at.
    is_part: bool,
}

impl Window {
    fn add(&mut self, seen: Seen) {
        self.weight = self.weight.plus(Need { bytes: seen.meta.allocated, files: 1 });
        self.seen.push(seen);
    }

    fn is_enough_for(&self, need: Need, most: usize) -> bool {
        let times = |number: u64| number.saturating_mul(SAMPLE);
        let wanted = Need { bytes: times(need.bytes), files: times(need.files) };
        self.seen.len() >= most || self.seen.len() >= FEWEST && wanted.minus(self.weight).is_nothing()
    }

    /// How much of it may go: no more than is needed, and, unless it is all there is, no more than a fifth of it or the part
    /// that must go of all there is.
    fn quota(&self, need: Need, all: Need, is_all: bool) -> Need {
        if is_all {
            return need;
        }
        let part = |weight: u64, need: u64, all: u64| {
            let fair = u128::from(weight) * u128::from(need) / u128::from(all.max(1));
            u64::try_from(fair).unwrap_or(u64::MAX).max(weight / SAMPLE).max(1).min(need)
        };
        Need {
            bytes: part(self.weight.bytes, need.bytes, all.bytes),
            files: part(self.weight.files, need.files, all.files),
        }
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Evicts entries until so much is free. `all` is how much there is. As soon as nothing is owed, `go_on` is asked before
    /// each eviction.
    pub(crate) fn make_room(
        &self,
        ground: &Ground<S>,
        need: Need,
        all: Need,
        manner: Manner,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Room, Error> {
        let mut room = Room::default();
        let mut turn = Turn::new(self.sys().random());
        let mut is_first = true;
        loop {
            let left = need.minus(room.freed);
            if left.is_nothing() {
                room.finished = true;
                return Ok(room);
            }
            let window = self.look_around(&ground.root, &mut turn, left, manner, go_on)?;
            if window.seen.is_empty() {
                room.finished = true;
                return Ok(room);
            }
            let is_all = is_first && turn.is_over() && !window.is_part;
            is_first = false;
            let quota = window.quota(left, all, is_all);
            if !self.evict_from(ground, &window, quota, manner, &mut room, go_on) {
                room.finished = need.minus(room.freed).is_nothing();
                return Ok(room);
            }
        }
    }

    /// As many entries as are a fair sample, or as there is time for.
    fn look_around(
        &self,
        root: &Root<S>,
        turn: &mut Turn,
        need: Need,
        manner: Manner,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Window, Error> {
        let mut window = Window::default();
        while let Some((from, to)) = turn.part() {
            let mut shards = root.shards(from);
            while let Some(step) = shards.advance(&mut |_| {})? {
                let Step::Shard(shard) = step else { continue };
                if shard > to {
                    break;
                }
                let most = manner.most.saturating_sub(window.seen.len());
                window.is_part |= root.glance(shard, most, &mut |seen| {
                    if manner.spare != Some(seen.meta.id.1) {
                        window.add(seen);
                    }
                })?;
                let is_enough = window.is_enough_for(need, manner.most);
                if is_enough || window.seen.len() >= FEWEST && !go_on() {
                    turn.went_to(shard);
                    return Ok(window);
                }
            }
            turn.went_to(to);
        }
        Ok(window)
    }

    /// Evicts so much of what was looked at. Whether there is time for more.
    fn evict_from(
        &self,
        ground: &Ground<S>,
        window: &Window,
        quota: Need,
        manner: Manner,
        room: &mut Room,
        go_on: &mut dyn FnMut() -> bool,
    ) -> bool {
        let candidates: Vec<Candidate> = window.seen.iter().map(|seen| Candidate::from(&seen.meta)).collect();
        let before = room.freed;
        for eviction in plan(&candidates, quota, self.sys().now()) {
            // What was planned is enough without the folders that go with it, and they may be more than the entries.
            if quota.minus(room.freed.minus(before)).is_nothing() {
                return true;
            }
            let Some(seen) = window.seen.get(eviction.index) else { continue };
            if let Some(folder_bytes) = manner.dry {
                room.evicted += 1;
                room.evicted_bytes += seen.meta.allocated;
                let bytes = seen.meta.allocated.saturating_add(folder_bytes);
                room.freed = room.freed.plus(Need { bytes, files: 1 });
                room.links += seen.meta.links.saturating_sub(1);
            } else if let Err(error) = self.evict(ground, seen, room) {
                room.failed += 1;
                self.fault(&error);
            }
            if manner.owes_nothing_after(room) && !go_on() {
                return false;
            }
        }
        true
    }

    /// Takes one entry away with all its names, unless it was used, or replaced, since it was looked at.
    fn evict(&self, ground: &Ground<S>, seen: &Seen, room: &mut Room) -> Result<(), Error> {
        let Some(entry) = ground.root.open_seen(seen)? else { return Ok(()) };
        if entry.meta().atime != seen.meta.atime {
            return Ok(());
        }
        let tags = tags_of(&entry);
        entry.remove()?;
        room.evicted += 1;
        Counters::add(&self.shared.counters.here().evicted);
        // What of its links cannot be removed is dead, and left to the next sweep.
        room.links += entry.remove_links(&tags).unwrap_or(0);
        let folders = ground.root.remove_empty_folders(&entry, &tags);
        room.folders += folders;
        let ledger = &ground.ledger;
        let bytes = entry.meta().allocated;
        room.evicted_bytes += bytes;
        let folder_bytes = ledger.folders(folders);
        let freed = bytes.saturating_add(u64::try_from(folder_bytes).unwrap_or(0));
        room.freed = room.freed.plus(Need { bytes: freed, files: 1 });
        let by = Tally { files: 1, bytes: i64::try_from(bytes).unwrap_or(i64::MAX), folder_bytes };
        // On a full disk there may be no room for the tally; the next sweep finds it.
        let _ = ledger.add(seen.shard, Tally::default().minus(by));
        Ok(())
    }
}

/// One turn through all shards, from a random one to the last and from the first on again.
struct Turn {
    start: Shard,
    /// Where it goes on, and whether the first half is over.
    next: Option<Shard>,
    wrapped: bool,
}

impl Turn {
    fn new(random: u64) -> Self {
        let [outer, inner, ..] = random.to_le_bytes();
        let start = Shard::new(outer, inner);
        Self { start, next: Some(start), wrapped: false }
    }

    /// From which shard to which it goes on.
    fn part(&self) -> Option<(Shard, Shard)> {
        let last = if self.wrapped { self.start } else { Shard::new(u8::MAX, u8::MAX) };
        self.next.filter(|next| !self.wrapped || *next < self.start).map(|next| (next, last))
    }

    fn went_to(&mut self, shard: Shard) {
        self.next = shard.next();
        if self.next.is_none() && !self.wrapped {
            (self.wrapped, self.next) = (true, Some(Shard::FIRST));
        }
    }

    fn is_over(&self) -> bool {
        self.part().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_passes_every_shard_once_wherever_it_begins() {
        for random in [0, 1, 0xff00, 0xffff, 0x8000] {
            let mut turn = Turn::new(random);
            let mut passed = 0;
            while let Some((from, to)) = turn.part() {
                let number = |shard: Shard| u32::from(shard.outer()) * 256 + u32::from(shard.inner());
                // In two bites where it can be.
                let middle = Shard::new(0x40, 0).max(from).min(to);
                passed += number(middle) - number(from) + 1;
                turn.went_to(middle);
            }
            assert!((65536..=65537).contains(&passed), "{random:x}: {passed}");
        }
    }

    #[test]
    fn a_fifth_of_a_sample_may_go_and_of_all_there_is_what_must_go() {
        let mut window = Window { weight: Need { bytes: 1000, files: 100 }, ..Window::default() };
        let all = Need { bytes: 100_000, files: 10_000 };
        let need = |bytes| Need { bytes, files: 0 };
        assert_eq!(window.quota(need(500), all, false), need(200));
        assert_eq!(window.quota(need(50), all, false), need(50));
        assert_eq!(window.quota(need(50_000), all, false), need(500), "half of all must go");
        assert_eq!(window.quota(need(500), all, true), need(500));
        window.weight = Need { bytes: 3, files: 1 };
        assert_eq!(window.quota(need(2), all, false), need(1), "never nothing, or it would not end");
    }
}
