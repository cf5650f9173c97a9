//! Somebody removes the root, name by name, while others work in it.

use std::ffi::CStr;
use std::path::Path;

use tagcache_fs::sys::{DirBatch, FileKind, OpenMode, Sys};

use crate::sim::{Sim, SimFile};
use crate::world::ROOT;

impl Sim {
    /// rm(1) with `-rf`: what it cannot remove it leaves, and goes on. A folder in which something was made
    /// after it was listed stays, and so does all that it lies in.
    ///
    /// From here on a call may fail for that, and a lease says nothing of another root.
    pub(super) fn remove_root(&self) {
        self.event(|world, _| {
            world.injected = true;
            world.oracle.root_goes();
        });
        let Ok(top) = self.open_root(Path::new("/")) else { return };
        let name = ROOT.trim_start_matches('/').to_owned() + "\0";
        if let Ok(name) = CStr::from_bytes_with_nul(name.as_bytes()) {
            self.remove_tree(&top, name);
        }
    }

    fn remove_tree(&self, dir: &SimFile, name: &CStr) {
        if let Ok(open) = self.open(dir, name, OpenMode::Dir) {
            let mut batch = DirBatch::new();
            while self.read_dir(&open, &mut batch).is_ok() && !batch.is_empty() {
                for item in batch.iter() {
                    if item.kind == FileKind::Dir {
                        self.remove_tree(&open, item.name);
                    } else {
                        let _ = self.unlink(&open, item.name);
                    }
                }
            }
        }
        let _ = self.remove_dir(dir, name);
    }
}
