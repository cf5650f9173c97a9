//! Every change since the last moment when all was on disk, in order.

use std::sync::Arc;

use tagcache_fs::Time;

use super::dir::Name;
use super::inode::{Node, Number, Serial};

/// A place in the tree: a name in a directory.
pub(crate) type Spot = (Serial, Name);

#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A new inode and its first name.
    New {
        spot: Spot,
        file: Serial,
        number: Number,
        node: Node,
        mode: u32,
        time: Time,
    },
    /// One more name.
    Link {
        spot: Spot,
        file: Serial,
    },
    /// One name less.
    Unlink {
        spot: Spot,
        file: Serial,
    },
    /// A name moves, and may take the place of another file.
    Rename {
        from: Spot,
        to: Spot,
        file: Serial,
        replaced: Option<Serial>,
    },
    Mtime {
        file: Serial,
        time: Time,
    },
    Mode {
        file: Serial,
        mode: u32,
    },
    /// Bytes.
    Write {
        file: Serial,
        at: usize,
        bytes: Arc<[u8]>,
    },
}

impl Change {
    pub(crate) fn file(&self) -> Serial {
        match self {
            Self::New { file, .. }
            | Self::Link { file, .. }
            | Self::Unlink { file, .. }
            | Self::Rename { file, .. }
            | Self::Mtime { file, .. }
            | Self::Mode { file, .. }
            | Self::Write { file, .. } => *file,
        }
    }

    /// Whether an fsync of its file alone puts it on disk where no order is promised: its bytes and attributes, and none
    /// of its names.
    fn is_of_the_inode(&self) -> bool {
        matches!(self, Self::Mtime { .. } | Self::Mode { .. } | Self::Write { .. })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) change: Change,
    /// A power cut does not undo it.
    pub(crate) durable: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    pub(crate) records: Vec<Record>,
    /// Where there is one ordered journal: all metadata before this is on disk.
    pub(crate) floor: usize,
    /// Nobody will ask: the power stays on.
    pub(crate) is_off: bool,
}

impl Journal {
    pub(crate) fn note(&mut self, change: impl FnOnce() -> Change) {
        if !self.is_off {
            self.records.push(Record { change: change(), durable: false });
        }
    }

    /// fsync(2): in an ordered journal everything up to the newest change of the file; elsewhere the file itself.
    pub(crate) fn sync(&mut self, file: Serial, ordered: bool) {
        for (index, record) in self.records.iter_mut().enumerate() {
            if record.change.file() != file {
                continue;
            }
            if record.change.is_of_the_inode() {
                record.durable = true;
            }
            if ordered {
                self.floor = self.floor.max(index + 1);
            }
        }
    }

    /// syncfs(2).
    pub(crate) fn sync_all(&mut self) {
        for record in &mut self.records {
            record.durable = true;
        }
        self.floor = self.records.len();
    }
}
