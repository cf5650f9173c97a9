//! The tests of the files named here once more, on roots of the layout `compact`: `common` asks which program it is a part
//! of.

#![allow(clippy::duplicate_mod, reason = "each of them has a copy of what they share, as it has by itself")]

#[path = "all_of.rs"]
mod all_of;
#[path = "budget.rs"]
mod budget;
#[path = "crash.rs"]
mod crash;
#[path = "draft.rs"]
mod draft;
#[path = "entries.rs"]
mod entries;
#[path = "entry.rs"]
mod entry;
#[path = "held.rs"]
mod held;
#[path = "hostile.rs"]
mod hostile;
#[path = "invalidate.rs"]
mod invalidate;
#[path = "lease.rs"]
mod lease;
#[path = "open.rs"]
mod open;
#[path = "shards.rs"]
mod shards;
#[path = "sweep.rs"]
mod sweep;
#[path = "usage.rs"]
mod usage;
#[path = "walk.rs"]
mod walk;
