//! A simulated world for TagCache.
//!
//! The released code of `tagcache-fs`, and of the facade `tagcache` above it, runs here unchanged over a filesystem in
//! memory, in several processes at once, one call at a time, in an order that a scheduler chooses. Processes die, the power
//! is cut, calls fail, a backup adds hard links, the clock is set, somebody removes the root. An oracle that knows what the
//! outside source said looks, after every call, at every inode that a reader could have open.
//!
//! ```
//! use tagcache_sim::{Op, Plan, Stage};
//!
//! // One process fills a key with one tag, the other invalidates the tag: in every way that this can go, ...
//! let plan = Plan::new("fill, soft tag", &[&[Op::Fill(0, 0b1)], &[Op::ExpireTags(0b1)]]);
//! let explored = Stage::new(plan).explore(1_000_000);
//! // ... nothing that was computed before the invalidation is fresh when it has returned.
//! assert!(explored.failure.is_none() && explored.complete);
//! ```
//!
//! # From bottom to top
//!
//! | file | what it knows |
//! |---|---|
//! | `fs/` | inodes, names, handles, locks, the journal, and what a power cut leaves of it |
//! | `crew.rs` | coroutines: a process stops before each call |
//! | `choice.rs` | where a run may go several ways, and who says which: given numbers, bytes, a seed |
//! | `world.rs`, `sim.rs` | whose turn it is, who dies; the system as one process sees it |
//! | `program/` | what the processes do with `tagcache::Cache` or `tagcache_fs::Root`, and what they tell the oracle |
//! | `oracle.rs` | the invariants |
//! | `plan.rs`, `plans.rs`, `script.rs`, `run.rs` | what happens in a run; the plans of every day; a plan as a line; a run from beginning to end |
//! | `explore.rs` | every way that a plan can go |
//! | `mutant/` | planted mistakes |
//!
//! # Which invariant is looked at when
//!
//! | invariant | when |
//! |---|---|
//! | I1 whole | whenever a program takes what it read |
//! | I2 dead stays dead, I3 an overlapping invalidation wins, I9 latest wins | after every call, on every inode that was ever at its key; whenever a program takes what it read; after a power cut |
//! | I4 one flight | when a lease is taken, before anybody begins to remove the root |
//! | I5 no loss at rest | at the end of plans in which nothing takes entries away; after a power cut, where each put waits for the disk |
//! | I6 nothing leaks | at the end, after one sweep |
//! | I7 no failure without a reason | when a root is opened, when an invalidation returns; of the facade: when any call returns, and a fill always gives what it computed. Where a call was made to fail, or the root is removed, all but fills may fail |
//! | I8 no way out | at the end, on a file outside that a planted link leads to |
//!
//! # When something breaks
//!
//! The story is printed call by call, and one line that tells it again: `cargo run --release -p tagcache-sim --bin replay
//! -- PLAN CHOICES`. The programs `random` (as long as one likes), `explore` (every way) and `mutants` (planted mistakes)
//! print what they did.
//!
//! # What is not simulated
//!
//! A call is atomic. Memory is that of one thread: what two threads of one process do between calls is not
//! interleaved. An inode number is given again at once, and not by another directory's habits. Power cuts leave what the
//! three models allow, which is more than real filesystems leave, except for damage to what was synced. Readers that
//! hold an entry open are taken to serve it from there only while it is fresh.

mod body;
mod calls;
mod choice;
mod crew;
mod explore;
mod fault;
mod fold;
mod fs;
pub mod fuzzing;
pub mod mutant;
mod oracle;
mod plan;
pub mod plans;
mod program;
mod run;
mod script;
mod seen;
mod sim;
mod world;

pub use body::Body;
pub use choice::{Choices, Made, Replay};
pub use explore::Explored;
pub use fs::{CrashModel, Special, Traits};
pub use oracle::Violation;
pub use plan::Plan;
pub use program::{Op, Planted, Slip};
pub use run::{Failure, Report, Stage};
pub use sim::{Sim, SimFile};
pub use world::Budget;
