//! The codecs of TagCache: a value to bytes and back, one format per feature.
//!
#![cfg_attr(feature = "postcard", doc = "```")]
#![cfg_attr(not(feature = "postcard"), doc = "```text")]
//! use tagcache_codec::{Decode, Encode, Postcard, Schema};
//!
//! let page = ("Hello".to_string(), 42u64);
//! let mut record = b"header".to_vec();
//! Postcard.encode(&page, &mut record)?;
//! assert_eq!(record, b"header\x05Hello\x2A");
//!
//! let (title, views): (&str, u64) = Postcard.decode(&record[6..])?;
//! assert_eq!((title, views), ("Hello", 42));
//!
//! // Nothing in the bytes says what they are. The fingerprint beside them does.
//! let written = Schema::<(String, u64)>::fingerprint(&Postcard)?;
//! assert_ne!(written, Schema::<(String, i64)>::fingerprint(&Postcard)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate knows neither keys nor files; with no feature at all it has no dependencies either.
//!
//! # Which codec when
//!
//! | codec | feature | takes | borrows | choose it for |
//! |---|---|---|---|---|
//! | [`Raw`] | always | bytes, text | yes | what is bytes already: rendered pages, images |
//! | `Postcard` | `postcard` | serde | yes | structs of your own; the smallest and fastest |
//! | `Json` | `json` | serde | yes | payloads that people or other programs read |
//! | `Cbor` | `cbor` | serde | no | types that need a self-describing format: tagged enums, NaN beside them |
//! | `Bincode` | `bincode` | serde | yes | programs that have it already |
//! | `Zstd<C>` | `zstd` | what `C` takes | no | large values that compress well |
//! | `Lz4<C>` | `lz4` | what `C` takes | no | the same when time matters more than space; all Rust |
//!
//! One thousand small records (a number, a name, two tags, a float, an enum, an option), in one run on one
//! machine, to compare the codecs with one another:
//!
//! | | postcard | bincode | cbor | json | zstd of postcard | lz4 of postcard |
//! |---|---|---|---|---|---|---|
//! | payload, KB | 32 | 34 | 68 | 98 | 12 | 15 |
//! | decoding, µs | 243 | 318 | 900 | 548 | 291 | 244 |
//!
//! Zstandard takes some 17 µs for a value of any size, so small ones are better left alone.
//!
//! "Borrows" says whether a `&str` may be decoded in place. A feature adds a type and changes nothing else:
//! no codec writes another byte because of a feature of this crate. (What `serde_json::Value` *contains* may
//! depend on a feature of `serde_json`: with `preserve_order` its maps keep another order.)
//!
//! The crate behind `Bincode` is not maintained any more: [RUSTSEC-2025-0141]. Its last release has no known
//! fault, and the checks that it lacks are made here; it is for programs that use it anyway.
//!
//! [RUSTSEC-2025-0141]: https://rustsec.org/advisories/RUSTSEC-2025-0141
//!
//! # What does not survive
//!
//! "Not encoded" and "not decoded" are errors. "Changed" is what to look out for: another value comes back.
//! A test tries out every cell.
//!
#![doc = include_str!("survives.md")]
//!
//! Deeper values than `MAX_DEPTH` are not decoded in any of the four.
//!
//! # Writing a codec
//!
//! `examples/codec_outside.rs` is one, without serde. The checklist:
//!
//! 1. Implement [`Codec`] with an id from [`CodecId::outside`]. It stands in records on disk: another layout
//!    is another id.
//! 2. [`Encode::encode`] appends and touches nothing before; when it fails, `out` has its old length again.
//! 3. The same value gives the same bytes, as far as the type allows (a `HashMap` has no order).
//! 4. [`Decode::decode`] takes up all of the bytes or fails: left-over bytes are another type's.
//! 5. It never panics, whatever the bytes: check each length before it is used, bound the depth of a recursion,
//!    and reserve no memory for what is only claimed. Records have a checksum, but a checksum stops accidents,
//!    not people.
//! 6. [`Schema::fingerprint`] changes whenever bytes of the old type must not be read as the new one. If the
//!    layout is yours, [`Fingerprint::named`] with a version in it is enough.
//! 7. Errors name the codec, read alone, and quote nothing of the value.
//!
//! Decoding with a serde codec runs `Deserialize`, and finding a shape runs it on made-up values: it should
//! have no side effects.

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

pub use codec::{Adopted, Codec, Decode, Encode, Schema, decode_owned};
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
