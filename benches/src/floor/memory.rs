//! The floor of a hit in memory: a map, and an open file for each value.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ahash::RandomState;
use rustix::fs::fstat;
use rustix::io::Result;

use super::{READ, open_file};
use crate::Tree;

/// Values beside their open files, in a map which nobody changes any more, with the hash that the cache uses, too.
#[derive(Debug)]
pub struct Kept {
    /// The keys.
    pub keys: Vec<String>,
    map: HashMap<String, (OwnedFd, Arc<Vec<u8>>), RandomState>,
}

impl Kept {
    /// Everything that a tree holds.
    ///
    /// # Panics
    /// When an entry cannot be opened or read.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let dir = tree.open_dir();
        let keep = |(index, key): (usize, &String)| {
            let file = open_file(&dir, &tree.entry_path(index), READ).expect("an entry");
            let value = tree.cache.get::<Vec<u8>>(key).expect("get").expect("it was put");
            (key.clone(), (file, Arc::new(value.to_vec())))
        };
        Self { keys: tree.keys.clone(), map: tree.keys.iter().enumerate().map(keep).collect() }
    }

    /// A lookup, an fstat, and the value shared.
    ///
    /// # Errors
    /// What the call answers.
    pub fn get(&self, key: &str) -> Result<Option<Arc<Vec<u8>>>> {
        let Some((file, value)) = self.map.get(key) else { return Ok(None) };
        let stat = fstat(file)?;
        Ok((stat.st_nlink > 0).then(|| Arc::clone(value)))
    }
}
