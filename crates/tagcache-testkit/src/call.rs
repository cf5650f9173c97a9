//! The names of the calls.

use std::ffi::CStr;
use std::fmt;

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// A call of [`Sys`](tagcache_fs::sys::Sys), by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Call {
            $($(#[$doc])* $name,)*
        }

        impl Call {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name of the system call that it stands for.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

calls! {
    /// `Sys::open_root`.
    OpenRoot "open root",
    /// `Sys::make_root`.
    MakeRoot "make root",
    /// `Sys::open` of something that exists.
    Open "open",
    /// `Sys::open` with [`OpenMode::Create`](tagcache_fs::sys::OpenMode::Create).
    Create "create",
    /// `Sys::open` with [`OpenMode::ReadWrite`](tagcache_fs::sys::OpenMode::ReadWrite).
    OpenOrCreate "open or create",
    /// `Sys::stat`.
    Stat "fstat",
    /// `Sys::stat_at`.
    StatAt "fstatat",
    /// `Sys::born`.
    Born "statx",
    /// `Sys::read`.
    Read "read",
    /// `Sys::read_at`.
    ReadAt "pread",
    /// `Sys::write`.
    Write "write",
    /// `Sys::write_at`.
    WriteAt "pwrite",
    /// `Sys::allocate`.
    Allocate "fallocate",
    /// `Sys::set_mtime`.
    SetMtime "futimens mtime",
    /// `Sys::set_atime`.
    SetAtime "futimens atime",
    /// `Sys::set_mode`.
    SetMode "fchmod",
    /// `Sys::link`.
    Link "link",
    /// `Sys::rename`.
    Rename "rename",
    /// `Sys::unlink`.
    Unlink "unlink",
    /// `Sys::make_dir`.
    MakeDir "mkdir",
    /// `Sys::remove_dir`.
    RemoveDir "rmdir",
    /// `Sys::read_dir`.
    ReadDir "getdents",
    /// `Sys::try_lock`.
    TryLock "flock",
    /// `Sys::unlock`.
    Unlock "flock unlock",
    /// `Sys::sync`.
    Sync "fsync",
    /// `Sys::sync_fs`.
    SyncFs "syncfs",
    /// `Sys::fs_kind`.
    FsKind "fstatfs",
    /// The end of a file.
    Close "close",
    /// `Env::random`, which is a call to the kernel like the others.
    Random "getrandom",
    /// `Env::spawn`: a thread.
    Spawn "spawn",
}

impl Call {
    /// Whether it changes what other processes, or the next boot, find.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Self::MakeRoot
                | Self::Create
                | Self::OpenOrCreate
                | Self::Write
                | Self::WriteAt
                | Self::Allocate
                | Self::SetMtime
                | Self::SetAtime
                | Self::SetMode
                | Self::Link
                | Self::Rename
                | Self::Unlink
                | Self::MakeDir
                | Self::RemoveDir
        )
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

/// A call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// Which.
    pub call: Call,
    /// What it names: a path relative to the root; for an open file the path that it was opened by; for the root
    /// itself nothing.
    pub path: &'a CStr,
    /// The second name of a link or a rename.
    pub to: Option<&'a CStr>,
}

impl At<'_> {
    /// Whether one of its paths begins so.
    #[must_use]
    pub fn is_below(&self, prefix: &str) -> bool {
        let begins = |path: &CStr| path.to_bytes().starts_with(prefix.as_bytes());
        begins(self.path) || self.to.is_some_and(begins)
    }
}
