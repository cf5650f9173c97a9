//! A sweep under way: two walks over the shards, with a stop where the time is over.

use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{
    Entry, ForeignPath, Key, Ledger, Met, Meta, Passed, Place, Shard, Standing, Step, SweepLock, Sys, Tag,
    Tally, Usage, Walk,
};
use tagcache_record::{Head, ParseError};

use super::{Sweep, SweepOptions};
use crate::cache::Cache;
use crate::error::Error;
use crate::ground::Ground;
use crate::limits::Need;
use crate::progress::Progress;
use crate::read::{links, with_head};
use crate::room::{Manner, Room};
use crate::verdict::is_worth_keeping;

/// So many leases are looked at in a slice, however short: it must get on.
const FEWEST_LEASES: u32 = 64;

pub(super) struct Run<'a, C: Codec, S: Sys> {
    cache: &'a Cache<C, S>,
    /// All of it is on one root, that of the lock, whatever becomes of the cache meanwhile.
    ground: &'a Ground<S>,
    options: &'a SweepOptions,
    lock: SweepLock<S>,
    /// Where counts are left, if anybody wants them.
    ledger: Option<&'a Ledger<S>>,
    began: Duration,
    report: Sweep,
    /// What the folders take that were met and remain.
    folder_bytes: i64,
    /// For the heads of records, used again and again.
    head: Vec<u8>,
}

/// What is to become of an entry.
enum Fate {
    Stays,
    /// It goes with the links of these tags.
    Goes(Vec<Tag>),
}

impl<'a, C: Codec, S: Sys> Run<'a, C, S> {
    /// `None` when another process is sweeping.
    pub(super) fn begin(
        cache: &'a Cache<C, S>,
        ground: &'a Ground<S>,
        options: &'a SweepOptions,
        began: Duration,
    ) -> Result<Option<Self>, Error> {
        let Some(lock) = ground.root.try_sweep_lock()? else { return Ok(None) };
        let lock = if options.dry_run { lock.only_counting() } else { lock };
        let ledger = &ground.ledger;
        let wants = !options.dry_run && (options.wants_ledger() || ledger.exists()?);
        let ledger = Some(ledger).filter(|ledger| {
            // On a full disk, say, it is a sweep without a count that is needed most.
            wants && ledger.refresh().map_err(|error| cache.fault(&error.into())).is_ok()
        });
        let (report, folder_bytes, head) = (Sweep::default(), 0, Vec::new());
        Ok(Some(Self { cache, ground, options, lock, ledger, began, report, folder_bytes, head }))
    }

    pub(super) fn sweep(mut self) -> Result<Sweep, Error> {
        self.report.finished = self.all_parts()?;
        self.report.took = self.elapsed().saturating_sub(self.began);
        Ok(self.report)
    }

    fn elapsed(&self) -> Duration {
        self.cache.sys().elapsed()
    }

    fn is_time_left(&self) -> bool {
        self.options.is_time_left(self.elapsed(), self.began)
    }

    /// The parts in their order. Whether the end was reached.
    fn all_parts(&mut self) -> Result<bool, Error> {
        let resumed = self.options.at_most.and(self.ledger.and_then(Ledger::place));
        let is_whole = resumed.is_none();
        let (root, began, options) = (&self.ground.root, self.began, self.options);
        let mut go_on = || options.is_time_left(root.sys().elapsed(), began);
        // Those for which there is no time are met by the next slice.
        self.report.drafts = root.sweep_drafts_while(&self.lock, &mut go_on)?.removed;
        let start =
            |walk| Place { walk, shard: Shard::FIRST, passed: Passed::default(), counted: Tally::default() };
        let mut place = resumed.unwrap_or(start(Walk::Entries));
        if place.walk == Walk::Entries {
            if self.walk(place)?.is_none() {
                return Ok(false);
            }
            place = start(Walk::Links);
        }
        let Some(end) = self.walk(place)? else { return Ok(false) };
        if !self.leases()? {
            self.note(|ledger| ledger.stopped(end));
            return Ok(false);
        }
        root.each_foreign_beside(&mut |path| {
            self.foreign(&path);
            Ok(())
        })?;
        let now = root.sys().now();
        self.note(|ledger| ledger.finish(now));
        self.make_room(is_whole)?;
        Ok(true)
    }

