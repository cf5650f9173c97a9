//! LZ4 around another codec.

use lz4_flex::block;

use super::plain;
use crate::limits::MAX_LEN;
use crate::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema, decode_owned,
};

/// Compresses what `C` writes with [LZ4](https://docs.rs/lz4_flex): the faster of the two wrappers, and all
/// Rust.
///
/// The payload is the uncompressed length (four bytes, little-endian) and one LZ4 block. The value is
/// decoded from a buffer that is gone afterwards, so it cannot borrow.
///
/// ```
/// use tagcache_codec::{Codec, Decode, Encode, Lz4, Raw};
///
/// let codec = Lz4::new(Raw);
/// let mut out = Vec::new();
/// codec.encode(&[b'a'; 1000], &mut out)?;
/// assert!(out.len() < 30);
/// assert_eq!(Decode::<Vec<u8>>::decode(&codec, &out)?, [b'a'; 1000]);
/// assert_eq!(Lz4::<Raw>::ID.to_string(), "lz4+raw");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is compressed already is not compressed again:
///
/// ```compile_fail
/// tagcache_codec::Lz4::new(tagcache_codec::Lz4::new(tagcache_codec::Raw));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lz4<C> {
    inner: C,
    max_len: usize,
}

/// One byte of LZ4 stands for at most so many: a longer declared length is a lie.
const MAX_RATIO: usize = 255;

impl<C: Codec> Lz4<C> {
    /// Around `inner`, with [`MAX_LEN`].
    pub fn new(inner: C) -> Self {
        // Asking for the id refuses, while compiling, what has no id.
        let _ = Self::ID;
        Self { inner, max_len: MAX_LEN }
    }

    /// The same with another limit on the uncompressed length, at most [`MAX_LEN`].
    #[must_use]
    pub fn max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len.min(MAX_LEN);
        self
    }

    fn decompress(&self, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let damaged = || DecodeError::new(Self::NAME, "they are cut short or damaged");
        let (len, block) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| damaged())?;
        if len > self.max_len {
            return Err(DecodeError::new(Self::NAME, "they hold more than the limit"));
        }
        if len > block.len().saturating_mul(MAX_RATIO) {
            return Err(damaged());
        }
        let mut plain = vec![0; len];
        match block::decompress_into(block, &mut plain) {
            Ok(filled) if filled == len => Ok(plain),
            Ok(_) => Err(damaged()),
            Err(error) => Err(damaged().caused_by(error)),
        }
    }
}

impl<C: Codec + Default> Default for Lz4<C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<C: Codec> Codec for Lz4<C> {
    const ID: CodecId = C::ID.wrapped(CodecId::LZ4_BIT);
    const NAME: &'static str = "lz4";
}

impl<T: ?Sized, C: Encode<T>> Encode<T> for Lz4<C> {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let plain = plain(Self::NAME, &self.inner, value, self.max_len)?;
        // `MAX_LEN` fits in four bytes, so the conversion cannot fail.
        let len = u32::try_from(plain.len()).map_err(|_| EncodeError::new(Self::NAME, "it is too long"))?;
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&block::compress(&plain));
        Ok(())
    }
}

impl<T, C: for<'p> Decode<'p, T>> Decode<'_, T> for Lz4<C> {
    fn decode(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        decode_owned(&self.inner, self.decompress(bytes)?, 0)
    }
}

impl<T: ?Sized, C: Schema<T>> Schema<T> for Lz4<C> {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        self.inner.fingerprint()
    }
}
