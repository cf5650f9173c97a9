//! Holds the simulated filesystem of `tagcache-sim` against real ones.
//!
//! What the simulator proves is worth as much as its filesystem is true. So the same sequences of calls, made by chance,
//! are played on it and on a real directory. Every result and every errno must be the same, and after each call
//! everything that can be seen: which names there are and which of them are one inode, kind, links, size, mode, mtime and
//! atime of each name and of each open file, and whether its ctime has moved. A sequence that shows a difference is
//! shrunk, and told call by call.
//!
//! ```
//! use tagcache_fs::sys::{OpenMode, Replace};
//! use tagcache_honest::call::{Call, Path};
//! use tagcache_honest::campaign::in_new_folder;
//! use tagcache_honest::habits::Habits;
//!
//! let dir = std::env::temp_dir();
//! let (a, b) = (Path::named(c"a").ok_or("a")?, Path::named(c"b").ok_or("b")?);
//! let calls = [Call::Open(None, a, OpenMode::Create, 0), Call::Rename(None, a, b, Replace::Never)];
//! match Habits::of(&dir) {
//!     // The root, `a` and the open file; then the same with `b`; and the root at the beginning.
//!     Ok(habits) => assert_eq!(in_new_folder(&habits, &dir, &calls)?, 7),
//!     Err(why) => println!("SKIPPED: {why}"),
//! }
//! # Ok::<(), String>(())
//! ```
//!
//! # Filesystems
//!
//! [`habits::FILESYSTEMS`] has what each does where they differ, as data. `cargo test` compares with the folder for
//! temporary files and with the machine's tmpfs; the program `honest` (`cargo xtask honest`), as root, with ext4, ext4
//! with small inodes, xfs, btrfs and an overlay as well, on images that it makes.
//!
//! # What is compared otherwise
//!
//! - Reading a directory while it changes ([`turnover`]): not which names come, but which must and which may.
//! - A cache that lies in the lower layer of an overlay ([`lower`]): it is refused, or keeps its promises.
//! - How many names a file may have ([`links`]): the number is tried on the images.
//!
//! # What is not compared
//!
//! The numbers of inodes, only which are the same; disk space; the size of a directory; the order of names; what runs
//! through a FIFO; what the owner may do in a directory from which the owner took the rights; several processes at
//! once, where a real call is not one step; what is left after a power cut (that is `tagcache-powerfail`).

pub mod args;
pub mod call;
pub mod campaign;
mod chance;
pub mod compare;
mod ground;
pub mod habits;
pub mod links;
pub mod lower;
pub mod place;
pub mod report;
mod side;
pub mod turnover;
mod view;
