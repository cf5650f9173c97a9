//! The names in the root itself: ours, each of one kind, and whatever else lies there.

use crate::error::Error;
use crate::name::{CACHEDIR_TAG, DATA, FORMAT, LOCKS, LOG, RelPath, TMP, USAGE};
use crate::root::Root;
use crate::sys::{FileKind, OpenMode, Sys};
use crate::walk::ForeignPath;

use super::shards::top;

/// Something in the root itself that is not as we make it.
#[derive(Clone, Copy, Debug)]
pub enum Beside {
    /// A name that is none of ours.
    Foreign(ForeignPath),
    /// One of our names, and what has it is not of the kind that we make: whoever needs it fails.
    Blocked(ForeignPath),
}

impl<S: Sys> Root<S> {
    /// Visits the names in the root itself that are none of ours, and those of ours that something else has.
    ///
    /// ```
    /// # use tagcache_fs::{Beside, Root};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// std::fs::create_dir(dir.path().join("log"))?;
    /// root.each_misplaced(&mut |beside| {
    ///     assert!(matches!(beside, Beside::Blocked(path) if path.as_c_str() == c"log"));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the root cannot be read; and what `visit` answers.
    pub fn each_misplaced(&self, visit: &mut dyn FnMut(Beside) -> Result<(), Error>) -> Result<(), Error> {
        // Opened anew, since a descriptor is read from where it stands, and the root's own is everybody's.
        let dir = self.sys().open(self.dir(), c".", OpenMode::Dir).map_err(self.failed("open", c""))?;
        self.each_item_of::<Error>(dir, &RelPath::new(), &mut |_, item| {
            let path = ForeignPath::new(top(item.name));
            match kind_of(item.name.to_bytes()) {
                None => visit(Beside::Foreign(path)),
                Some(kind) if kind != item.kind => visit(Beside::Blocked(path)),
                Some(_) => Ok(()),
            }
        })
    }
}

/// Of which kind we make what has this path; `None` when it is none of ours in the root itself.
pub(super) fn kind_of(path: &[u8]) -> Option<FileKind> {
    let is_one_of = |names: &[&std::ffi::CStr]| names.iter().any(|name| name.to_bytes() == path);
    if is_one_of(&[DATA, TMP, LOCKS]) {
        Some(FileKind::Dir)
    } else {
        is_one_of(&[LOG, USAGE, FORMAT, CACHEDIR_TAG]).then_some(FileKind::File)
    }
}
