//! Wrappers around [`Sys`](tagcache_fs::sys::Sys) for tests and benches: calls that are counted, that fail when told
//! to, and a clock that stands until it is set.
//!
//! ```
//! use tagcache_fs::{Errno, Key, Options};
//! use tagcache_testkit::{Call, Fault, World};
//!
//! let dir = tempfile::tempdir()?;
//! let world = World::new();
//! let root = Options::new().open_on(world.sys(), dir.path())?;
//!
//! let key = Key::new("nothing")?;
//! let (found, calls) = world.counter.during(|| root.entry(&key));
//! assert!(found?.into_entry().is_none());
//! assert_eq!(calls, [(Call::Open, 1)], "a miss is one call");
//!
//! world.faults.add(Fault::on(Call::Open, Errno::MFILE));
//! assert!(root.entry(&key).is_err(), "no descriptor is no miss");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Layered`] implements `Sys` once; what a wrapper does with a call is a [`Layer`]: [`Counter`], [`Faults`],
//! [`FixedClock`], [`Hook`], or one that a test writes for itself. Layers stack: [`TestSys`] is
//! `Counting<Faulty<Clocked<Os>>>`, and a [`World`] holds the handles of all three.

mod call;
mod clock;
mod counter;
mod counts;
mod faults;
mod hook;
mod layer;
mod layered;
mod plant;
mod tree;
mod world;

pub use call::{At, Call};
pub use clock::FixedClock;
pub use counter::{Counter, Made};
pub use counts::Counts;
pub use faults::{Fault, Faults};
pub use hook::Hook;
pub use layer::Layer;
pub use layered::{Layered, LayeredFile};
pub use plant::{make_device, make_fifo};
pub use tree::{files, folders};
pub use world::{Clocked, Counting, Faulty, Hooked, TestSys, World};
