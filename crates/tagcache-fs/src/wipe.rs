//! Emptying a folder whose content means nothing any more: that of a copied root.

use std::ffi::CStr;

use crate::sys::{DirBatch, Errno, FileKind, OpenMode, Result, Sys};

/// The tree is five folders deep; what is deeper is not ours and stays.
const MAX_DEPTH: usize = 8;

/// Removes everything below `folder`, and `folder` itself where nothing stayed.
///
/// No name is poisoned first: the files of a copy were never served from here, and a hard-linked copy shares its
/// inodes with an original that must not suffer.
pub(crate) fn wipe<S: Sys>(sys: &S, dir: &S::File, folder: &CStr) -> Result<()> {
    wipe_below(sys, dir, folder, MAX_DEPTH)
}

fn wipe_below<S: Sys>(sys: &S, dir: &S::File, folder: &CStr, depth: usize) -> Result<()> {
    let open = match sys.open(dir, folder, OpenMode::Dir) {
        Err(Errno::NOENT) => return Ok(()),
        other => other?,
    };
    let mut batch = DirBatch::new();
    loop {
        sys.read_dir(&open, &mut batch)?;
        if batch.is_empty() {
            break;
        }
        for item in batch.iter() {
            let kind = match item.kind {
                FileKind::Unknown => sys.stat_at(&open, item.name)?.kind,
                known => known,
            };
            match kind {
                FileKind::Dir if depth > 0 => wipe_below(sys, &open, item.name, depth - 1)?,
                FileKind::Dir => {}
                _ => sys.unlink(&open, item.name)?,
            }
        }
    }
    match sys.remove_dir(dir, folder) {
        Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST) => Ok(()),
        other => other,
    }
}
