//! What a mistake has to remember from call to call.

use std::ffi::{CStr, CString};

use tagcache_fs::sys::Stat;
use tagcache_fs::{Layout, LinkName, Time};

use crate::world::names;

/// What a path of the tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Log,
    Draft,
    Entry,
    TagLink,
    Lease,
    Data,
    Other,
}

pub(crate) fn role(path: &CStr) -> Role {
    let path = path.to_bytes();
    let holds = |part: &[u8]| path.windows(part.len()).any(|window| window == part);
    match path {
        b"log" => Role::Log,
        b"data" => Role::Data,
        _ if path.starts_with(b"locks/") => Role::Lease,
        _ if path.starts_with(b"tmp/") && path.get(36) == Some(&b'.') => Role::Draft,
        _ if holds(b"/key") => Role::Entry,
        _ if holds(b"/tag") && is_link(path) => Role::TagLink,
        _ => Role::Other,
    }
}

fn is_link(path: &[u8]) -> bool {
    path.rsplit(|byte| *byte == b'/').next().and_then(LinkName::parse).is_some()
}

/// Where the entry of a draft will lie.
pub(super) fn key_path(draft: &CStr, layout: Layout) -> Option<CString> {
    let digest = draft.to_bytes().get(4..36)?;
    let key = names().keys.iter().find(|key| format!("{:?}", key.digest()).as_bytes() == digest)?;
    Some(key.path_in(layout))
}

/// The fill that is under way.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The draft of this process.
    pub(super) draft: Option<CString>,
    /// It was renamed before its time.
    pub(super) renamed: bool,
    /// It has a link.
    pub(super) linked: bool,
    /// The expiry that it has not been given yet.
    pub(super) time: Option<Time>,
    /// What the log was before the links were made.
    pub(super) log: Option<Stat>,
    /// This process sweeps.
    pub(super) sweeps: bool,
    /// What was opened last, as `stat` has it.
    pub(super) held: Option<Stat>,
    /// The log was written to, and not looked at since.
    pub(super) appended: bool,
    /// The invalidation has taken something.
    pub(super) touched: bool,
    /// A poison that is still to be given.
    pub(super) poison: bool,
}

impl Memory {
    pub(super) fn draft_begins(&mut self, path: &CStr) {
        *self = Self { draft: Some(path.to_owned()), sweeps: self.sweeps, ..Self::default() };
    }

    pub(super) fn is_own_draft(&self, path: &CStr) -> bool {
        self.draft.as_deref() == Some(path)
    }
}
