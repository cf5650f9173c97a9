//! What lies behind a name: a file with its bytes, a directory with its names, or something of somebody else.

use std::sync::Arc;
use std::time::Duration;

use tagcache_fs::Time;
use tagcache_fs::sys::{FileKind, Stat};

use super::dir::Dir;
use super::handle::HandleId;

/// The number that `stat` shows. The lowest free one is given to a new inode, as ext4 does.
pub(crate) type Number = u64;

/// The identity of an inode, never given twice: what tells two files apart that had the same number.
pub(crate) type Serial = u32;

pub(crate) const DEVICE: u64 = 8;

/// The bytes of a file. What a template holds is shared, what a run appends is its own: a log of a megabyte costs
/// nothing to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    base: Arc<Vec<u8>>,
    tail: Vec<u8>,
}

impl Content {
    pub(crate) fn len(&self) -> usize {
        self.base.len() + self.tail.len()
    }

    /// Replaces what lies at `at`, and fills a gap before it with zeroes.
    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        if at < self.base.len() {
            let mut all = self.base.as_ref().clone();
            all.append(&mut self.tail);
            (self.base, self.tail) = (Arc::default(), all);
        }
        let at = at - self.base.len();
        let end = at + bytes.len();
        if self.tail.len() < end {
            self.tail.resize(end, 0);
        }
        self.tail[at..end].copy_from_slice(bytes);
    }

    pub(crate) fn grow(&mut self, len: usize) {
        if self.len() < len {
            self.tail.resize(len - self.base.len(), 0);
        }
    }

    pub(crate) fn read(&self, at: usize, limit: usize, into: &mut Vec<u8>) -> usize {
        let end = at.saturating_add(limit).min(self.len());
        let before = into.len();
        if at < self.base.len() {
            into.extend_from_slice(&self.base[at..end.min(self.base.len())]);
        }
        let (from, to) = (at.saturating_sub(self.base.len()), end.saturating_sub(self.base.len()));
        into.extend_from_slice(self.tail.get(from..to).unwrap_or_default());
        into.len() - before
    }

    /// All bytes; short for every file but a log made large on purpose.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len());
        self.read(0, self.len(), &mut bytes);
        bytes
    }

    /// What a run can have changed, for the hash of a state.
    pub(crate) fn changing(&self) -> (usize, &[u8]) {
        (self.base.len(), &self.tail)
    }

    /// Shares what is there with every later copy.
    pub(crate) fn settle(&mut self) {
        if !self.tail.is_empty() {
            *self = Self { base: Arc::new(self.to_vec()), tail: Vec::new() };
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    File(Content),
    Dir(Dir),
    Other(Special),
}

/// What is neither: nothing of a cache, and planted there by somebody else.
#[derive(Clone, Debug)]
pub enum Special {
    /// A symbolic link with this path, in which `..` means nothing; `/` is the top of the device.
    Link(Arc<[u8]>),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

impl Node {
    pub(crate) fn kind(&self) -> FileKind {
        match self {
            Self::File(_) => FileKind::File,
            Self::Dir(_) => FileKind::Dir,
            Self::Other(_) => FileKind::Other,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) serial: Serial,
    pub(crate) node: Node,
    /// Names. A directory has one; `stat` adds what Unix adds.
    pub(crate) links: u32,
    /// Open file descriptions.
    pub(crate) opens: u32,
    /// Who holds flock(2).
    pub(crate) lock: Option<HandleId>,
    pub(crate) mtime: Time,
    pub(crate) atime: Time,
    pub(crate) ctime: Time,
    pub(crate) mode: u32,
}

impl Inode {
    pub(crate) fn new(serial: Serial, node: Node, mode: u32, now: Time) -> Self {
        let (mtime, atime, ctime) = (now, now, now);
        Self { serial, node, links: 0, opens: 0, lock: None, mtime, atime, ctime, mode }
    }

    /// Whether reading moves the access time, as filesystems are mounted by default (`relatime`): not when it was read
    /// since it was changed, but once a day.
    pub(crate) fn is_read_anew(&self, now: Time) -> bool {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        self.atime <= self.mtime.max(self.ctime) || now.since(self.atime) >= DAY
    }

    pub(crate) fn stat(&self, number: Number) -> Stat {
        let (nlink, size) = match &self.node {
            Node::File(content) => (u64::from(self.links), content.len() as u64),
            // A directory counts itself and the parent reference of each directory in it.
            Node::Dir(dir) if self.links > 0 => (2 + dir.folders(), 4096),
            Node::Dir(_) => (0, 4096),
            Node::Other(Special::Link(target)) => (u64::from(self.links), target.len() as u64),
            Node::Other(_) => (u64::from(self.links), 0),
        };
        Stat {
            dev: DEVICE,
            ino: number,
            nlink,
            size,
            mtime: self.mtime,
            atime: self.atime,
            ctime: self.ctime,
            mode: self.mode,
            kind: self.node.kind(),
            allocated: size.next_multiple_of(512),
        }
    }
}