    /// Whether there is nothing left to do for the leases.
    fn leases(&mut self) -> Result<bool, Error> {
        let (root, began, options) = (&self.ground.root, self.began, self.options);
        let mut looked = 0;
        let mut go_on = || {
            looked += 1;
            looked <= FEWEST_LEASES || options.is_time_left(root.sys().elapsed(), began)
        };
        let leases = root.sweep_leases_while(&self.lock, &mut go_on)?;
        self.report.leases = leases.removed;
        // The next slice would meet those that stay first, too: where all that there was time for stay, it is over.
        Ok(leases.finished || leases.removed == 0)
    }

    /// One walk, from a place on. When its end was reached, the last place that leads to it again; otherwise the place where it
    /// stopped is noted.
    fn walk(&mut self, mut place: Place) -> Result<Option<Place>, Error> {
        let walk = place.walk;
        let mut end = place;
        let mut shards = self.ground.root.shards(place.shard);
        // The first outer folder that is not counted yet.
        let mut uncounted = Some(place.shard.outer());
        loop {
            let mut foreign = |path| match walk {
                Walk::Entries => drop(self.foreign(&path)),
                // They were met on the first walk.
                Walk::Links => {}
            };
            let Some(step) = shards.advance(&mut foreign)? else { break };
            self.progress(walk, &step);
            self.count_nothing_before(walk, uncounted, &step);
            let may_stop = match step {
                Step::Shard(shard) => {
                    uncounted = Some(shard.outer());
                    end = place;
                    let (next, done) = self.visit(place, shard)?;
                    place = next;
                    // The end of an outer folder belongs to its last shard.
                    !done || shard.inner() < u8::MAX
                }
                Step::EndOf(outer) => {
                    let tally = place.counted.plus(self.end_of(walk, outer)?);
                    self.note(|ledger| ledger.counted(walk, outer..=outer, tally));
                    uncounted = outer.checked_add(1);
                    place = Place {
                        shard: Shard::new(outer, u8::MAX).next().unwrap_or(place.shard),
                        counted: Tally::default(),
                        ..place
                    };
                    if uncounted.is_some() {
                        end = place;
                    }
                    uncounted.is_some()
                }
            };
            if may_stop && !self.is_time_left() {
                self.note(|ledger| ledger.stopped(place));
                return Ok(None);
            }
        }
        if let Some(first) = uncounted {
            self.note(|ledger| ledger.counted(walk, first..=u8::MAX, Tally::default()));
        }
        Ok(Some(end))
    }

    /// Does one shard, or the rest of it; where to go on, and whether all of it is done.
    fn visit(&mut self, place: Place, shard: Shard) -> Result<(Place, bool), Error> {
        let passed = if place.shard == shard { place.passed } else { Passed::default() };
        let (tally, stopped) = match place.walk {
            Walk::Entries => self.entries_in(shard, passed)?,
            Walk::Links => self.links_in(shard, passed)?,
        };
        let next = shard.next().unwrap_or(shard);
        let (shard, passed) = stopped.map_or((next, Passed::default()), |passed| (shard, passed));
        Ok((Place { shard, passed, counted: place.counted.plus(tally), ..place }, stopped.is_none()))
    }

