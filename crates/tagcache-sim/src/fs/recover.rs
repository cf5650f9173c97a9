//! What is on disk after the power was cut.

use std::collections::{HashMap, HashSet};

use super::Disk;
use super::dir::Name;
use super::inode::{Inode, Node, Number, Serial};
use super::journal::{Change, Record, Spot};

/// Which states a power cut may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrashModel {
    /// The names and attributes are a prefix of what was done, as with the journal of ext4 or xfs. Bytes that
    /// were not synced are there, missing, or cut.
    Ordered,
    /// Any subset of the changes that were not synced, except that each name went through its states in order and
    /// nothing exists in a folder that does not. Bytes as above.
    Unordered,
    /// As [`Ordered`](Self::Ordered), and pages of bytes that were not synced may be zeroes.
    Torn,
}

/// Chooses one of so many possibilities; 0 is always the simplest: nothing was lost.
pub(crate) type Choose<'a> = &'a mut dyn FnMut(usize) -> usize;

impl Disk {
    /// The state that is found after a power cut: `base` is what this disk was when all was on disk last.
    pub(crate) fn recover(&self, base: &Self, model: CrashModel, choose: Choose<'_>) -> Self {
        let mut recovery = Recovery::new(base);
        let records = match model {
            CrashModel::Ordered | CrashModel::Torn => {
                let end = self.journal.records.len();
                &self.journal.records[..end - choose(end - self.journal.floor + 1)]
            }
            CrashModel::Unordered => &self.journal.records[..],
        };
        for record in records {
            let keep =
                |choose: Choose<'_>| model != CrashModel::Unordered || record.durable || choose(2) == 0;
            if !recovery.possible(&record.change) || !keep(&mut *choose) {
                recovery.lose(&record.change);
            } else {
                recovery.apply(&record.change);
            }
        }
        recovery.write_bytes(records, model, self.traits.page, choose);
        let mut disk = recovery.finish();
        (disk.now, disk.next_serial) = (self.now, self.next_serial);
        disk
    }
}

struct Recovery {
    disk: Disk,
    numbers: HashMap<Serial, Number>,
    /// Names whose later changes are lost because an earlier one was.
    lost_names: HashSet<Spot>,
    /// Attributes likewise.
    lost_attributes: HashSet<(Serial, &'static str)>,
}

impl Recovery {
    fn new(base: &Disk) -> Self {
        let disk = base.clone();
        let numbers = disk.inodes().map(|(number, inode)| (inode.serial, number)).collect();
        Self { disk, numbers, lost_names: HashSet::new(), lost_attributes: HashSet::new() }
    }

    fn number(&self, serial: Serial) -> Option<Number> {
        self.numbers.get(&serial).copied()
    }

    fn at(&self, (dir, name): &Spot) -> Option<Number> {
        self.disk.dir(self.number(*dir)?).ok()?.find(name)
    }

    fn has_dir(&self, (dir, _): &Spot) -> bool {
        self.number(*dir).is_some_and(|number| self.disk.inode(number).is_some_and(|dir| dir.links > 0))
    }

    /// Whether a change can be there, given what was lost before it.
    fn possible(&self, change: &Change) -> bool {
        let named = |spot: &Spot| !self.lost_names.contains(spot) && self.has_dir(spot);
        let exists = |file: &Serial| self.number(*file);
        match change {
            Change::New { spot, number, .. } => {
                let taken = self.disk.inode(*number).is_some_and(|inode| inode.links > 0);
                named(spot) && self.at(spot).is_none() && !taken
            }
            Change::Link { spot, file } => named(spot) && self.at(spot).is_none() && exists(file).is_some(),
            Change::Unlink { spot, file } => {
                let number = exists(file);
                let full =
                    number.and_then(|number| self.disk.dir(number).ok()).is_some_and(|dir| !dir.is_empty());
                named(spot) && number.is_some() && self.at(spot) == number && !full
            }
            Change::Rename { from, to, file, replaced } => {
                let replaced = replaced.and_then(|replaced| self.number(replaced));
                named(from) && named(to) && self.at(from) == exists(file) && self.at(to) == replaced
            }
            Change::Mtime { file, .. } => exists(file).is_some() && self.keeps(*file, "mtime"),
            Change::Mode { file, .. } => exists(file).is_some() && self.keeps(*file, "mode"),
            Change::Write { file, .. } => exists(file).is_some(),
        }
    }

    fn keeps(&self, file: Serial, attribute: &'static str) -> bool {
        !self.lost_attributes.contains(&(file, attribute))
    }

