//! A simulated world for TagCache.
//!
//! The released code of `tagcache-fs` runs here unchanged over a filesystem in memory, in several processes at once, one
//! call at a time, in an order that a scheduler chooses. Processes die, the power is cut, calls fail, a backup
//! adds hard links. An oracle that knows what the outside source said looks at every inode after every call.

mod body;
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
mod seen;
mod sim;
mod world;

pub use body::Body;
pub use choice::{Choices, Made, Replay};
pub use explore::Explored;
pub use fs::{CrashModel, Traits};
pub use oracle::Violation;
pub use plan::Plan;
pub use program::{Op, Slip};
pub use run::{Failure, Report, Stage};
pub use sim::{Sim, SimFile};
pub use world::Budget;