    fn links_in(&mut self, shard: Shard, passed: Passed) -> Result<(Tally, Option<Passed>), Error> {
        let (root, began, options) = (&self.ground.root, self.began, self.options);
        let mut go_on = || options.is_time_left(root.sys().elapsed(), began);
        let (cache, ground, mut report) = (self.cache, self.ground, self.report);
        let mut foreign = |path| Ok(remove_if_asked(cache, ground, &self.lock, options, &mut report, &path));
        let trimmed = root.trim_shard(&self.lock, shard, passed, &mut foreign, &mut go_on)?;
        report.links += trimmed.links;
        report.folders += trimmed.folders;
        self.report = report;
        self.folder_bytes += trimmed.kept.folder_bytes;
        Ok((trimmed.kept, trimmed.stopped))
    }

    fn progress(&self, walk: Walk, step: &Step) {
        if let Step::Shard(shard) = step {
            self.cache.progress(Progress::before(shard.outer(), walk == Walk::Links));
        }
    }

    fn end_of(&mut self, walk: Walk, outer: u8) -> Result<Tally, Error> {
        if walk == Walk::Entries {
            return Ok(Tally::default());
        }
        let trimmed = self.ground.root.trim_outer(&self.lock, outer)?;
        self.report.folders += trimmed.folders;
        self.folder_bytes += trimmed.kept.folder_bytes;
        Ok(trimmed.kept)
    }

    /// Leaves a count for the outer folders that are not there, from the first that has none up to that of this step: the walk
    /// may stop in it, and whoever goes on does not look before it.
    fn count_nothing_before(&mut self, walk: Walk, uncounted: Option<u8>, step: &Step) {
        let outer = match step {
            Step::Shard(shard) => shard.outer(),
            Step::EndOf(outer) => *outer,
        };
        if let Some(first) = uncounted.filter(|first| *first < outer) {
            self.note(|ledger| ledger.counted(walk, first..=outer - 1, Tally::default()));
        }
    }

    /// A count that cannot be left is missed by nobody but the next slice: the sweep goes on.
    fn note(&mut self, note: impl FnOnce(&Ledger<S>) -> Result<(), tagcache_fs::Error>) {
        if let Some(Err(error)) = self.ledger.map(note) {
            self.cache.fault(&error.into());
            self.ledger = None;
        }
    }

    fn foreign(&mut self, path: &ForeignPath) -> bool {
        remove_if_asked(self.cache, self.ground, &self.lock, self.options, &mut self.report, path)
    }

    fn entries_in(&mut self, shard: Shard, passed: Passed) -> Result<(Tally, Option<Passed>), Error> {
        let before = (self.report.kept, self.report.kept_bytes);
        let (root, began, options) = (&self.ground.root, self.began, self.options);
        let mut go_on = || options.is_time_left(root.sys().elapsed(), began);
        let mut visit = |met| Ok::<_, Error>(self.stays(met));
        let stopped = root.each_entry_in(shard, passed, &mut visit, &mut go_on)?;
        let number = |after: u64, before: u64| i64::try_from(after - before).unwrap_or(i64::MAX);
        let tally = Tally {
            files: number(self.report.kept, before.0),
            bytes: number(self.report.kept_bytes, before.1),
            folder_bytes: 0,
        };
        Ok((tally, stopped))
    }

    /// Judges what the first walk meets. Whether it stays.
    fn stays(&mut self, met: Met<S>) -> bool {
        match met {
            Met::Entry(entry) => self.entry(&entry).unwrap_or_else(|error| {
                self.failed(&error);
                true
            }),
            Met::Foreign(path) => !self.foreign(&path),
            Met::Unreadable(error) => {
                self.failed(&error.into());
                true
            }
        }
    }

    fn failed(&mut self, error: &Error) {
        self.report.failed += 1;
        self.cache.fault(error);
    }

    /// Whether it stays.
    fn entry(&mut self, entry: &Entry<S>) -> Result<bool, Error> {
        let tags = match self.fate(entry)? {
            Fate::Stays => {
                self.report.kept += 1;
                self.report.kept_bytes += entry.meta().allocated;
                return Ok(true);
            }
            Fate::Goes(tags) => tags,
        };
        if self.options.dry_run {
            self.report.links += links_to_go(entry.meta(), &tags);
        } else {
            entry.remove()?;
            self.report.links += entry.remove_links(&tags)?;
        }
        self.report.entries += 1;
        self.report.bytes += entry.meta().allocated;
        Ok(self.options.dry_run)
    }

