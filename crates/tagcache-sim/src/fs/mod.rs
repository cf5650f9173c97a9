//! A filesystem in memory.
//!
//! Inodes with true link counts, open file descriptions that own locks, directory handles that outlive their names, and
//! a journal of every change, from which the states that a power cut may leave are made. Every call is atomic, as
//! it is under the locks of a kernel; what happens between two calls is for the scheduler.

mod dir;
mod files;
mod foreign;
mod handle;
mod inode;
mod journal;
mod look;
mod names;
mod recover;

use tagcache_fs::Time;
use tagcache_fs::sys::{Errno, FsKind, Result};

pub(crate) use handle::HandleId;
pub use inode::Special;
pub(crate) use inode::{Number, Serial};
pub use recover::CrashModel;

use dir::Dir;
use handle::{Handle, Handles};
use inode::{Inode, Node};
use journal::Journal;

/// How the filesystem behaves, where filesystems differ.
#[derive(Clone, Debug)]
pub struct Traits {
    /// What it promises about order.
    pub kind: FsKind,
    /// The last mtime that it can hold.
    pub mtime_max: Time,
    /// Times are multiples of this many nanoseconds.
    pub mtime_granularity: u64,
    /// Inodes are stamped with a clock that ticks: their times of change are multiples of this many nanoseconds.
    pub tick: u64,
    /// Whether reading a directory returns no name that was added after it was opened, as on btrfs.
    pub lists_as_of_open: bool,
    /// How many names one directory read returns at most.
    pub batch: usize,
    /// How many names one file may have.
    pub max_links: u32,
    /// Permission bits keep nobody out.
    pub superuser: bool,
    /// Whether a rename can refuse to replace.
    pub rename_noreplace: bool,
    /// The unit in which a power cut tears bytes.
    pub page: usize,
    /// Turns the order of names in directories.
    pub salt: u64,
}

impl Default for Traits {
    /// ext4, with small batches and pages, since what is stored here is small.
    fn default() -> Self {
        Self {
            kind: FsKind::Journaled,
            mtime_max: Time::from_parts(15_032_385_535, 0),
            mtime_granularity: 1,
            tick: 10_000_000,
            lists_as_of_open: false,
            batch: 2,
            max_links: 65_000,
            superuser: false,
            rename_noreplace: true,
            page: 16,
            salt: 0,
        }
    }
}

impl Traits {
    /// What becomes of a time that is set.
    fn holds(&self, time: Time) -> Time {
        let nanos = time.min(self.mtime_max).as_nanos();
        Time::from_nanos(nanos / self.mtime_granularity * self.mtime_granularity)
    }
}

/// The root directory of the device.
pub(crate) const TOP: Number = 2;
const TOP_SERIAL: Serial = 0;

#[derive(Clone, Debug)]
pub(crate) struct Disk {
    inodes: Vec<Option<Inode>>,
    handles: Handles,
    journal: Journal,
    next_serial: Serial,
    pub(crate) traits: Traits,
    pub(crate) now: Time,
}

impl Disk {
    pub(crate) fn new(traits: Traits, now: Time) -> Self {
        let mut disk = Self::bare(traits, now);
        let mut top = Inode::new(TOP_SERIAL, Node::Dir(Dir::new(disk.traits.salt)), 0o755, now);
        top.links = 1;
        disk.inodes[index(TOP)] = Some(top);
        disk
    }

    fn bare(traits: Traits, now: Time) -> Self {
        let inodes = vec![None; index(TOP) + 1];
        let (handles, journal) = (Handles::default(), Journal::default());
        Self { inodes, handles, journal, next_serial: TOP_SERIAL + 1, traits, now }
    }

    /// Everything is on disk, and cheap to copy from here on.
    pub(crate) fn settle(&mut self) {
        self.journal = Journal::default();
        for inode in self.inodes.iter_mut().flatten() {
            if let Node::File(content) = &mut inode.node {
                content.settle();
            }
        }
    }

    /// No power cut will come, so nobody will ask what was done.
    pub(crate) fn forget_changes(&mut self) {
        self.journal.is_off = true;
    }

    /// A process is gone: the kernel closes what it had open.
    pub(crate) fn close_all(&mut self, process: u8) {
        for id in self.handles.of(process) {
            if let Some(handle) = self.handles.get_mut(id) {
                handle.descriptors = 1;
            }
            self.close(id);
        }
    }

    /// dup(2): one more descriptor of the same open file.
    pub(crate) fn duplicate(&mut self, id: HandleId) -> Result<()> {
        self.handles.get_mut(id).ok_or(BADF)?.descriptors += 1;
        Ok(())
    }

