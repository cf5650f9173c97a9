//! The programs of others that a run needs, and in which package they are.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::Command;

use crate::halt::Halt;

/// A program, and the package to install if it is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
}

pub(crate) const MOUNT: Tool = Tool { name: "mount", package: "mount" };
pub(crate) const UMOUNT: Tool = Tool { name: "umount", package: "mount" };
pub(crate) const UNSHARE: Tool = Tool { name: "unshare", package: "util-linux" };
pub(crate) const MKFS_EXT4: Tool = Tool { name: "mkfs.ext4", package: "e2fsprogs" };
pub(crate) const E2FSCK: Tool = Tool { name: "e2fsck", package: "e2fsprogs" };
pub(crate) const MKFS_XFS: Tool = Tool { name: "mkfs.xfs", package: "xfsprogs" };
pub(crate) const MKFS_BTRFS: Tool = Tool { name: "mkfs.btrfs", package: "btrfs-progs" };

impl Tool {
    /// Runs it to its end; its exit code must be one of these.
    pub(crate) fn run<A: AsRef<OsStr>>(self, args: &[A], fine: &[i32]) -> Result<(), Halt> {
        let output = Command::new(self.name).args(args).output().map_err(|error| self.missing(&error))?;
        if output.status.code().is_some_and(|code| fine.contains(&code)) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
        Err(Halt::Fail(format!("{} ended with {}: {said}", self.name, output.status)))
    }

    pub(crate) fn missing(self, error: &std::io::Error) -> Halt {
        match error.kind() {
            ErrorKind::NotFound => Halt::Skip(format!(
                "{0} is missing; install the package {1} (on Debian: apt-get install {1})",
                self.name, self.package
            )),
            _ => Halt::Fail(format!("{} cannot be started: {error}", self.name)),
        }
    }
}
