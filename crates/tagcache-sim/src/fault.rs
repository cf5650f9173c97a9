//! Calls that fail: which call can answer what.

use tagcache_fs::sys::Errno;

/// The calls, as far as their failures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// Looks only, and does not fail here.
    Look,
    Open,
    Read,
    Create,
    Write,
    Attribute,
    Link,
    Rename,
    Unlink,
    MakeDir,
    Lock,
    Sync,
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does nothing and says so.
    Fails(Errno),
    /// It does its work and says that it failed.
    Lies(Errno),
    /// It writes less than it was given.
    Short,
}

use Fault::{Fails, Lies, Short};

/// What can happen to a call.
pub(crate) fn faults(kind: CallKind) -> &'static [Fault] {
    match kind {
        CallKind::Look => &[],
        CallKind::Open => &[
            Fails(Errno::MFILE),
            Fails(Errno::NFILE),
            Fails(Errno::ACCESS),
            Fails(Errno::STALE),
            Fails(Errno::NOMEM),
        ],
        CallKind::Read => &[Fails(Errno::IO)],
        CallKind::Create => &[
            Fails(Errno::NOSPC),
            Fails(Errno::DQUOT),
            Fails(Errno::IO),
            Fails(Errno::ROFS),
            Fails(Errno::MFILE),
        ],
        CallKind::Write => &[Fails(Errno::NOSPC), Short, Fails(Errno::DQUOT), Fails(Errno::IO)],
        CallKind::Attribute => &[Fails(Errno::IO), Fails(Errno::ROFS), Fails(Errno::PERM)],
        CallKind::Link => &[
            Fails(Errno::NOSPC),
            Lies(Errno::EXIST),
            Lies(Errno::IO),
            Fails(Errno::MLINK),
            Fails(Errno::DQUOT),
            Fails(Errno::PERM),
            Fails(Errno::XDEV),
        ],
        CallKind::Rename => &[Fails(Errno::NOSPC), Lies(Errno::IO), Fails(Errno::IO), Fails(Errno::ROFS)],
        CallKind::Unlink => &[Fails(Errno::IO), Lies(Errno::IO), Fails(Errno::ROFS)],
        CallKind::MakeDir => {
            &[Fails(Errno::NOSPC), Fails(Errno::IO), Fails(Errno::ROFS), Fails(Errno::MLINK)]
        }
        CallKind::Lock => &[Fails(Errno::NOLCK)],
        CallKind::Sync => &[Fails(Errno::IO)],
    }
}
