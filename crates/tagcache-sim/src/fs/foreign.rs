//! What programs outside of the cache do to its files.

use tagcache_fs::sys::{Errno, Result};

use super::dir::Name;
use super::inode::{Node, Number};
use super::{Disk, TOP};
use crate::body::is_entry;

const PREFIX: &[u8] = b"backup-";

impl Disk {
    /// The inodes that a backup may give one more name: entries and drafts.
    pub(crate) fn files_to_back_up(&self) -> Vec<Number> {
        let files = self.inodes().filter(|(number, inode)| {
            let body = matches!(inode.node, Node::File(_)) && inode.links > 0;
            body && self.first_bytes(*number).is_some_and(|bytes| is_entry(&bytes))
        });
        files.map(|(number, _)| number).collect()
    }

    pub(crate) fn back_up(&mut self, number: Number, name: &[u8]) -> Result<()> {
        self.link_number(number, TOP, Name::from(name))
    }

    pub(crate) fn drop_backup(&mut self) -> Result<()> {
        let dir = self.dir(TOP)?;
        let name = dir.iter().map(|item| &item.name).find(|name| name.starts_with(PREFIX)).cloned();
        self.remove(TOP, name.ok_or(Errno::NOENT)?)
    }
}
