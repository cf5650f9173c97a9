//! The parts of a sweep that need no look into the files: orphaned drafts, dead links, leases that nobody holds, empty
//! folders. Which entries to remove is decided above, where records are understood.
//!
//! Safe beside everything else: a draft that is being born is locked, whatever is taken away is poisoned first and
//! stays open until its name is gone, and a folder is only removed by a call that refuses a folder in use.
//!
//! A sweep walks the tree twice, shard by shard: entries first, then links and folders, since the links of an entry that
//! is removed in one shard lie in others. It may stop between any two shards, and now and then within a large one, and be gone on
//! with by another process.

mod beside;
mod entries;
mod inspect;
mod links;
mod lock;
mod orphans;
mod part;
mod sample;
mod shards;
mod trim;

pub use beside::Beside;
pub use entries::Seen;
pub use inspect::MetLink;
pub use lock::SweepLock;
pub use orphans::{GoOn, Orphans};
pub use part::Passed;
pub use shards::{Shard, Shards, Step};
pub use trim::{OnForeign, Trimmed};
