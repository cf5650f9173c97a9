//! What the benches share: where they measure, what they store, and the *floor* of each operation, which is the bare
//! system calls that it cannot do without.
//!
//! ```text
//! cargo bench -p tagcache-benches                      # all of it, with criterion's statistics
//! cargo bench -p tagcache-benches -- --quick           # a few minutes
//! cargo bench -p tagcache-benches --bench ratios       # each operation against its floor, in turns
//! TAGCACHE_BENCH_DIR=/mnt/x cargo bench -p tagcache-benches --bench hit
//! ```
//!
//! A time says as much about the machine as about the code; the ratio of an operation to its floor, both measured in
//! the same run, says something about the code. A [`Pair`] holds the two sides: the bench targets give them to
//! criterion, `ratios` runs them in turns.
//!
//! Every root here is volatile (no barriers), unless a name says `durable`: a barrier costs what the disk costs, and
//! hides everything else. Nothing here asserts on time.

pub mod article;
pub mod floor;
mod pair;
pub mod pairs;
mod place;
mod tree;

pub use pair::{Pair, Side, timed};
pub use place::{Place, places};
pub use tree::{Tree, policy_with_tags};