    /// Closes a descriptor. With its last one an open file ends, and its lock; with the last of those a file without
    /// names.
    pub(crate) fn close(&mut self, id: HandleId) {
        if let Some(handle) = self.handles.get_mut(id) {
            handle.descriptors -= 1;
            if handle.descriptors > 0 {
                return;
            }
        }
        let Some(handle) = self.handles.remove(id) else { return };
        if let Some(inode) = self.inode_mut(handle.number) {
            inode.opens -= 1;
            if inode.lock == Some(id) {
                inode.lock = None;
            }
        }
        self.forget_if_unused(handle.number);
    }

    /// Whether closing it changes anything that another process can see: a lock, or an inode that becomes free.
    pub(crate) fn close_matters(&self, id: HandleId) -> bool {
        let last = self.handles.get(id).filter(|handle| handle.descriptors == 1);
        let inode = last.and_then(|handle| self.inode(handle.number));
        inode.is_some_and(|inode| inode.lock == Some(id) || (inode.links == 0 && inode.opens == 1))
    }

    pub(crate) fn inode(&self, number: Number) -> Option<&Inode> {
        self.inodes.get(index(number))?.as_ref()
    }

    fn inode_mut(&mut self, number: Number) -> Option<&mut Inode> {
        self.inodes.get_mut(index(number))?.as_mut()
    }

    /// The inodes in use.
    pub(crate) fn inodes(&self) -> impl Iterator<Item = (Number, &Inode)> {
        self.inodes.iter().enumerate().filter_map(|(index, inode)| Some((index as Number, inode.as_ref()?)))
    }

    fn handle(&self, id: HandleId) -> Result<&Handle> {
        self.handles.get(id).ok_or(BADF)
    }

    fn opened(&self, id: HandleId) -> Result<&Inode> {
        self.inode(self.handle(id)?.number).ok_or(BADF)
    }

    fn opened_mut(&mut self, id: HandleId) -> Result<&mut Inode> {
        let number = self.handle(id)?.number;
        self.inode_mut(number).ok_or(BADF)
    }

    /// The inode that a call changes. The time of that is the kernel's to set, and no call sets it back.
    fn changed(&mut self, number: Number) -> Result<&mut Inode> {
        let stamp = self.stamp();
        let inode = self.inode_mut(number).ok_or(BADF)?;
        inode.ctime = stamp;
        Ok(inode)
    }

    fn changed_by(&mut self, id: HandleId) -> Result<&mut Inode> {
        let number = self.handle(id)?.number;
        self.changed(number)
    }

    /// What the clock that stamps inodes shows: the time of its last tick.
    fn stamp(&self) -> Time {
        let unit = self.traits.tick.max(self.traits.mtime_granularity);
        Time::from_nanos(self.now.as_nanos() / unit * unit)
    }

    fn dir(&self, number: Number) -> Result<&Dir> {
        match &self.inode(number).ok_or(Errno::NOENT)?.node {
            Node::Dir(dir) => Ok(dir),
            Node::File(_) | Node::Other(_) => Err(Errno::NOTDIR),
        }
    }

    fn dir_mut(&mut self, number: Number) -> Result<&mut Dir> {
        match &mut self.inode_mut(number).ok_or(Errno::NOENT)?.node {
            Node::Dir(dir) => Ok(dir),
            Node::File(_) | Node::Other(_) => Err(Errno::NOTDIR),
        }
    }

    fn serial(&self, number: Number) -> Serial {
        self.inode(number).map_or(Serial::MAX, |inode| inode.serial)
    }

    /// Gives a new inode the lowest free number.
    fn add(&mut self, node: Node, mode: u32) -> Number {
        let inode = Inode::new(self.next_serial, node, mode, self.stamp());
        self.next_serial += 1;
        let free = self.inodes.iter().skip(index(TOP) + 1).position(Option::is_none);
        let number = free.map_or(self.inodes.len(), |free| free + index(TOP) + 1);
        self.put_inode(number as Number, inode);
        number as Number
    }

    fn put_inode(&mut self, number: Number, inode: Inode) {
        if self.inodes.len() <= index(number) {
            self.inodes.resize_with(index(number) + 1, || None);
        }
        self.inodes[index(number)] = Some(inode);
    }

    fn forget_if_unused(&mut self, number: Number) {
        if self.inode(number).is_some_and(|inode| inode.links == 0 && inode.opens == 0) {
            self.inodes[index(number)] = None;
        }
    }
}

/// A descriptor that is not open: only a mistake in this crate gives it.
const BADF: Errno = Errno::from_raw(9);

fn index(number: Number) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
