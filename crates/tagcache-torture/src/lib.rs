//! Real death: many processes use one cache and are killed with `SIGKILL` at random instants, and a truth outside of the
//! cache says what nobody may ever have been given.
//!
//! ```text
//! cargo run --release -p tagcache-torture -- --time 60s            rounds, each with other settings
//! cargo run --release -p tagcache-torture -- --kills 10000         until so many processes died
//! cargo run --release -p tagcache-torture -- --break all           can the check fail?
//! cargo run --release -p tagcache-torture -- story DIR             what happened in a round that was kept
//! ```
//!
//! # A round
//!
//! Workers (this same program, started again) share a cache that does not exist yet. Each does what chance says: looks,
//! compute-through with tags that are known late, computations that fail, decline or need another value, puts, replaces, hard
//! and soft invalidations of tags and keys, clears, sweeps. The supervisor kills one of them every few milliseconds and
//! starts another in its place; at the end it kills them all. Then comes one sweep, and a walk through what is left.
//!
//! Rounds differ: the number of threads, keys and tags; the durability; delays between any two calls to the kernel
//! (where a process may stand still anyway, though on an idle machine it rarely does); a log that is full again and again,
//! so that it is rotated all the time; somebody who adds hard links to the files of the cache; 64 descriptors per process,
//! most of them used up at times.
//!
//! # The truth outside
//!
//! The [`journal`] is one file that everybody appends to. The kernel puts the records in one order, and a record that is
//! written stays written, whoever dies. It is the database that values are computed from: an invalidator first changes the
//! version of a tag there, then invalidates, and only when that has returned tells the others that they may rely on it. If
//! it was killed in between, nobody relies on anything. Each value ([`page::Page`]) says whose it is, who made it, where in the
//! journal its computation began and which versions it saw.
//!
//! | invariant | what is checked ([`history`]) |
//! |---|---|
//! | I1 whole | a value is, to the last byte, one that somebody says they made for this key; no miss is ever for damage |
//! | I2 dead stays dead | it knows every change whose hard invalidation had returned before the read began |
//! | I3 an overlapping invalidation wins | if it is fresh, it also knows every change whose soft expiry had returned |
//! | I4 one flight | between beginning and end of a computation under the lease nobody else began one; nobody stands still |
//! | I5 no loss at rest | after the last sweep every put is read back |
//! | I6 nothing leaks | after the last sweep: no draft, no lease, no empty folder; every file has one key and the links that its name says ([`leaks`]) |
//! | I7 a cache never fails its caller | no call fails but for want of descriptors, where that was brought about |
//! | I9 latest wins | it was not replaced for certain before the read began |
//! | expiry | it is not fresh after its time |
//!
//! A rule compares places in the journal and no clocks, so a finding is a fact. What cannot be known is not claimed: of
//! a computation whose process was killed nobody knows when it ended, and no rule uses it.
//!
//! # Can it fail?
//!
//! With `--break` a call to the kernel is not what it seems ([`lie`]), while the product is the released code. Each lie must
//! be found out; `--break all` shows after how long.
//!
//! # What it does not show
//!
//! A dead process is not a power cut: what was written stays written. The order of events is the machine's, so a seed
//! gives the same rounds and scripts again, but not the same instants; a finding is told by its journal, which is kept. The
//! simulated world of `tagcache-sim` is where orders are exhausted and replayed.

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
