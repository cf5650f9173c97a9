//! The layer between a process of the workload and the kernel: another boot after each cut, a line in the record when
//! a put has taken its place in the log, and barriers that do nothing, to show that the check can fail.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tagcache::fs::Errno;
use tagcache::fs::sys::{FsKind, Result};
use tagcache_testkit::{At, Call, Layer};

use crate::record::{Line, Recorder};
use crate::value::Author;

/// A mistake that the check must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// Nobody waits for the disk: every fsync and syncfs answers at once.
    Barrier,
    /// No barrier when an invalidation found nothing to remove.
    Empty,
    /// Every filesystem is taken for one with an ordered journal: the log is synced, and nothing else.
    Order,
}

impl Break {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Barrier, Self::Empty, Self::Order];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Barrier => "barrier",
            Self::Empty => "empty",
            Self::Order => "order",
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One process in one boot. It makes its calls one after the other.
#[derive(Debug)]
pub struct Power {
    boot: u64,
    broken: Option<Break>,
    writer: Option<(u32, Recorder)>,
    step: AtomicU64,
    /// Whether a name was removed since the last line in the log, and before that since the one before.
    removed: AtomicBool,
    removed_before: AtomicBool,
}

impl Power {
    /// A process that only looks.
    #[must_use]
    pub fn reader(boot: u64) -> Self {
        let (step, removed, removed_before) = Default::default();
        Self { boot, broken: None, writer: None, step, removed, removed_before }
    }

    /// A process that writes to the record.
    #[must_use]
    pub fn writer(boot: u64, broken: Option<Break>, writer: u32, recorder: &Recorder) -> Self {
        Self { broken, writer: Some((writer, recorder.clone())), ..Self::reader(boot) }
    }

    /// The next call of this process gets a number, which its lines in the record bear.
    pub fn next_step(&self) -> u64 {
        self.step.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn note_mark(&self) {
        if let Some((writer, recorder)) = &self.writer {
            let author = Author { writer: *writer, step: self.step.load(Ordering::Relaxed) };
            // A line that cannot be written makes the check milder, never wrong.
            let _ = recorder.write(&Line::Marked(author));
        }
    }

    fn skips(&self, at: &At<'_>) -> bool {
        match (self.broken, at.call) {
            (Some(Break::Barrier), Call::Sync | Call::SyncFs) => true,
            // The record "done" lies between the last removal and the fsync of the log.
            (Some(Break::Empty), Call::Sync) if is_log(at) => !self.removed_before.load(Ordering::Relaxed),
            (Some(Break::Empty), Call::SyncFs) => !self.removed.load(Ordering::Relaxed),
            _ => false,
        }
    }
}

impl Layer for Power {
    fn before(&self, at: &At<'_>) -> Result<()> {
        match at.call {
            // The draft of an entry begins with the digest of its key; a new log and a probe have other names.
            Call::Create if is_draft(at) => self.note_mark(),
            Call::Write if is_log(at) => {
                let removed = self.removed.swap(false, Ordering::Relaxed);
                self.removed_before.store(removed, Ordering::Relaxed);
            }
            Call::Unlink => self.removed.store(true, Ordering::Relaxed),
            _ => {}
        }
        // Answered by `answer`, without the kernel.
        if self.skips(at) { Err(Errno::IO) } else { Ok(()) }
    }

    fn answer(&self, at: &At<'_>, outcome: Result<()>) -> Result<()> {
        if self.skips(at) { Ok(()) } else { outcome }
    }

    fn fs_kind(&self, kind: FsKind) -> FsKind {
        match self.broken {
            Some(Break::Order) => FsKind::Journaled,
            _ => kind,
        }
    }

    fn boot_id(&self, _below: &dyn Fn() -> [u8; 16]) -> [u8; 16] {
        let mut id = [0xb0; 16];
        id[..8].copy_from_slice(&self.boot.to_le_bytes());
        id
    }
}

fn is_log(at: &At<'_>) -> bool {
    at.path.to_bytes() == b"log"
}

fn is_draft(at: &At<'_>) -> bool {
    let name = at.path.to_bytes().strip_prefix(b"tmp/").unwrap_or_default();
    name.get(32) == Some(&b'.')
}
