//! An embeddable cache for the many processes of one machine: entries are files, tags are folders of hard links, and
//! one call makes everything with a tag invalid, everywhere, at once.

mod cache;
mod error;
mod fill;
mod held;
mod hit;
mod invalidate;
mod lookup;
mod policy;
mod read;
mod shapes;
mod stats;
mod sweep;
mod through;
mod verdict;
mod write;

pub use cache::{Builder, Cache, DEFAULT_MAX_TAGS, Stores};
pub use error::Error;
pub use fill::{Begun, Fill, Why};
pub use hit::Hit;
pub use lookup::{Lookup, Miss, Source, Stale, Stored};
pub use policy::Policy;
pub use stats::Stats;
pub use sweep::Sweep;

pub use tagcache_codec as codec;
#[cfg(feature = "bincode")]
pub use tagcache_codec::Bincode;
#[cfg(feature = "cbor")]
pub use tagcache_codec::Cbor;
#[cfg(feature = "json")]
pub use tagcache_codec::Json;
#[cfg(feature = "lz4")]
pub use tagcache_codec::Lz4;
#[cfg(feature = "postcard")]
pub use tagcache_codec::Postcard;
pub use tagcache_codec::Raw;
#[cfg(feature = "zstd")]
pub use tagcache_codec::Zstd;
pub use tagcache_fs as fs;
pub use tagcache_fs::Durability;
