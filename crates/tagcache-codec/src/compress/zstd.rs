//! Zstandard around another codec.

use std::io::Read;

use zstd::stream::read::Decoder;

use super::plain;
use crate::limits::MAX_LEN;
use crate::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema, decode_owned,
};

/// Compresses what `C` writes with [Zstandard](https://docs.rs/zstd): the smaller of the two wrappers.
///
/// The payload is one plain zstd frame, without a checksum since the record has one. The value is decoded
/// from a buffer that is gone afterwards, so it cannot borrow.
///
/// ```
/// use tagcache_codec::{Codec, Decode, Encode, Raw, Zstd};
///
/// let codec = Zstd::new(Raw).level(9);
/// let mut out = Vec::new();
/// codec.encode(&[b'a'; 1000], &mut out)?;
/// assert!(out.len() < 30);
/// assert_eq!(Decode::<Vec<u8>>::decode(&codec, &out)?, [b'a'; 1000]);
/// assert_eq!(Zstd::<Raw>::ID.to_string(), "zstd+raw");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What is compressed already is not compressed again:
///
/// ```compile_fail
/// tagcache_codec::Zstd::new(tagcache_codec::Zstd::new(tagcache_codec::Raw));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zstd<C> {
    inner: C,
    level: i32,
    max_len: usize,
}

/// Frames of up to level 19 need a window of 8 MiB to be read; what asks for more is not ours.
const MAX_LEVEL: i32 = 19;
const WINDOW_LOG_MAX: u32 = 23;

impl<C: Codec> Zstd<C> {
    /// Around `inner`, with level 3 and [`MAX_LEN`].
    pub fn new(inner: C) -> Self {
        // Asking for the id refuses, while compiling, what has no id.
        let _ = Self::ID;
        Self { inner, level: 3, max_len: MAX_LEN }
    }

    /// The same with another level, from 1 (fast) to 19 (small). A level beyond these ends becomes the
    /// nearest. Every level reads what any other wrote.
    #[must_use]
    pub fn level(mut self, level: i32) -> Self {
        self.level = level.clamp(1, MAX_LEVEL);
        self
    }

    /// The same with another limit on the uncompressed length, at most [`MAX_LEN`].
    #[must_use]
    pub fn max_len(mut self, max_len: usize) -> Self {
        self.max_len = max_len.min(MAX_LEN);
        self
    }

    /// The uncompressed bytes, if they are whole, alone and within the limit.
    fn plain_of(&self, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        // No frame at all would pass for one that holds nothing.
        if bytes.is_empty() {
            return Err(DecodeError::new(Self::NAME, "there are none"));
        }
        let (plain, left) = self.decompress(bytes).map_err(|error| {
            DecodeError::new(Self::NAME, "they are cut short or damaged").caused_by(error)
        })?;
        if plain.len() > self.max_len {
            return Err(DecodeError::new(Self::NAME, "they hold more than the limit"));
        }
        if left > 0 {
            return Err(DecodeError::trailing(Self::NAME, left));
        }
        Ok(plain)
    }

    /// The uncompressed bytes (one more than the limit if there are more) and how many bytes are left over.
    fn decompress(&self, bytes: &[u8]) -> std::io::Result<(Vec<u8>, usize)> {
        let mut decoder = Decoder::with_buffer(bytes)?.single_frame();
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        let mut plain = Vec::new();
        // The length that the frame declares is not asked for: memory grows with what is really there.
        decoder.by_ref().take(self.max_len as u64 + 1).read_to_end(&mut plain)?;
        if plain.len() <= self.max_len {
            decoder.finish_frame()?;
        }
        Ok((plain, decoder.into_inner().len()))
    }
}

impl<C: Codec + Default> Default for Zstd<C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<C: Codec> Codec for Zstd<C> {
    const ID: CodecId = C::ID.wrapped(CodecId::ZSTD_BIT);
    const NAME: &'static str = "zstd";
}

impl<T: ?Sized, C: Encode<T>> Encode<T> for Zstd<C> {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let plain = plain(Self::NAME, &self.inner, value, self.max_len)?;
        let compressed = zstd::bulk::compress(&plain, self.level)
            .map_err(|error| EncodeError::new(Self::NAME, "it cannot be compressed").caused_by(error))?;
        out.extend_from_slice(&compressed);
        Ok(())
    }
}

impl<T, C: for<'p> Decode<'p, T>> Decode<'_, T> for Zstd<C> {
    fn decode(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        decode_owned(&self.inner, self.plain_of(bytes)?, 0)
    }
}

impl<T: ?Sized, C: Schema<T>> Schema<T> for Zstd<C> {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        self.inner.fingerprint()
    }
}
