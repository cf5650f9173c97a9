//! For whoever asks what is wrong with a tree: its tag links one by one, and whether a name stands for what it should.

use super::lock::SweepLock;
use crate::entry::Entry;
use crate::error::Error;
use crate::meta::POISON;
use crate::name::{Key, LinkName, RelPath, Tag};
use crate::root::Root;
use crate::sys::{Errno, FileKind, Sys};
use crate::walk::{ForeignPath, Met, is_tag_folder};

/// Something met where tag links lie.
#[allow(clippy::large_enum_variant)] // as for `Found`
#[derive(Debug)]
pub enum MetLink<S: Sys> {
    /// A link that leads to the inode that its name says: what it says, and the file, opened by it.
    Link(LinkName, Entry<S>),
    /// A name that is none of ours, or a link to another inode than it says.
    Foreign(ForeignPath),
    /// A link that cannot be opened.
    Unreadable(Error),
}

impl<S: Sys> Root<S> {
    /// Visits every tag link, in no order, each open, and whatever foreign lies between.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn each_tag_link(&self, visit: &mut dyn FnMut(MetLink<S>)) -> Result<(), Error> {
        self.each_name::<Error>(&mut |tag, item| {
            match item.kind {
                FileKind::Dir if is_tag_folder(&item) => self.each_link_below(&tag, visit)?,
                // A folder's name on what is neither folder nor file: no walk over entries stops at it.
                _ if is_tag_folder(&item) => visit(MetLink::Foreign(ForeignPath::new(tag))),
                _ => {}
            }
            Ok(())
        })
    }

    fn each_link_below(&self, tag: &RelPath, visit: &mut dyn FnMut(MetLink<S>)) -> Result<(), Error> {
        self.each_name_below_tag::<Error>(tag, &mut |path, link| {
            let Some(link) = link else {
                visit(MetLink::Foreign(ForeignPath::new(path)));
                return Ok(());
            };
            match self.meet(&path, Some(link.ino)) {
                Some(Met::Entry(entry)) => visit(MetLink::Link(link, entry)),
                Some(Met::Foreign(path)) => visit(MetLink::Foreign(path)),
                Some(Met::Unreadable(error)) => visit(MetLink::Unreadable(error)),
                None => {}
            }
            Ok(())
        })
    }

    /// Whether the link of an entry under one of its tags is where it belongs; `links` is the number that it was published
    /// with.
    ///
    /// # Errors
    /// When fstatat(2) fails for another reason than a missing name.
    pub fn has_link(&self, entry: &Entry<S>, tag: &Tag, links: u64) -> Result<bool, Error> {
        let (dev, ino) = entry.meta().id;
        let path = tag.link_path(LinkName { links, ino }, self.layout());
        match self.sys().stat_at(self.dir(), path.as_c_str()) {
            Ok(stat) => Ok((stat.dev, stat.ino) == (dev, ino)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.failed("stat", path.as_c_str())(errno)),
        }
    }

    /// Whether nobody is at work on the file that was met by a link: a writer holds a lock on what is being born. `false`
    /// also when the name is gone, or stands for another file.
    ///
    /// # Errors
    /// When the file can be neither opened nor locked.
    pub fn is_at_rest(&self, entry: &Entry<S>) -> Result<bool, Error> {
        self.at_rest(entry).map(|found| found.is_some())
    }

    /// Poisons the file that was met by a link, and removes that link; whoever is at work on the file is left alone.
    /// Whether the link went.
    ///
    /// # Errors
    /// When the file can be neither opened nor locked nor poisoned, or the name cannot be removed.
    pub fn remove_link(&self, lock: &SweepLock<S>, entry: &Entry<S>) -> Result<bool, Error> {
        let Some((path, file)) = self.at_rest(entry)? else { return Ok(false) };
        if lock.only_counts() {
            return Ok(true);
        }
        self.sys().set_mtime(&file, POISON).map_err(self.failed("poison", path.as_c_str()))?;
        self.unlink_swept(&path)
    }

    /// The file at the path of an entry, under its lock.
    fn at_rest(&self, entry: &Entry<S>) -> Result<Option<(RelPath, S::File)>, Error> {
        let Some(path) = RelPath::join(&[entry.path().to_bytes()]) else { return Ok(None) };
        let Some((file, _)) = self.open_swept(&path)? else { return Ok(None) };
        let Some((file, stat)) = self.lock_open(&path, file)? else { return Ok(None) };
        Ok(((stat.dev, stat.ino) == entry.meta().id).then_some((path, file)))
    }
}

impl<S: Sys> Entry<S> {
    /// Whether it was opened by the name that this key has.
    #[must_use]
    pub fn is_entry_of(&self, key: &Key) -> bool {
        key.rel_path(self.root().layout()).as_c_str() == self.path()
    }

    /// Whether it was opened by its link under this tag; `links` is the number that it was published with.
    #[must_use]
    pub fn is_link_of(&self, tag: &Tag, links: u64) -> bool {
        let link = LinkName { links, ino: self.meta().id.1 };
        tag.link_path(link, self.root().layout()).as_c_str() == self.path()
    }
}
