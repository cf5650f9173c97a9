//! The contract between a cache and a format.

use crate::{CodecId, DecodeError, EncodeError, Fingerprint, HiddenShape};

/// A format that payloads can be written in.
///
/// What it can write and read is said by [`Encode`], [`Decode`] and [`Schema`], each with its own bounds
/// on the value. The crate page has the checklist for whoever writes one.
pub trait Codec: Send + Sync + 'static {
    /// The identity written into every record. It must never be given to bytes of another layout: a codec
    /// that changes its layout takes a new id.
    const ID: CodecId;

    /// The name that errors show.
    const NAME: &'static str;
}

/// Turns a value into bytes.
///
/// ```
/// use tagcache_codec::{Encode, Raw};
///
/// let mut out = b"header ".to_vec();
/// Raw.encode("payload", &mut out)?;
/// assert_eq!(out, b"header payload");
/// # Ok::<(), tagcache_codec::EncodeError>(())
/// ```
pub trait Encode<T: ?Sized>: Codec {
    /// Appends the bytes of `value` to `out`; what stood there before stays as it was.
    ///
    /// # Errors
    ///
    /// If the format cannot express the value, or if the value refuses to be written. `out` then has its
    /// old length again.
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}

/// Turns bytes back into a value, which may borrow from them.
///
/// ```
/// use tagcache_codec::{Decode, Raw};
///
/// let payload = b"payload".to_vec();
/// let text: &str = Raw.decode(&payload)?;
/// assert_eq!(text, "payload");
/// # Ok::<(), tagcache_codec::DecodeError>(())
/// ```
pub trait Decode<'a, T>: Codec {
    /// Reads one value that takes up all of `bytes`. Whatever the bytes are, it neither panics nor
    /// overflows the stack, and the memory it takes is bounded by their length.
    ///
    /// # Errors
    ///
    /// If the bytes are cut short, damaged, of another type, nested too deeply, or longer than the value.
    fn decode(&self, bytes: &'a [u8]) -> Result<T, DecodeError>;

    /// Makes the value of a buffer that nobody else needs, if this codec can do that without a copy: what
    /// [`decode`](Self::decode) gives for all of `buffer` from `start` on. Otherwise it gives the buffer back, as all
    /// do whose values are no mere bytes. [`decode_owned`] is for callers.
    ///
    /// # Errors
    ///
    /// As for [`decode`](Self::decode).
    fn adopt(&self, buffer: Vec<u8>, start: usize) -> Result<Adopted<T>, DecodeError> {
        let _ = start;
        Ok(Adopted::No(buffer))
    }
}

/// What became of a buffer that was offered to [`Decode::adopt`].
#[derive(Debug)]
pub enum Adopted<T> {
    /// It is a value now.
    Value(T),
    /// It is as it was.
    No(Vec<u8>),
}

/// Reads the value that takes up all of `buffer` from `start` on: as [`Decode::decode`] does, and without a copy where
/// the value is made of the bytes themselves.
///
/// ```
/// use tagcache_codec::{Raw, decode_owned};
///
/// let payload = b"a large picture".to_vec();
/// let place = payload.as_ptr();
/// let picture: Vec<u8> = decode_owned(&Raw, payload, 0)?;
/// assert_eq!(picture, b"a large picture");
/// assert_eq!(picture.as_ptr(), place, "the very same bytes");
/// # Ok::<(), tagcache_codec::DecodeError>(())
/// ```
///
/// # Errors
///
/// As for [`Decode::decode`].
pub fn decode_owned<T, C: for<'a> Decode<'a, T>>(
    codec: &C,
    buffer: Vec<u8>,
    start: usize,
) -> Result<T, DecodeError> {
    match codec.adopt(buffer, start)? {
        Adopted::Value(value) => Ok(value),
        Adopted::No(buffer) => codec.decode(buffer.get(start..).unwrap_or_default()),
    }
}

/// Tells the shapes of types apart, so that no value is read as another type's.
///
/// ```
/// use tagcache_codec::{Raw, Schema};
///
/// let bytes = Schema::<Vec<u8>>::fingerprint(&Raw)?;
/// assert_eq!(bytes, Schema::<Box<[u8]>>::fingerprint(&Raw)?, "a vector and a box hold the same bytes");
/// assert_ne!(bytes, Schema::<String>::fingerprint(&Raw)?, "text is not just any bytes");
/// # Ok::<(), tagcache_codec::HiddenShape>(())
/// ```
pub trait Schema<T: ?Sized>: Codec {
    /// The fingerprint of the shape in which this codec sees `T`. It may take microseconds: ask once per
    /// type.
    ///
    /// # Errors
    ///
    /// If the shape cannot be seen from outside; the message says why, and what to do.
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape>;
}
