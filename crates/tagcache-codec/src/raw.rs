//! Bytes and text as they are.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{
    Adopted, Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};

/// No format at all: the payload is the bytes.
///
/// Writes anything that is bytes (`AsRef<[u8]>`) and reads it back as bytes or as text. Both look the same
/// on disk, but they have two fingerprints: who asks for a `String` must not meet another's picture, not
/// even one whose bytes happen to be UTF-8.
///
/// ```
/// use tagcache_codec::{Decode, Encode, Raw};
///
/// let mut out = Vec::new();
/// Raw.encode(&[1u8, 2, 3], &mut out)?;
/// let borrowed: &[u8] = Raw.decode(&out)?;
/// assert_eq!(borrowed, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Raw;

impl Codec for Raw {
    const ID: CodecId = CodecId::RAW;
    const NAME: &'static str = "raw";
}

impl<T: AsRef<[u8]> + ?Sized> Encode<T> for Raw {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(value.as_ref());
        Ok(())
    }
}

/// Values that borrow the payload or share it: made from a slice, by a copy where it needs one.
macro_rules! decode {
    ($through:path: $($value:ty),*) => {$(
        impl<'a> Decode<'a, $value> for Raw {
            fn decode(&self, bytes: &'a [u8]) -> Result<$value, DecodeError> {
                $through(bytes).map(Into::into)
            }
        }
    )*};
}

/// Values that own the payload: a buffer that nobody else needs becomes the value.
macro_rules! decode_or_adopt {
    ($through:path, $owning:path: $($value:ty),*) => {$(
        impl<'a> Decode<'a, $value> for Raw {
            fn decode(&self, bytes: &'a [u8]) -> Result<$value, DecodeError> {
                $through(bytes).map(Into::into)
            }

            fn adopt(&self, buffer: Vec<u8>, start: usize) -> Result<Adopted<$value>, DecodeError> {
                $owning(from(buffer, start)).map(|value| Adopted::Value(value.into()))
            }
        }
    )*};
}

macro_rules! schema {
    ($shape:ident: $($value:ty),*) => {$(
        impl Schema<$value> for Raw {
            fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
                Ok($shape)
            }
        }
    )*};
}

decode!(Ok: Arc<[u8]>, &'a [u8], Cow<'a, [u8]>);
decode_or_adopt!(Ok, Ok: Vec<u8>, Box<[u8]>);
schema!(BYTES: [u8], Vec<u8>, Box<[u8]>, Arc<[u8]>, &[u8], Cow<'_, [u8]>);
decode!(utf8: Arc<str>, &'a str, Cow<'a, str>);
decode_or_adopt!(utf8, owned_utf8: String, Box<str>);
schema!(TEXT: str, String, Box<str>, Arc<str>, &str, Cow<'_, str>);

const BYTES: Fingerprint = Fingerprint::of_shape("raw bytes");
const TEXT: Fingerprint = Fingerprint::of_shape("raw text");

fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(not_utf8)
}

fn owned_utf8(bytes: Vec<u8>) -> Result<String, DecodeError> {
    String::from_utf8(bytes).map_err(|error| not_utf8(error.utf8_error()))
}

fn not_utf8(error: std::str::Utf8Error) -> DecodeError {
    DecodeError::new(Raw::NAME, "they are not UTF-8").caused_by(error)
}

/// The bytes from `start` on, moved to the front of their own buffer.
fn from(mut buffer: Vec<u8>, start: usize) -> Vec<u8> {
    buffer.drain(..start.min(buffer.len()));
    buffer
}
