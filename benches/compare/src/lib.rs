//! The same job on TagCache and on what people would take instead.
//!
//! The job: values of a struct, between 4 and 5 KB each, under 20 000 keys, with an expiry and two tags; read as
//! popular pages are read (some of them most of the time), replaced, and taken away by tag. Every [peer](peer::Kind) is
//! written as its users would write it. What it cannot do it does not do: the table says so.
//!
//! ```text
//! cargo xtask bench --compare                            # all of it
//! cargo xtask bench --compare --quick                    # under two minutes
//! cargo xtask bench --compare --only redb --only lmdb    # TagCache and these
//! cargo test --release                                   # here: the small test of correctness on each peer
//! ```
//!
//! Each peer has processes of its own, and they take turns: a round is one slice of work for each of them. So what else
//! the machine does is likely to hit them all, and a ratio is taken within one round.
//!
//! A peer is one file in `src/peers`: its [`Kind`](peer::Kind) says what it promises, its code is what a user would
//! write. The test of correctness is [`check`]; what is measured in which order is in [`rounds`].

pub mod check;
pub mod crew;
pub mod effort;
pub mod figures;
pub mod job;
pub mod machine;
pub mod peer;
pub mod peers;
pub mod report;
pub mod rounds;
pub mod usage;
pub mod why;
pub mod worker;
