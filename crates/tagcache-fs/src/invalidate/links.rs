//! The links of a tag, each taken while its file is open.

use super::Manner;
use super::outcome::Tally;
use crate::error::Error;
use crate::meta;
use crate::name::{LinkName, RelPath};
use crate::root::Root;
use crate::sys::{Errno, FileKind, OpenMode, Sys};
use crate::walk::{is_bucket, link_name};

impl<S: Sys> Root<S> {
    /// Every link below a tag's folder, then the folders, leaving what was linked meanwhile.
    pub(super) fn take_tag_folder(&self, folder: &RelPath, manner: Manner, tally: &mut Tally) {
        let read =
            self.each_link(folder, tally, &mut |path, _, tally| self.take_link_into(path, manner, tally));
        if manner == Manner::Hard {
            self.remove_folders(&read, tally);
        }
    }

    /// Visits every link of a tag; a folder that cannot be read is noted, and the others are read all the same. Which
    /// folders there were, innermost first: none when nobody has the tag.
    pub(super) fn each_link(
        &self,
        folder: &RelPath,
        tally: &mut Tally,
        visit: &mut dyn FnMut(&RelPath, LinkName, &mut Tally),
    ) -> Vec<RelPath> {
        let dir = match self.open_folder(folder) {
            Ok(Some(dir)) => dir,
            Ok(None) => return Vec::new(),
            Err(error) => {
                tally.note(Err(error));
                return Vec::new();
            }
        };
        if !self.layout().has_buckets() {
            self.each_link_in(dir, folder, tally, visit);
            return vec![*folder];
        }
        let mut folders = self.buckets(dir, folder, tally);
        for bucket in &folders {
            match self.open_folder(bucket) {
                Ok(Some(dir)) => self.each_link_in(dir, bucket, tally, visit),
                Ok(None) => {}
                Err(error) => tally.note(Err(error)),
            }
        }
        folders.push(*folder);
        folders
    }

    /// The folders that the links of a tag lie in, at most a hundred, named by two digits.
    fn buckets(&self, dir: S::File, folder: &RelPath, tally: &mut Tally) -> Vec<RelPath> {
        let mut buckets = Vec::new();
        let listed = self.each_item_of::<Error>(dir, folder, &mut |path, item| {
            if is_bucket(&item) {
                buckets.push(path);
            }
            Ok(())
        });
        tally.note(listed);
        buckets
    }

    fn each_link_in(
        &self,
        dir: S::File,
        folder: &RelPath,
        tally: &mut Tally,
        visit: &mut dyn FnMut(&RelPath, LinkName, &mut Tally),
    ) {
        let listed = self.each_item_of::<Error>(dir, folder, &mut |path, item| {
            if let Some(link) = link_name(&item) {
                visit(&path, link, tally);
            }
            Ok(())
        });
        tally.note(listed);
    }

    pub(super) fn take_link_into(&self, path: &RelPath, manner: Manner, tally: &mut Tally) {
        let taken = self.take_link(path, manner);
        tally.touched.links += u64::from(matches!(taken, Ok(true)));
        tally.note(taken.map(|_| ()));
    }

    fn remove_folders(&self, folders: &[RelPath], tally: &mut Tally) {
        for path in folders {
            match self.sys().remove_dir(self.dir(), path.as_c_str()) {
                Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                Err(errno) => tally.note(Err(self.failed("remove", path.as_c_str())(errno))),
            }
        }
    }

    /// Open, poison, unlink, close; or open, change the mode, close. Whether there was a file of ours.
    fn take_link(&self, path: &RelPath, manner: Manner) -> Result<bool, Error> {
        let sys = self.sys();
        let file = match sys.open(self.dir(), path.as_c_str(), OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(false),
            Err(errno) if errno.is_foreign_object() => return Ok(false),
            other => other.map_err(self.failed("open", path.as_c_str()))?,
        };
        if manner == Manner::Soft {
            let stat = sys.stat(&file).map_err(self.failed("stat", path.as_c_str()))?;
            let mode = meta::softly_expired_mode(stat.mode);
            return match stat.kind {
                FileKind::File => {
                    sys.set_mode(&file, mode).map_err(self.failed("expire", path.as_c_str())).map(|()| true)
                }
                _ => Ok(false),
            };
        }
        sys.set_mtime(&file, meta::POISON).map_err(self.failed("poison", path.as_c_str()))?;
        match sys.unlink(self.dir(), path.as_c_str()) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(errno) => Err(self.failed("unlink", path.as_c_str())(errno)),
        }
    }
}
