//! The file format of a TagCache entry, as pure functions over bytes.
//!
//! A *record* is what one entry's file holds: a head that says what the value is, for how long and under
//! which key and tags, then the encoded value, then its checksums. This crate makes records and checks them.
//! It knows neither the filesystem nor serde, reads no clock and depends on nothing but a CRC.
//!
//! ```
//! use tagcache_record::{Facts, Unsealed, parse};
//!
//! // Seal: the head goes into the buffer, the encoder appends the payload, `seal` completes both.
//! let facts = Facts { codec: 7, created_at: 1_000, expires_at: 2_000, ..Facts::default() };
//! let mut file = Vec::new();
//! let mut unsealed = Unsealed::begin(&mut file, &facts, b"blog-home", &["bio", "blog-new"])?;
//! unsealed.payload().extend_from_slice(b"<h1>Blog</h1>");
//! unsealed.seal()?;
//!
//! // Parse: everything is checked before anything is handed out, and nothing is copied.
//! let record = parse(&file)?;
//! assert_eq!(record.head.facts, facts);
//! assert_eq!(record.head.key, b"blog-home");
//! assert!(record.head.tags.contains(b"bio"));
//! assert_eq!(record.payload, b"<h1>Blog</h1>");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | make a record | [`Unsealed`], with [`Facts`] |
//! | make one whose payload comes in pieces | [`Stream`] |
//! | read a value | [`parse`], which gives a [`Record`] |
//! | look at an entry without reading its value | [`parse_head`], which gives a [`Head`] |
//! | check a payload piece by piece | [`Head::chunks`], which gives [`Chunks`] |
//! | know how many bytes that takes | [`peek_head_len`], or the [`ParseError::NeedBytes`] of a first try |
//! | find a number of the format | [`header`] |
//!
//! The format is specified in chapter 2 of `docs/FORMAT.md`; this crate follows that page, and its tests hold
//! the two together. What the crate promises of *any* bytes: a parse never panics, never allocates, and gives
//! either exactly what was sealed or a [`ParseError`]. Damage of up to 32 bits in a row is always found,
//! larger damage with all but one chance in 2^32. It is no defence against someone who forges a
//! record on purpose: whoever may write in the cache's directory is trusted to be its owner.

mod chunks;
mod error;
mod head;
pub mod header;
mod parse;
mod seal;
mod stream;
mod tags;

pub use chunks::Chunks;
pub use error::{ParseError, SealError};
pub use head::{Facts, Head};
pub use parse::{Record, parse, parse_head, peek_head_len};
pub use seal::Unsealed;
pub use stream::{Ends, Stream};
pub use tags::{Tags, TagsIter};