    fn lose(&mut self, change: &Change) {
        match change {
            Change::New { spot, .. } | Change::Link { spot, .. } | Change::Unlink { spot, .. } => {
                self.lost_names.insert(spot.clone());
            }
            Change::Rename { from, to, .. } => {
                self.lost_names.insert(from.clone());
                self.lost_names.insert(to.clone());
            }
            Change::Mtime { file, .. } => {
                self.lost_attributes.insert((*file, "mtime"));
            }
            Change::Mode { file, .. } => {
                self.lost_attributes.insert((*file, "mode"));
            }
            Change::Write { .. } => {}
        }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::New { spot, file, number, node, mode, time } => {
                self.evict(*number);
                self.disk.put_inode(*number, Inode::new(*file, node.clone(), *mode, *time));
                self.numbers.insert(*file, *number);
                self.put(spot, *file);
            }
            Change::Link { spot, file } => self.put(spot, *file),
            Change::Unlink { spot, .. } => self.take(spot),
            Change::Rename { from, to, file, .. } => {
                self.take(from);
                self.take(to);
                self.put(to, *file);
            }
            Change::Mtime { file, time } => {
                if let Some(inode) = self.inode(*file) {
                    inode.mtime = *time;
                }
            }
            Change::Mode { file, mode } => {
                if let Some(inode) = self.inode(*file) {
                    inode.mode = *mode;
                }
            }
            // Bytes come last: see `write_bytes`.
            Change::Write { .. } => {}
        }
    }

    /// A file without names that had this number is gone for good.
    fn evict(&mut self, number: Number) {
        if let Some(inode) = self.disk.inode(number) {
            let serial = inode.serial;
            self.numbers.remove(&serial);
        }
    }

    fn inode(&mut self, file: Serial) -> Option<&mut Inode> {
        let number = self.number(file)?;
        self.disk.inode_mut(number)
    }

    fn put(&mut self, (dir, name): &(Serial, Name), file: Serial) {
        if let (Some(dir), Some(number)) = (self.number(*dir), self.number(file)) {
            // Both exist: `possible` looked.
            let _ = self.disk.put_name(dir, name, number);
        }
    }

    fn take(&mut self, (dir, name): &Spot) {
        if let Some(dir) = self.number(*dir) {
            let _ = self.disk.take_name(dir, name);
        }
    }

    /// Bytes that were synced are there. Of the others, file by file: all, none, those before a cut, or (torn) all with
    /// a page of zeroes.
    fn write_bytes(&mut self, records: &[Record], model: CrashModel, page: usize, choose: Choose<'_>) {
        let mut fates: HashMap<Serial, Fate> = HashMap::new();
        for record in records {
            match &record.change {
                Change::Write { file, at, bytes } if record.durable => {
                    self.content(*file, |content| content.write(*at, bytes));
                }
                Change::Write { file, at, bytes } if self.number(*file).is_some() => {
                    let fate = *fates.entry(*file).or_insert_with(|| Fate::choose(model, page, choose));
                    fate.write(*at, bytes, page, |at, bytes| {
                        self.content(*file, |content| content.write(at, bytes));
                    });
                }
                _ => {}
            }
        }
    }

    fn content(&mut self, file: Serial, act: impl FnOnce(&mut super::inode::Content)) {
        if let Some(Inode { node: Node::File(content), .. }) = self.inode(file) {
            act(content);
        }
    }

    /// What has no name is gone.
    fn finish(mut self) -> Disk {
        for slot in &mut self.disk.inodes {
            if slot.as_ref().is_some_and(|inode| inode.links == 0) {
                *slot = None;
            }
        }
        self.disk.settle();
        self.disk
    }
}

/// What became of the bytes of one file that were not synced.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Whole,
    Missing,
    /// Nothing from this offset on.
    CutAt(usize),
    /// Zeroes in this page.
    ZeroPage(usize),
}

/// Files of a simulated run have at most this many pages that are worth cutting.
const PAGES: usize = 6;

impl Fate {
    fn choose(model: CrashModel, page: usize, choose: Choose<'_>) -> Self {
        let kinds = if model == CrashModel::Torn { 4 } else { 3 };
        match choose(kinds) {
            0 => Self::Whole,
            1 => Self::Missing,
            2 => Self::CutAt(page * (1 + choose(PAGES))),
            _ => Self::ZeroPage(choose(PAGES)),
        }
    }

    fn write(self, at: usize, bytes: &[u8], page: usize, mut write: impl FnMut(usize, &[u8])) {
        match self {
            Self::Whole => write(at, bytes),
            Self::Missing => {}
            Self::CutAt(cut) if cut <= at => {}
            Self::CutAt(cut) => write(at, &bytes[..bytes.len().min(cut - at)]),
            Self::ZeroPage(zero) => {
                let zeroes = page * zero..page * (zero + 1);
                let torn: Vec<u8> = bytes
                    .iter()
                    .enumerate()
                    .map(|(offset, byte)| if zeroes.contains(&(at + offset)) { 0 } else { *byte })
                    .collect();
                write(at, &torn);
            }
        }
    }
}
