//! Names in a directory, in an order that has nothing to do with when they were made.
//!
//! A directory is read in batches, and names come and go in between. What is there from the first batch to the last is
//! returned exactly once; what is added or removed meanwhile may be returned or not, as its place in the order has it, or
//! as btrfs has it, where a name that was added after the directory was opened is not returned.

use std::sync::Arc;

use super::inode::Number;

pub(crate) type Name = Arc<[u8]>;

/// How many names a directory had taken at a moment.
pub(crate) type Turn = u64;

/// The place of a name in the order, by a hash, as ext4 has it.
pub(crate) type Place = (u64, Name);

#[derive(Clone, Debug)]
pub(crate) struct Item {
    place: u64,
    pub(crate) name: Name,
    pub(crate) number: Number,
    pub(crate) is_dir: bool,
    made: Turn,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    items: Vec<Item>,
    /// Turns the order into another one, so that a run may meet the names in any.
    salt: u64,
    turn: Turn,
}

impl Dir {
    pub(crate) fn new(salt: u64) -> Self {
        Self { items: Vec::new(), salt, turn: 0 }
    }

    pub(crate) fn turn(&self) -> Turn {
        self.turn
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<Number> {
        self.index(name).ok().map(|index| self.items[index].number)
    }

    pub(crate) fn insert(&mut self, name: Name, number: Number, is_dir: bool) {
        if let Err(index) = self.index(&name) {
            self.turn += 1;
            let (place, made) = (self.place(&name), self.turn);
            self.items.insert(index, Item { place, name, number, is_dir, made });
        }
    }

    pub(crate) fn remove(&mut self, name: &[u8]) -> Option<Number> {
        let index = self.index(name).ok()?;
        Some(self.items.remove(index).number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn folders(&self) -> u64 {
        self.items.iter().filter(|item| item.is_dir).count() as u64
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }

    /// The names after a place that were there at that turn.
    pub(crate) fn after(&self, place: Option<&Place>, last: Turn) -> impl Iterator<Item = &Item> {
        let start = match place {
            None => 0,
            Some((place, name)) => {
                self.items.partition_point(|item| (item.place, &item.name) <= (*place, name))
            }
        };
        self.items[start..].iter().filter(move |item| item.made <= last)
    }

    /// The names that were not there yet at that turn.
    pub(crate) fn later(&self, turn: Turn) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.made > turn)
    }

    fn index(&self, name: &[u8]) -> Result<usize, usize> {
        let place = self.place(name);
        self.items.binary_search_by(|item| (item.place, &*item.name).cmp(&(place, name)))
    }

    /// FNV-1a.
    fn place(&self, name: &[u8]) -> u64 {
        name.iter().fold(0xcbf2_9ce4_8422_2325 ^ self.salt, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

impl Item {
    pub(crate) fn at(&self) -> Place {
        (self.place, Arc::clone(&self.name))
    }
}
