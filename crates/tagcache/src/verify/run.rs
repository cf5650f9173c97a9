//! An examination under way: entries first, then links, since a repair of the former makes strays of the latter.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tagcache_codec::Codec;
use tagcache_fs::{
    Beside, Entry, ForeignPath, Key, LinkName, Met, MetLink, Root, Standing, SweepLock, Sys, Tag,
};
use tagcache_record::header::{CHUNK_CRC_LEN, CHUNK_LEN};
use tagcache_record::{Chunks, Head, ParseError};

use super::{Finding, Harm, Verification, VerifyOptions, Wrong};
use crate::cache::Cache;
use crate::error::Error;
use crate::load::with_head;
use crate::progress::Progress;

pub(super) struct Run<'a, C: Codec, S: Sys> {
    cache: &'a Cache<C, S>,
    /// All of it is on one root, that of the lock, whatever becomes of the cache meanwhile.
    root: &'a Root<S>,
    options: &'a VerifyOptions,
    lock: SweepLock<S>,
    report: Verification,
    /// For heads and chunks of records, used again and again.
    bytes: Vec<u8>,
}

/// What the head of an entry says, as far as it matters here.
struct Said {
    key: Option<Key>,
    tags: Vec<Tag>,
    links: u64,
    head_len: u64,
    chunks: Chunks,
}

impl Said {
    fn read(head: &Head<'_>) -> Self {
        Self {
            key: Key::new(head.key).ok(),
            tags: head.tags.iter().filter_map(|tag| Tag::new(tag).ok()).collect(),
            links: crate::read::links(head),
            head_len: head.len_bytes() as u64,
            chunks: head.chunks(),
        }
    }
}

impl<'a, C: Codec, S: Sys> Run<'a, C, S> {
    /// `None` when another process is sweeping.
    pub(super) fn begin(
        cache: &'a Cache<C, S>,
        root: &'a Root<S>,
        options: &'a VerifyOptions,
    ) -> Result<Option<Self>, Error> {
        let Some(lock) = root.try_examine_lock()? else { return Ok(None) };
        let lock = if options.repair { lock } else { lock.only_counting() };
        let (report, bytes) = (Verification::default(), Vec::new());
        Ok(Some(Self { cache, root, options, lock, report, bytes }))
    }

    pub(super) fn verify(mut self) -> Result<Verification, Error> {
        let root = self.root;
        self.report.orphans = root.sweep_drafts(&self.lock)? + root.sweep_leases(&self.lock)?;
        root.each_entry::<Error>(&mut |met| {
            match met {
                Met::Entry(entry) => {
                    self.progress(&entry, false);
                    self.report.entries += 1;
                    let looked = self.entry(entry);
                    self.unless_failed(looked);
                }
                Met::Foreign(path) => self.foreign(&path),
                Met::Unreadable(error) => self.failed(&error.into()),
            }
            Ok(())
        })?;
        root.each_tag_link(&mut |met| match met {
            MetLink::Link(link, entry) => {
                self.progress(&entry, true);
                self.report.links += 1;
                let looked = self.link(link, &entry);
                self.unless_failed(looked);
            }
            MetLink::Foreign(path) => self.foreign(&path),
            MetLink::Unreadable(error) => self.failed(&error.into()),
        })?;
        root.each_foreign_beside(&mut |path| {
            self.foreign(&path);
            Ok(())
        })?;
        root.each_misplaced(&mut |beside| {
            match beside {
                Beside::Foreign(path) => self.foreign(&path),
                Beside::Blocked(path) => self.not_ours(&path, Wrong::Blocked),
            }
            Ok(())
        })?;
        Ok(self.report)
    }

    fn progress(&self, entry: &Entry<S>, is_second: bool) {
        if let Some(outer) = Progress::outer_of(entry.path().to_bytes()) {
            self.cache.progress(Progress::before(outer, is_second));
        }
    }

    fn entry(&mut self, mut entry: Entry<S>) -> Result<(), Error> {
        let (wrong, tags) = match self.head(&entry)? {
            Ok(said) => (self.wrong_with(&mut entry, &said)?, said.tags),
            Err(ParseError::Version { found }) => (Some(Wrong::OtherVersion { found }), Vec::new()),
            Err(damage) => (Some(Wrong::Damaged(damage)), Vec::new()),
        };
        let Some(wrong) = wrong else { return Ok(()) };
        // Whoever replaced it meanwhile takes care of the old one.
        if !entry.is_at_its_path()? {
            return Ok(());
        }
        let stays = matches!(wrong, Wrong::OtherVersion { .. });
        let repaired = if self.options.repair && !stays {
            let removed = entry.remove().and_then(|()| entry.remove_links(&tags)).map(drop);
            self.unless_failed(removed.map_err(Error::from))
        } else {
            false
        };
        self.found(entry.path(), wrong, repaired);
        Ok(())
    }

