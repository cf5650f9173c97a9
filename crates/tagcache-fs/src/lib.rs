//! Work in progress.

mod barrier;
mod draft;
mod entry;
mod error;
mod folders;
mod format;
mod invalidate;
mod lease;
mod log;
pub mod meta;
pub mod name;
mod open;
mod probe;
mod root;
mod scratch;
mod sweep;
pub mod sys;
mod time;
mod walk;
mod wipe;

pub use draft::{Checked, Draft, DraftError, Linked, PublishError, Published, Stamped};
pub use entry::{Entry, Found};
pub use error::Error;
pub use format::Durability;
pub use invalidate::{Incomplete, Touched};
pub use lease::Lease;
pub use log::{Mark, Raced};
pub use meta::{Meta, Standing};
pub use name::{Digest, Key, LinkName, NameError, Tag};
pub use probe::{Capabilities, Unfit};
pub use root::{OpenError, Options, Root};
pub use sweep::{SweepLock, Swept};
pub use sys::{Errno, Os, Sys};
pub use time::Time;
pub use walk::{ForeignPath, Met};
