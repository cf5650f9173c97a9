//! Things that are no files, by a call and not by a program: one that is being started holds copies of all open files for a
//! moment, and with them the locks of the tests beside it.

use std::io;
use std::path::Path;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::mkfifo;

const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);

/// A FIFO, which nobody writes to.
///
/// # Errors
/// When mkfifo(3) fails.
pub fn make_fifo(path: impl AsRef<Path>) -> io::Result<()> {
    Ok(mkfifo(path.as_ref(), MODE)?)
}

/// A character device with these numbers; a block device if `is_block`.
///
/// # Errors
/// When mknod(2) fails: for whoever is not root.
pub fn make_device(path: impl AsRef<Path>, is_block: bool, (major, minor): (u64, u64)) -> io::Result<()> {
    let kind = if is_block { SFlag::S_IFBLK } else { SFlag::S_IFCHR };
    Ok(mknod(path.as_ref(), kind, MODE, makedev(major, minor))?)
}
