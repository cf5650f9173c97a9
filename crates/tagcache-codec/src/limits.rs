//! The bounds on what is decoded, in one place.

/// How many levels deep a value may nest to be decoded by a serde codec.
///
/// Every option, newtype, sequence, tuple, map, struct and enum around a value is one level. (The libraries
/// of JSON and CBOR refuse from about the same number of arrays and objects on by themselves.) Encoding does
/// not count: a deeper value is written, and refused when it is read. (A far deeper one overflows the stack
/// of the program that encodes it, as it does when it is dropped.)
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub const MAX_DEPTH: usize = 128;

/// How many elements without any bytes of their own (`()` in postcard and bincode) the sequences of one value
/// may hold together and still be decoded by a serde codec.
///
/// Elements that take up bytes need no limit, since the input bounds them.
#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
pub const MAX_EMPTY_ELEMENTS: usize = 65_536;

/// How many bytes a value may take up in `Bincode`, and inside `Zstd` and `Lz4`: 1 GiB. A longer one is
/// refused when it is encoded already.
#[cfg(any(feature = "bincode", feature = "zstd", feature = "lz4"))]
pub const MAX_LEN: usize = 1 << 30;
