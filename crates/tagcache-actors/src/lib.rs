//! Real processes that share one cache, and the strings a test pulls them by.
//!
//! What only several processes can show (who computes, who waits, who is served what, and what stays behind a
//! `kill -9`) is shown by `actor`, a small program of this package. It reads one command a line, answers each with one
//! line, and can be stopped before any call to the kernel, so that a test puts events of several processes in an exact
//! order. No test sleeps.
//!
//! [`Stage`] is a fresh root and whoever plays on it; [`Actor`] is one process. Both fail the test, with everything that
//! was said so far, when an answer does not come within [`PATIENCE`].
//!
//! ```no_run
//! # // A documentation test does not know where cargo puts the programs of its package.
//! use tagcache_actors::Stage;
//!
//! let stage = Stage::new("target/debug/actor"); // in a test: env!("CARGO_BIN_EXE_actor")
//! let [mut filler, mut other] = stage.actors();
//! filler.expect("fill home v1 bio", "computing");
//! other.expect("invalidate-tag bio", "took 0");
//! filler.expect("go", "computed v1 raced");
//! other.expect("get home", "none");
//! ```
//!
//! # The commands
//!
//! | command | answer |
//! |---|---|
//! | `open` (`durability=`D) (`boot=`N) | `opened`, or `refused` and why |
//! | `policy` (`expired`) (`too-old`) (`wait`) (`patience=`MS) | `ok`; holds for what this actor computes and puts from now on, and for nothing said before |
//! | `put` K V TAG…, `replace` K V TAG… | `stored`, `raced` |
//! | `get` K | `fresh` V, or `none` |
//! | `lookup` K | `fresh` V, `stale` V why, or `miss` why |
//! | `get-with` K V TAG… | `fresh` V, `stale` V why, or `computed` V and what became of it |
//! | `fill` K V TAG… | the same; if it computes, `computing` first, and then it takes commands until `go` |
//! | `invalidate-tag` T, `expire-tag` T, `clear` | `took` and how many |
//! | `invalidate-key` K, `expire-key` K | `took 1`, or `took 0` |
//! | `sweep` | `swept` and what, or `busy` |
//! | `hold lease` K, `hold draft` K, `hold sweep` | `held`, or `busy` |
//! | `release` | `released`: what was held last |
//! | `stop-at` CALL (PREFIX) | `ok`; before the next such call on such a path it says `at` CALL PATH and waits for `go` |
//! | `stop-always` CALL (PREFIX) | the same before each such call; `run` goes on for good |
//!
//! Inside a computation there are also `tag` T, `decline` (both `ok`), and `fail`, which ends it with an error: the
//! answer is then `failed: as told`. All other commands work there, too, fills of other keys above all. CALL is the text of a
//! [`Call`](tagcache_testkit::Call) with dashes for blanks, or `wait` for the pause of somebody who waits for a lease, or
//! `change` for each call that changes what others find, or `any` for each at all. What stands in parentheses may
//! be left out. What cannot be done is answered by `error` and why.

// A failed assumption in here is a failed test.
#![expect(clippy::panic, reason = "this is a library for tests")]

mod actor;
mod stage;
mod tree;

pub use actor::{Actor, PATIENCE};
pub use stage::Stage;
pub use tree::{dead_links, links};
