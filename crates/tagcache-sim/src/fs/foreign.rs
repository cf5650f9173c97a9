//! What programs outside of the cache do to its files.

use tagcache_fs::sys::{Errno, Result, Stat};

use super::dir::{Dir, Name};
use super::inode::{Content, Node, Number, Special};
use super::{Disk, TOP};
use crate::body::is_entry;
use crate::program::Planted;

const PREFIX: &[u8] = b"backup-";
const VICTIM: &[u8] = b"victim";

impl Disk {
    /// The inodes that a backup may give one more name: entries and drafts.
    pub(crate) fn files_to_back_up(&self) -> Vec<Number> {
        let victim = self.resolve(TOP, VICTIM).ok();
        let files = self.inodes().filter(|(number, inode)| {
            let ours = inode.links > 0 && victim != Some(*number);
            let body = matches!(inode.node, Node::File(_)) && ours;
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

    /// Something that is none of the cache's takes a place in its tree, if there is a folder for it.
    pub(crate) fn put_in_the_way(&mut self, path: &[u8], planted: Planted) -> Result<()> {
        let (parent, name) = self.parent(TOP, path)?;
        if let Some(old) = self.dir(parent)?.find(&name) {
            if self.dir(old).is_ok_and(|dir| !dir.is_empty()) {
                return Err(Errno::NOTEMPTY);
            }
            self.remove(parent, name)?;
        }
        let node = match planted {
            Planted::Link => Node::Other(Special::Link([b"/", VICTIM].concat().into())),
            Planted::Fifo | Planted::FifoAsTag => Node::Other(Special::Fifo),
            Planted::Dir => Node::Dir(Dir::new(self.traits.salt)),
        };
        self.create(TOP, path, node, 0o700).map(|_| ())
    }

    /// A file outside of the root, for a link to lead to.
    pub(crate) fn make_victim(&mut self, bytes: &[u8]) {
        let mut content = Content::default();
        content.write(0, bytes);
        // The top of the device has room.
        let _ = self.create(TOP, VICTIM, Node::File(content), 0o600);
    }

    /// What the file outside says of itself: nobody may touch it.
    pub(crate) fn victim(&self) -> Option<(Stat, Vec<u8>)> {
        let number = self.resolve(TOP, VICTIM).ok()?;
        Some((self.inode(number)?.stat(number), self.bytes_of(number)?))
    }
}