    fn fate(&mut self, entry: &Entry<S>) -> Result<Fate, Error> {
        self.head.clear();
        let (now, boot) = (self.cache.sys().now(), self.cache.boot());
        let verdict = with_head(entry, &mut self.head, |head: &Head<'_>| {
            let in_place = Key::new(head.key).is_ok_and(|key| entry.is_entry_of(&key));
            if in_place
                && is_worth_keeping(entry.meta(), &head.facts, links(head), now, boot, self.ground.latest)
            {
                return Ok(Fate::Stays);
            }
            Cache::<C, S>::tags(head.tags.iter()).map(Fate::Goes)
        })?;
        match verdict {
            Ok(fate) => fate,
            // A later version wrote it, and may read it.
            Err(ParseError::Version { .. }) => Ok(Fate::Stays),
            Err(_) => Ok(Fate::Goes(Vec::new())),
        }
    }

    /// Down to the limits, if there are any.
    fn make_room(&mut self, is_whole: bool) -> Result<(), Error> {
        let (cache, options, began) = (self.cache, self.options, self.began);
        if !options.limits.are_set() {
            return Ok(());
        }
        let mut go_on = || options.is_time_left(cache.sys().elapsed(), began);
        if self.ledger.is_some() {
            let manner = Manner::of_sweep();
            if let Some(room) = cache.keep_within(self.ground, &options.limits, manner, &mut go_on)? {
                self.report.add_room(&room);
            }
        } else if is_whole {
            let usage = self.own_count();
            let all = Need { bytes: usage.bytes, files: usage.files };
            let need = options.limits.excess(&usage, 0);
            let manner = if options.dry_run {
                Manner::of_dry_run((usage.bytes - self.report.kept_bytes) / usage.files.max(1))
            } else {
                Manner::of_sweep()
            };
            let room = cache.make_room(self.ground, need, all, manner, &mut go_on)?;
            self.report.add_room(&room);
        }
        Ok(())
    }

    /// What this very sweep met, where no tallies can be kept.
    fn own_count(&self) -> Usage {
        let mut usage = Usage::default();
        usage.files = self.report.kept;
        usage.bytes = self.report.kept_bytes + u64::try_from(self.folder_bytes).unwrap_or(0);
        usage
    }
}

impl Sweep {
    pub(super) fn add_room(&mut self, room: &Room) {
        self.evicted += room.evicted;
        self.evicted_bytes += room.evicted_bytes;
        self.bytes += room.freed.bytes;
        self.links += room.links;
        self.folders += room.folders;
        self.failed += room.failed;
        self.finished = self.finished && room.finished;
    }
}

/// How many links go with an entry, in a dry run. Those of one that is dead by its names are met on the second walk.
fn links_to_go(meta: &Meta, tags: &[Tag]) -> u64 {
    let links = tagcache_fs::meta::links_of(tags.len() as u64);
    if meta.standing(links) == Standing::Whole { links - 1 } else { 0 }
}

/// Counts a name that is not ours; whether it was removed.
fn remove_if_asked<C: Codec, S: Sys>(
    cache: &Cache<C, S>,
    ground: &Ground<S>,
    lock: &SweepLock<S>,
    options: &SweepOptions,
    report: &mut Sweep,
    path: &ForeignPath,
) -> bool {
    report.foreign += 1;
    if !options.remove_foreign {
        return false;
    }
    match ground.root.remove_foreign(lock, path) {
        Ok(removed) => {
            report.foreign_removed += u64::from(removed);
            removed
        }
        Err(error) => {
            report.failed += 1;
            cache.fault(&error.into());
            false
        }
    }
}
