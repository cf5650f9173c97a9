//! Real filesystems for tests, made in files and mounted through loop devices.
//!
//! Everything is mounted below one folder ([`Workshop`]) in a mount namespace of the program's own
//! ([`enter_namespace`]), so that nobody else sees it and nothing is left when the program is killed. It needs root, and
//! where the machine cannot do something the answer is [`Halt::Skip`] with the reason: a missing program is named
//! together with the package that has it.
//!
//! ```no_run
//! use tagcache_images::{Filesystem, Workshop, enter_namespace};
//!
//! enter_namespace()?;
//! let workshop = Workshop::new("example")?;
//! let image = workshop.room("image");
//! Workshop::make(Filesystem::Xfs, &image)?;
//! let mounted = workshop.mount_new(Filesystem::Xfs, &image, "fs")?;
//! assert!(mounted.path().is_dir());
//! mounted.unmount()?;
//! # Ok::<(), tagcache_images::Halt>(())
//! ```

mod filesystem;
mod halt;
mod mount;
mod tool;
mod workshop;

pub use filesystem::Filesystem;
pub use halt::Halt;
pub use mount::{Mounted, enter_namespace};
pub use workshop::Workshop;
