//! Why a peer is faster where it is. Figures change and these sentences do not: they say what is done, not how fast.

use crate::worker::Op;

/// The kind of thing that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// A hit or a miss.
    Reading,
    /// A put.
    Putting,
    /// An invalidation.
    Invalidating,
    /// Opening.
    Opening,
    /// What an invalidation leaves.
    Cleaning,
}

impl Deed {
    /// Which one an operation is.
    #[must_use]
    pub const fn of(op: Op) -> Self {
        match op {
            Op::Hit | Op::Hot | Op::Raw | Op::Miss => Self::Reading,
            Op::PutFresh | Op::PutOver => Self::Putting,
            Op::Invalidate1 | Op::Invalidate100 | Op::Invalidate1000 => Self::Invalidating,
            Op::Clean => Self::Cleaning,
            Op::Open => Self::Opening,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reading => "Reading",
            Self::Putting => "Putting",
            Self::Invalidating => "Invalidating",
            Self::Opening => "Opening",
            Self::Cleaning => "Cleaning up",
        }
    }
}

/// What the peer does instead, and what that gives up.
#[must_use]
pub fn why(peer: &str, deed: Deed) -> Option<&'static str> {
    Some(match (peer, deed) {
        ("lmdb", Deed::Reading) => {
            "the file is mapped: a read walks down a tree in memory, without a system call"
        }
        ("lmdb", Deed::Putting) => {
            "a few pages of one file are written, and no folder is changed; writers wait for one another, and without \
             syncing a power cut may damage all of the file"
        }
        ("lmdb", Deed::Invalidating) => "all entries of a tag go with one commit; writers wait meanwhile",
        ("redb" | "redb-shared", Deed::Reading) => {
            "pages of the file are kept in the memory of the process: a read needs no system call"
        }
        ("redb", Deed::Putting) => {
            "no other process may have the file open, and without durability a commit stays in the memory of the \
             process: whoever is killed has lost it"
        }
        ("redb" | "redb-shared", Deed::Invalidating) => "all entries of a tag go with one commit",
        ("redb-shared", Deed::Putting) => "one file is synced, and no folder is changed",
        ("fjall", Deed::Reading) => {
            "one process has the store to itself and keeps blocks and tables in its memory"
        }
        ("fjall", Deed::Putting) => {
            "a put is an append to one journal; trees are merged later, in the background"
        }
        ("fjall", Deed::Invalidating) => {
            "an invalidation is an append to one journal, without touching the entries"
        }
        ("sqlite", Deed::Reading) => "pages are mapped or in the memory of the connection",
        ("sqlite", Deed::Putting) => "pages are appended to one file, the log, and no folder is changed",
        ("sqlite", Deed::Invalidating) => {
            "all entries of a tag go with one transaction; writers wait meanwhile"
        }
        ("foyer", Deed::Reading) => "decoded values are kept in the memory of its one process",
        ("foyer-disk", Deed::Reading) => "hot entries and all versions are in the memory of its one process",
        ("foyer" | "foyer-disk", Deed::Putting) => {
            "a put ends in memory; a thread writes it later, or drops it if there are too many"
        }
        ("foyer" | "foyer-disk" | "cached", Deed::Invalidating) => {
            "one version is renewed, however many entries have the tag; they stay on the disk, and every hit pays for \
             looking at the versions of its tags"
        }
        ("cached", Deed::Reading) => "its redb keeps pages in the memory of its one process",
        ("cached", Deed::Putting) => {
            "its redb has the file to itself, and without durability a commit stays in the memory of the process"
        }
        ("cacache", Deed::Putting) => "no tag has an index: a put writes two files and no links",
        ("cacache", Deed::Opening) => "nothing is opened: the first read finds what there is",
        ("moka", Deed::Reading | Deed::Putting) => {
            "it is a map in the memory of one process: nothing is encoded, shared or kept"
        }
        ("moka", Deed::Invalidating) => {
            "a predicate is noted; reads apply it, and upkeep looks at every entry later"
        }
        (_, Deed::Opening) => "there is no probe of the filesystem: the file is opened and its head is read",
        _ => return None,
    })
}
