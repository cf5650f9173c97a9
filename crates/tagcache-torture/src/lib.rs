//! Work in progress.

mod author;
mod doing;
pub mod event;
mod fleet;
mod flood;
mod foreign;
mod hand;
pub mod history;
mod hunger;
pub mod journal;
pub mod leaks;
pub mod lie;
mod names;
pub mod options;
pub mod page;
pub mod place;
pub mod plan;
pub mod random;
pub mod report;
pub mod round;
mod run;
mod script;
mod sheet;
mod storm;
mod story;
pub mod tally;
mod worker;

pub use foreign::link;
pub use run::{lies, run};
pub use story::tell;
pub use worker::{Orders, work};
