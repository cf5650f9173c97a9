//! One side: a ground, its root, what is open on it, and how it answers a call.

use std::path::Path as OsPath;

use tagcache_fs::sys::{DirBatch, FileKind, Result};

use crate::call::{Base, Call, DIR_MODES, FILE_MODES, SLOTS, Slot, moment};
use crate::ground::Ground;

/// What a call gives back.
pub(crate) type Answer = Result<Vec<u8>>;

/// A system, and what a sequence has open there.
pub(crate) struct Side<G: Ground> {
    pub(crate) ground: G,
    pub(crate) root: G::File,
    pub(crate) slots: [Option<G::File>; SLOTS],
}

const BYTES: &[u8] = b"bytes";

impl<G: Ground> Side<G> {
    pub(crate) fn new(ground: G, path: &OsPath) -> Result<Self> {
        let root = ground.open_root(path)?;
        Ok(Self { ground, root, slots: Default::default() })
    }

    fn base(&self, base: Base) -> &G::File {
        base.and_then(|slot| self.slots[slot].as_ref()).unwrap_or(&self.root)
    }

    /// Makes a call. One on an empty slot is none.
    pub(crate) fn make(&mut self, call: Call) -> Answer {
        let done = |()| Vec::new();
        let ground = &self.ground;
        match call {
            Call::Open(base, path, mode, slot) => {
                let file = ground.open(self.base(base), path.get(), mode)?;
                self.slots[slot] = Some(file);
                Ok(Vec::new())
            }
            Call::Duplicate(slot, to) => {
                if let Some(file) = &self.slots[slot] {
                    self.slots[to] = Some(ground.duplicate(file)?);
                }
                Ok(Vec::new())
            }
            Call::Close(slot) => {
                self.slots[slot] = None;
                Ok(Vec::new())
            }
            Call::Link(base, from, to) => ground.link(self.base(base), from.get(), to.get()).map(done),
            Call::Rename(base, from, to, replace) => {
                ground.rename(self.base(base), from.get(), to.get(), replace).map(done)
            }
            Call::Unlink(base, path) => ground.unlink(self.base(base), path.get()).map(done),
            Call::MakeDir(base, path) => ground.make_dir(self.base(base), path.get()).map(done),
            Call::RemoveDir(base, path) => ground.remove_dir(self.base(base), path.get()).map(done),
            Call::Plant(base, path, what) => ground.plant(self.base(base), path.get(), what).map(done),
            Call::Read(slot, _)
            | Call::ReadAt(slot, _)
            | Call::Write(slot, _)
            | Call::Allocate(slot, _)
            | Call::SetMtime(slot, _)
            | Call::SetAtime(slot, _)
            | Call::SetBeforeEpoch(slot, _)
            | Call::SetMode(slot, _)
            | Call::List(slot)
            | Call::Lock(slot) => self.use_file(slot, call),
        }
    }

    fn use_file(&self, slot: Slot, call: Call) -> Answer {
        let Some(file) = &self.slots[slot] else { return Ok(Vec::new()) };
        let (ground, kind) = (&self.ground, self.ground.stat(file)?.kind);
        let mut bytes = Vec::new();
        match call {
            // What runs through a FIFO is not simulated: a cache looks what it opened before it reads.
            Call::Read(..) | Call::ReadAt(..) | Call::Write(..) | Call::Allocate(..)
                if kind == FileKind::Other => {}
            Call::Read(_, limit) => drop(ground.read(file, &mut bytes, limit)?),
            Call::ReadAt(_, offset) => drop(ground.read_at(file, offset, &mut bytes, BYTES.len())?),
            Call::Write(_, len) => bytes = ground.write(file, &BYTES[..len])?.to_string().into_bytes(),
            Call::Allocate(_, len) => ground.allocate(file, len)?,
            Call::SetMtime(_, index) => ground.set_mtime(file, moment(index))?,
            Call::SetAtime(_, index) => ground.set_atime(file, moment(index))?,
            Call::SetBeforeEpoch(_, secs) => ground.set_before_epoch(file, secs)?,
            Call::SetMode(_, index) => {
                let modes = if kind == FileKind::Dir { DIR_MODES } else { FILE_MODES };
                ground.set_mode(file, modes[index % modes.len()])?;
            }
            Call::List(_) => self.read_to_the_end(file)?,
            Call::Lock(_) => ground.try_lock(file)?,
            _ => {}
        }
        Ok(bytes)
    }

    /// Which names come depends on where the reading stood, and that is not comparable: only whether it can be read.
    fn read_to_the_end(&self, dir: &G::File) -> Result<()> {
        let mut batch = DirBatch::new();
        loop {
            self.ground.read_dir(dir, &mut batch)?;
            if batch.is_empty() {
                return Ok(());
            }
        }
    }
}

/// An answer, for people.
pub(crate) fn show(answer: &Answer) -> String {
    match answer {
        Ok(bytes) if bytes.is_empty() => "ok".into(),
        Ok(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Err(errno) => format!("{errno:?}"),
    }
}
