//! The tests of the files named here once more, on caches of the layout `compact`: `common` asks which program it is a part
//! of.

#![allow(clippy::duplicate_mod, reason = "each of them has a copy of what they share, as it has by itself")]

#[path = "budgets.rs"]
mod budgets;
#[path = "entries.rs"]
mod entries;
#[path = "faults.rs"]
mod faults;
#[path = "fill.rs"]
mod fill;
#[path = "golden.rs"]
mod golden;
#[path = "invalidate.rs"]
mod invalidate;
#[path = "limits.rs"]
mod limits;
#[path = "model/main.rs"]
mod model;
#[path = "read.rs"]
mod read;
#[path = "stats.rs"]
mod stats;
#[path = "stream.rs"]
mod stream;
#[path = "sweep.rs"]
mod sweep;
#[path = "tree.rs"]
mod tree;
#[path = "upkeep.rs"]
mod upkeep;
#[path = "verify.rs"]
mod verify;
#[path = "write.rs"]
mod write;
