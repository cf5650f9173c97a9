//! Open file descriptions: who has which inode open, where it reads, and what it may do.

use super::dir::{Place, Turn};
use super::inode::Number;

/// The index of an open file description.
pub(crate) type HandleId = u32;

#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) number: Number,
    /// The process that opened it: its death closes it.
    pub(crate) process: u8,
    /// How many descriptors stand for it: dup(2) makes more.
    pub(crate) descriptors: u32,
    pub(crate) position: usize,
    pub(crate) append: bool,
    /// `O_NOATIME`: reading leaves the access time alone.
    pub(crate) quiet: bool,
    pub(crate) writable: bool,
    /// The last name that was read from a directory.
    pub(crate) place: Option<Place>,
    /// When it was opened, as far as names of a directory are concerned; the end of time, where that does not matter.
    pub(crate) turn: Turn,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Handles {
    slots: Vec<Option<Handle>>,
    free: Vec<HandleId>,
}

impl Handles {
    pub(crate) fn add(&mut self, handle: Handle) -> HandleId {
        if let Some(id) = self.free.pop() {
            self.slots[id as usize] = Some(handle);
            return id;
        }
        self.slots.push(Some(handle));
        u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, id: HandleId) -> Option<&Handle> {
        self.slots.get(id as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: HandleId) -> Option<&mut Handle> {
        self.slots.get_mut(id as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, id: HandleId) -> Option<Handle> {
        let handle = self.slots.get_mut(id as usize)?.take();
        if handle.is_some() {
            self.free.push(id);
        }
        handle
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Handle> {
        self.slots.iter().flatten()
    }

    /// The open files of a process.
    pub(crate) fn of(&self, process: u8) -> Vec<HandleId> {
        let ids = 0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        ids.filter(|id| self.get(*id).is_some_and(|handle| handle.process == process)).collect()
    }
}
