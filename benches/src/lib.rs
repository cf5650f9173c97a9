//! What the benches share: where they measure, what they store, and the *floor* of each operation, which is the bare
//! system calls that it cannot do without.
//!
//! ```text
//! cargo xtask bench                                    # the suites: each operation against its floor, in turns
//! cargo xtask bench --quick                            # under five minutes
//! cargo bench -p tagcache-benches                      # the same operations with criterion's statistics
//! TAGCACHE_BENCH_DIR=/mnt/x cargo bench -p tagcache-benches --bench hit
//! ```
//!
//! A time says as much about the machine as about the code; the ratio of an operation to its floor, both measured in
//! the same run, says something about the code. A [`Pair`] holds the two sides: the bench targets give them to
//! criterion, the [`suites`] run them in turns, and [`report`] makes a page of it.
//!
//! Every root here is volatile (no barriers), unless a name says `durable`: a barrier costs what the disk costs, and
//! hides everything else. Nothing here asserts on time, but the suites when they are asked to (`--check`).

pub mod article;
mod bare;
mod crew;
pub mod floor;
pub mod machine;
pub mod marks;
pub mod pair;
pub mod pairs;
mod place;
pub mod report;
pub mod rounds;
mod spread;
pub mod suites;
mod tree;

pub use pair::{Pair, Side, timed};
pub use place::{Place, places};
pub use spread::Spread;
pub use tree::{Tree, policy_with_tags};
