//! The codecs of TagCache: a value to bytes and back, one format per feature.

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod bound;
mod codec;
mod error;
mod fingerprint;
mod format;
mod id;
mod raw;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod schema;

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub use bound::{MAX_DEPTH, MAX_EMPTY_ELEMENTS};
pub use codec::{Codec, Decode, Encode, Schema};
pub use error::{DecodeError, EncodeError};
pub use fingerprint::{Fingerprint, HiddenShape};
#[cfg(feature = "postcard")]
pub use format::Postcard;
pub use id::CodecId;
pub use raw::Raw;
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub use schema::{Shape, shape_of};
