//! What `#[cached]` needs beside the attribute: the cache that is installed for the program, keys made of arguments, and
//! the calls that the attribute expands to.

#[doc(hidden)]
pub mod call;
mod filling;
mod installed;
mod key_part;
mod key_types;
#[cfg(feature = "tokio")]
mod later;

pub use filling::Filling;
pub use installed::{AlreadyInstalled, calls_without_cache, install, installed, with_installed};
pub use key_part::{KeyPart, KeyPlace, Written, key_of};
#[cfg(feature = "tokio")]
pub use later::AsyncFilling;