    /// The names first: what they say of a dead entry is no damage.
    fn wrong_with(&mut self, entry: &mut Entry<S>, said: &Said) -> Result<Option<Wrong>, Error> {
        if let Some(wrong) = names_of(entry, said.links) {
            return Ok(Some(wrong));
        }
        if !said.key.as_ref().is_some_and(|key| entry.is_entry_of(key)) {
            return Ok(Some(Wrong::WrongPlace));
        }
        if let Err(damage) = self.payload(entry, said)? {
            return Ok(Some(Wrong::Damaged(damage)));
        }
        for tag in &said.tags {
            if !self.root.has_link(entry, tag, said.links)? {
                // An invalidation that took the link poisoned the file first, and that shows by now.
                entry.refresh()?;
                return Ok(Some(names_of(entry, said.links).unwrap_or(Wrong::TagLinkMissing)));
            }
        }
        Ok(None)
    }

    fn link(&mut self, link: LinkName, entry: &Entry<S>) -> Result<(), Error> {
        if self.is_sound(link, entry)? || !self.root.is_at_rest(entry)? {
            return Ok(());
        }
        let repaired = self.options.repair && self.root.remove_link(&self.lock, entry)?;
        self.found(entry.path(), Wrong::StrayLink, repaired);
        Ok(())
    }

    fn is_sound(&mut self, link: LinkName, entry: &Entry<S>) -> Result<bool, Error> {
        if entry.meta().standing(link.links) != Standing::Whole {
            return Ok(false);
        }
        // What cannot be read was told at its key.
        let Ok(said) = self.head(entry)? else { return Ok(true) };
        let has_tag = said.tags.iter().any(|tag| entry.is_link_of(tag, said.links));
        match said.key {
            Some(key) if has_tag => Ok(entry.is_at(&key)?),
            _ => Ok(false),
        }
    }

    fn head(&mut self, entry: &Entry<S>) -> Result<Result<Said, ParseError>, Error> {
        self.bytes.clear();
        with_head(entry, &mut self.bytes, Said::read)
    }

    /// Every chunk against its checksum, one in memory at a time.
    fn payload(&mut self, entry: &Entry<S>, said: &Said) -> Result<Result<(), ParseError>, Error> {
        let table = said.head_len + said.chunks.payload_len();
        let mut line = Vec::with_capacity(CHUNK_CRC_LEN);
        for index in 0..said.chunks.count() {
            self.bytes.clear();
            line.clear();
            let at = said.head_len + index * CHUNK_LEN as u64;
            entry.read_at(at, &mut self.bytes, said.chunks.len_of(index))?;
            entry.read_at(table + index * CHUNK_CRC_LEN as u64, &mut line, CHUNK_CRC_LEN)?;
            let Some(line) = line.first_chunk() else {
                let (expected, found) = (table + said.chunks.table_len(), entry.meta().size);
                return Ok(Err(ParseError::Truncated { expected, found }));
            };
            if let Err(damage) = said.chunks.verify(index, &self.bytes, *line) {
                return Ok(Err(damage));
            }
        }
        Ok(Ok(()))
    }

    fn foreign(&mut self, path: &ForeignPath) {
        self.not_ours(path, Wrong::Foreign);
    }

    fn not_ours(&mut self, path: &ForeignPath, wrong: Wrong) {
        let mut repaired = false;
        if self.options.repair && self.options.remove_foreign {
            match self.root.remove_foreign(&self.lock, path) {
                Ok(removed) => repaired = removed,
                Err(error) => self.failed(&error.into()),
            }
        }
        self.found(path.as_c_str(), wrong, repaired);
    }

    fn found(&mut self, path: &CStr, wrong: Wrong, repaired: bool) {
        let report = &mut self.report;
        let count = match wrong.harm() {
            _ if repaired => &mut report.repaired,
            Harm::Litter => &mut report.litter,
            Harm::Loss => &mut report.losses,
            Harm::Danger => &mut report.dangers,
        };
        *count += 1;
        if report.findings.len() < self.options.list_at_most {
            let path = Path::new(OsStr::from_bytes(path.to_bytes())).to_path_buf();
            report.findings.push(Finding { path, wrong, repaired });
        }
    }

    fn failed(&mut self, error: &Error) {
        self.report.failed += 1;
        self.cache.fault(error);
    }

    /// Whether it succeeded.
    fn unless_failed(&mut self, outcome: Result<(), Error>) -> bool {
        outcome.map_err(|error| self.failed(&error)).is_ok()
    }
}

/// What the number of names says against an entry.
fn names_of<S: Sys>(entry: &Entry<S>, expected: u64) -> Option<Wrong> {
    let found = entry.meta().links;
    match entry.meta().standing(expected) {
        Standing::Whole => None,
        Standing::Poisoned => Some(Wrong::Dead),
        Standing::Detached => Some(Wrong::NamesMissing { expected, found }),
        Standing::ForeignLink => Some(Wrong::ForeignLinks { expected, found }),
    }
}
