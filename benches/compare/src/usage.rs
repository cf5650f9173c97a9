//! What a store takes: of the memory of its process, and of the disk.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::AddAssign;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Resident memory in KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Of the process alone.
    pub own: u64,
    /// Pages of files that it maps; the system can take them back, and processes share them.
    pub mapped: u64,
}

impl Memory {
    /// By what the kernel says.
    #[must_use]
    pub fn of_this_process() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
        };
        Self { own: field("RssAnon:"), mapped: field("RssFile:") + field("RssShmem:") }
    }

    /// How much more it is now.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { own: self.own.saturating_sub(before.own), mapped: self.mapped.saturating_sub(before.mapped) }
    }
}

/// A tree on a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes of allocated blocks, each inode counted once.
    pub bytes: u64,
    /// Inodes that are files.
    pub files: u64,
    /// Inodes that are folders.
    pub folders: u64,
}

impl Disk {
    /// Of everything in this directory.
    ///
    /// # Errors
    /// When it cannot be walked.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let mut disk = Self::default();
        disk.walk(dir, &mut HashSet::new())?;
        Ok(disk)
    }

    fn walk(&mut self, dir: &Path, seen: &mut HashSet<u64>) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if !seen.insert(metadata.ino()) {
                continue;
            }
            *self += Self {
                bytes: metadata.blocks() * 512,
                files: u64::from(!metadata.is_dir()),
                folders: u64::from(metadata.is_dir()),
            };
            if metadata.is_dir() {
                self.walk(&entry.path(), seen)?;
            }
        }
        Ok(())
    }
}

impl AddAssign for Disk {
    fn add_assign(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.files += more.files;
        self.folders += more.folders;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_is_counted_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("folder")).unwrap();
        fs::write(dir.path().join("file"), [1; 5000]).unwrap();
        fs::hard_link(dir.path().join("file"), dir.path().join("folder/link")).unwrap();
        let disk = Disk::of(dir.path()).unwrap();
        assert_eq!((disk.files, disk.folders), (1, 1));
        assert!((5000..40_000).contains(&disk.bytes), "{} bytes", disk.bytes);
    }
}
