//! The codecs of TagCache: a value to bytes and back, one format per feature.

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod bound;
mod codec;
#[cfg(any(feature = "zstd", feature = "lz4"))]
mod compress;
mod error;
mod fingerprint;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod format;
mod id;
mod limits;
mod raw;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod schema;

pub use codec::{Codec, Decode, Encode, Schema};
#[cfg(feature = "lz4")]
pub use compress::Lz4;
#[cfg(feature = "zstd")]
pub use compress::Zstd;
pub use error::{DecodeError, EncodeError};
pub use fingerprint::{Fingerprint, HiddenShape};
#[cfg(feature = "bincode")]
pub use format::Bincode;
#[cfg(feature = "cbor")]
pub use format::Cbor;
#[cfg(feature = "json")]
pub use format::Json;
#[cfg(feature = "postcard")]
pub use format::Postcard;
pub use id::CodecId;
#[cfg(any(feature = "bincode", feature = "zstd", feature = "lz4"))]
pub use limits::MAX_LEN;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub use limits::{MAX_DEPTH, MAX_EMPTY_ELEMENTS};
pub use raw::Raw;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub use schema::{Shape, shape_of};
