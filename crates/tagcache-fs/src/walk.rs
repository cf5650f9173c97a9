//! Reading the tree: folders by their open descriptors, names in batches, nothing kept.

mod listing;

use std::ffi::CStr;
use std::fmt;

use crate::entry::{Entry, Found};
use crate::error::Error;
use crate::name::{DATA, LinkName, RelPath};
use crate::root::Root;
use crate::sys::{DirItem, Errno, FileKind, OpenMode, Sys};

pub(crate) use listing::Listing;

/// Something met on a walk through `data/`.
#[allow(clippy::large_enum_variant)] // as for `Found`
#[derive(Debug)]
pub enum Met<S: Sys> {
    /// An entry, open.
    Entry(Entry<S>),
    /// A name that is none of ours, relative to the root: it was neither opened nor followed.
    Foreign(ForeignPath),
    /// An entry or a folder that cannot be opened or read: the environment says no.
    Unreadable(Error),
}

/// The path of something foreign, relative to the root.
#[derive(Clone, Copy)]
pub struct ForeignPath(RelPath);

impl ForeignPath {
    pub(crate) fn new(path: RelPath) -> Self {
        Self(path)
    }

    /// The path.
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        self.0.as_c_str()
    }
}

impl fmt::Debug for ForeignPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A folder of tag links met on a walk: `tag:<hex>` in its shard.
pub(crate) struct TagFolder {
    pub(crate) path: RelPath,
}

impl<S: Sys> Root<S> {
    /// Visits every entry, in no order, and whatever foreign lies between. What is published or removed meanwhile may be
    /// met or not.
    ///
    /// ```
    /// # use tagcache_fs::{Error, Met, Root};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let mut bytes = 0;
    /// root.each_entry::<Error>(&mut |met| {
    ///     if let Met::Entry(entry) = met {
    ///         bytes += entry.meta().size;
    ///     }
    ///     Ok(())
    /// })?;
    /// assert_eq!(bytes, 0, "nothing was stored yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a folder cannot be read; and what `visit` answers.
    pub fn each_entry<E: From<Error>>(
        &self,
        visit: &mut dyn FnMut(Met<S>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_name(&mut |path, item| {
            if is_tag_folder(&item) {
                return Ok(());
            }
            if !is_entry(&item) {
                return visit(Met::Foreign(ForeignPath(path)));
            }
            self.meet(&path, None).map_or(Ok(()), &mut *visit)
        })
    }

    /// Opens what has the name of an entry or, with the inode number that its name says, of a link; `None` when it is gone.
    pub(crate) fn meet(&self, path: &RelPath, ino: Option<u64>) -> Option<Met<S>> {
        match self.entry_at(path) {
            Ok(Found::Entry(entry)) if ino.is_none_or(|ino| ino == entry.meta().id.1) => {
                Some(Met::Entry(entry))
            }
            Ok(Found::Entry(_) | Found::NotAFile) => Some(Met::Foreign(ForeignPath(*path))),
            Ok(Found::Absent) => None,
            Err(error) => Some(Met::Unreadable(error)),
        }
    }

    /// Visits the folder of every tag.
    pub(crate) fn each_tag_folder(
        &self,
        visit: &mut dyn FnMut(TagFolder) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_name(&mut |path, item| {
            if item.kind == FileKind::Dir && is_tag_folder(&item) {
                visit(TagFolder { path })
            } else {
                Ok(())
            }
        })
    }

    /// Visits every name in every shard: the level of entries and tag folders.
    pub(crate) fn each_name<E: From<Error>>(
        &self,
        visit: &mut dyn FnMut(RelPath, DirItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let data = RelPath::join(&[DATA.to_bytes()]).unwrap_or(RelPath::new());
        let is_split = self.layout().shard_levels() > 1;
        self.each_item(&data, &mut |outer, item| {
            if !is_shard(&item) {
                return visit(outer, item);
            }
            if !is_split {
                return self.each_item(&outer, &mut *visit);
            }
            self.each_item(&outer, &mut |inner, item| {
                if !is_shard(&item) {
                    return visit(inner, item);
                }
                self.each_item(&inner, &mut *visit)
            })
        })
    }

    /// Visits every name where the links of a tag lie: the link that it is, or `None` for what is none of ours.
    pub(crate) fn each_name_below_tag<E: From<Error>>(
        &self,
        tag: &RelPath,
        visit: &mut dyn FnMut(RelPath, Option<LinkName>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.layout().has_buckets() {
            return self.each_item(tag, &mut |path, item| visit(path, link_name(&item)));
        }
        self.each_item(tag, &mut |bucket, item| {
            if !is_bucket(&item) {
                return visit(bucket, None);
            }
            self.each_item(&bucket, &mut |path, item| visit(path, link_name(&item)))
        })
    }

    /// Visits the names of one folder; a folder that is gone has none, and one that is no folder neither.
    pub(crate) fn each_item<E: From<Error>>(
        &self,
        folder: &RelPath,
        visit: &mut dyn FnMut(RelPath, DirItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.open_folder(folder)? {
            Some(dir) => self.each_item_of(dir, folder, visit),
            None => Ok(()),
        }
    }

    /// Visits the names of a folder that is open. Each comes with its kind.
    pub(crate) fn each_item_of<E: From<Error>>(
        &self,
        dir: S::File,
        folder: &RelPath,
        visit: &mut dyn FnMut(RelPath, DirItem<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut listing = Listing::new(dir, *folder);
        while let Some((path, item)) = listing.next(self)? {
            visit(path, item)?;
        }
        Ok(())
    }

    /// Opens a folder of the tree: `None` when it is gone, or when something else has its name.
    pub(crate) fn open_folder(&self, folder: &RelPath) -> Result<Option<S::File>, Error> {
        match self.sys().open(self.dir(), folder.as_c_str(), OpenMode::Dir) {
            Ok(dir) => Ok(Some(dir)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) if errno.is_foreign_object() => Ok(None),
            Err(errno) => Err(self.failed("open", folder.as_c_str())(errno)),
        }
    }
}

/// `key:…`, `key~…`, `tag:…` or `tag~…`.
fn is_name(name: &[u8], kind: &[u8]) -> bool {
    name.strip_prefix(kind).and_then(<[u8]>::first).is_some_and(|mark| matches!(mark, b':' | b'~'))
}

/// Whether a name in a shard is that of an entry.
pub(crate) fn is_entry(item: &DirItem<'_>) -> bool {
    item.kind == FileKind::File && is_name(item.name.to_bytes(), b"key")
}

/// Whether a name in a shard is that of a tag's folder. One with such a name that is no folder, and no file either, is as
/// little of an entry.
pub(crate) fn is_tag_folder(item: &DirItem<'_>) -> bool {
    item.kind != FileKind::File && is_name(item.name.to_bytes(), b"tag")
}

/// Two hex digits, and a folder.
pub(crate) fn is_shard(item: &DirItem<'_>) -> bool {
    item.kind == FileKind::Dir
        && matches!(item.name.to_bytes(), [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Whether a name below a tag's folder is a bucket.
pub(crate) fn is_bucket(item: &DirItem<'_>) -> bool {
    item.kind == FileKind::Dir && item.name.to_bytes().len() == 2
}

/// Whether a name in a bucket is a tag link.
pub(crate) fn link_name(item: &DirItem<'_>) -> Option<LinkName> {
    if item.kind == FileKind::File { LinkName::parse(item.name.to_bytes()) } else { None }
}
