//! A folder that is being read, one name after the other.

use super::RelPath;
use crate::error::Error;
use crate::root::Root;
use crate::sys::{DirBatch, DirItem, Errno, FileKind, Sys};

/// An open folder, the names that were read from it last, and how far they were visited.
pub(crate) struct Listing<S: Sys> {
    dir: S::File,
    folder: RelPath,
    batch: DirBatch,
    next: usize,
}

impl<S: Sys> Listing<S> {
    pub(crate) fn new(dir: S::File, folder: RelPath) -> Self {
        Self { dir, folder, batch: DirBatch::new(), next: 0 }
    }

    /// The next name with its path and its kind; `None` at the end.
    pub(crate) fn next(&mut self, root: &Root<S>) -> Result<Option<(RelPath, DirItem<'_>)>, Error> {
        let (path, kind) = loop {
            let Some(item) = self.batch.get(self.next) else {
                if self.read_on(root)? {
                    continue;
                }
                return Ok(None);
            };
            self.next += 1;
            // A name too long for our layout is none of ours, and there is nothing to do with it.
            let path = RelPath::join(&[self.folder.as_bytes(), item.name.to_bytes()]);
            if let (Some(path), Some(kind)) = (path, self.kind(root, &item)?) {
                break (path, kind);
            }
        };
        Ok(self.batch.get(self.next - 1).map(|item| (path, DirItem { kind, ..item })))
    }

    /// Whether there are more names.
    fn read_on(&mut self, root: &Root<S>) -> Result<bool, Error> {
        self.next = 0;
        match root.sys().read_dir(&self.dir, &mut self.batch) {
            Ok(()) => Ok(!self.batch.is_empty()),
            // Removed while it is open: it was empty then, and stays so.
            Err(Errno::NOENT) => {
                self.batch.clear();
                Ok(false)
            }
            Err(errno) => {
                self.batch.clear();
                Err(root.failed("list", self.folder.as_c_str())(errno))
            }
        }
    }

    /// Asks for the kind of a name where the directory did not say; `None` when it is gone.
    fn kind(&self, root: &Root<S>, item: &DirItem<'_>) -> Result<Option<FileKind>, Error> {
        if item.kind != FileKind::Unknown {
            return Ok(Some(item.kind));
        }
        match root.sys().stat_at(&self.dir, item.name) {
            Ok(stat) => Ok(Some(stat.kind)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(root.failed("stat", self.folder.as_c_str())(errno)),
        }
    }
}
