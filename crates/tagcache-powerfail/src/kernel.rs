//! Three calls to the kernel that the standard library does not have.

use std::fmt;
use std::fs::File;
use std::io;

use rustix::ioctl::{Opcode, Setter, ioctl, opcode};

/// Makes `copy` share all blocks of `original`, as they are at one instant: `FICLONE`.
pub(crate) fn clone_file(original: &File, copy: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(copy, original)?)
}

/// Writes everything of a filesystem to its device: syncfs(2).
pub(crate) fn sync_filesystem(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

/// How a filesystem is shut down: the values of `<linux/fs.h>` and `xfs_fs.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Shutdown {
    /// Everything is written first.
    Flushed = 0,
    /// The journal is written, and no data.
    JournalFlushed = 1,
    /// Nothing is written any more: the power is gone.
    AtOnce = 2,
}

impl Shutdown {
    pub(crate) const ALL: [Self; 3] = [Self::AtOnce, Self::JournalFlushed, Self::Flushed];
}

impl fmt::Display for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u32)
    }
}

/// Stops a filesystem for good, until it is unmounted: `FS_IOC_SHUTDOWN`. ENOTTY where the filesystem does not know it.
pub(crate) fn shut_down(file: &File, how: Shutdown) -> io::Result<()> {
    const FS_IOC_SHUTDOWN: Opcode = opcode::read::<u32>(b'X', 125);
    #[expect(unsafe_code, reason = "no crate has a safe wrapper of this ioctl")]
    // SAFETY: the kernel reads one u32 through the pointer that it is given (its number says "read", and that is a
    // mistake of long ago); `Setter` gives it a pointer to a u32 that lives until the call returns.
    let outcome = unsafe { ioctl(file, Setter::<FS_IOC_SHUTDOWN, u32>::new(how as u32)) };
    Ok(outcome?)
}
