//! Cuts the power under TagCache on real filesystems, and checks what comes back.
//!
//! The program `powerfail` makes small ext4, xfs and btrfs filesystems in files, mounts them through loop devices, lets
//! several processes work in one cache there, cuts the power, mounts what is left, and holds what a reader gets
//! against a record that was kept outside of the filesystem. It needs root, and says what else when something is
//! missing.
//!
//! # How the power is cut
//!
//! - **snapshot**: the image lies on an xfs, where `FICLONE` copies it in an instant. The copy is what the device held
//!   when its power went; the workload runs on, so one run gives many crash states.
//! - **shutdown**: `FS_IOC_SHUTDOWN` stops the filesystem, with or without its journal flushed; ext4 and xfs know it.
//! - **drive**: the image lies on a second xfs, which is stopped in that way. Everything is lost that the filesystem had
//!   handed to its drive and not told it to flush.
//!
//! After a shutdown the next boot goes on with what the one before left behind, a dozen times over one root.
//!
//! # What is checked
//!
//! | invariant | in a crash state |
//! |---|---|
//! | I1 *whole* | every value that is served is, byte by byte, what one call stored under that key |
//! | I2 *dead stays dead* | no value is served, fresh or stale, that was computed before an invalidation of its key, of one of its tags or of everything began which had returned before the cut; from a volatile root nothing is served at all |
//! | I3 *an overlapping invalidation wins* | the same for soft expiries, whose values are not served as fresh |
//! | I6 *nothing leaks* | after one sweep the tree, walked with the standard library, holds no draft, no lease, no dead link, no dead entry and no empty folder |
//! | I7 *never fails its caller* | reading gives values or misses, never errors; and the cache can be used again |
//! | full durability | a value whose put had returned, and which nothing can have touched since, is there |
//!
//! Time is the order of lines in the record: a call is written down before it is made, when its place in the log is
//! taken, and after it returned. "Before" is claimed only where the lines show it, so no violation is the fault of an
//! unlucky moment.
//!
//! The judge is a pure function, so what it thinks of can be tried without a disk:
//!
//! ```
//! use tagcache::Durability;
//! use tagcache_powerfail::check::{Case, Seen};
//! use tagcache_powerfail::history::History;
//! use tagcache_powerfail::record::{self, Cut};
//! use tagcache_powerfail::value::{Author, Value};
//!
//! let text = "1.1 begin put k1 10 t1\n1.1 marked\n1.1 done\n2.1 begin invalidate-tags t1\n2.1 done\n";
//! let history = History::new(record::parse(text)?)?;
//! let cut = Cut { returned: text.len() as u64, begun: text.len() as u64 };
//! let case = Case { history: &history, cut, durability: Durability::Invalidations, names_hold: true };
//!
//! let author = Author { writer: 1, step: 1 };
//! let dead = Value { key: "k1".into(), tags: vec!["t1".into()], author, len: 10 };
//! let violation = case.judge("k1", &Seen::Fresh(dead.bytes())).expect("it was invalidated, and is served");
//! assert!(violation.what.starts_with("I2"), "{violation}");
//! # Ok::<(), String>(())
//! ```
//!
//! # What is not covered
//!
//! An ext4 without a journal is mended by `e2fsck -y` before it is mounted, and that can give a name to a file or folder
//! of another time. What a sweep then leaves, since it is foreign to it, and promised values that such a name hides, are
//! counted ("mixed") and no violations; what is served is judged as everywhere.
//!
//! A snapshot holds all blocks that the filesystem had handed to its drive, and a drive that was cut none but those that
//! it had been told to flush. What lies between, a drive that kept some of the others, is left to the simulator, as
//! are torn blocks. One kernel is tried, the one that runs.
//!
//! # That it can fail
//!
//! `--break barrier` makes every fsync and syncfs of the cache answer at once, `--break empty` leaves out the barrier of an
//! invalidation that found nothing, `--break order` takes every filesystem for one with an ordered journal. Each must
//! lead to violations where it does harm, or the run fails.

pub mod args;
mod campaign;
pub mod chance;
pub mod check;
mod crew;
pub mod deed;
pub mod history;
mod inspect;
mod kernel;
pub mod leftovers;
mod neighbour;
mod plan;
pub mod power;
mod reboots;
pub mod record;
pub mod report;
mod rig;
mod snapshot;
pub mod value;
pub mod workload;

pub use campaign::{Method, Say, Verdict, run};
pub use crew::{WORKER, worker};
pub use inspect::inspect;
pub use tagcache_images::{Filesystem, Halt};
