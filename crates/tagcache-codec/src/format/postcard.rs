//! Postcard: small, fast, not self-describing.

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};

use super::{UNREADABLE, UNWRITABLE, append};
use crate::bound::Limits;
use crate::{Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema};

/// The [postcard](https://docs.rs/postcard) format: the smallest payloads and the fastest decoding.
///
/// The bytes hold no names and no types, so they are safe to read only under the same [`Schema`].
///
/// ```
/// use tagcache_codec::{Decode, Encode, Postcard};
///
/// let mut out = Vec::new();
/// Postcard.encode(&(300u16, "bio"), &mut out)?;
/// assert_eq!(out, b"\xAC\x02\x03bio");
/// let (number, text): (u16, &str) = Postcard.decode(&out)?;
/// assert_eq!((number, text), (300, "bio"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Postcard;

impl Codec for Postcard {
    const ID: CodecId = CodecId::POSTCARD;
    const NAME: &'static str = "postcard";
}

impl<T: Serialize + ?Sized> Encode<T> for Postcard {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |out| match postcard::to_io(value, out) {
            Ok(_) => Ok(()),
            Err(error) => Err(EncodeError::new(Self::NAME, UNWRITABLE).caused_by(error)),
        })
    }
}

impl<'a, T: Deserialize<'a>> Decode<'a, T> for Postcard {
    fn decode(&self, bytes: &'a [u8]) -> Result<T, DecodeError> {
        let limits = Limits::for_input(bytes.len());
        let mut deserializer = postcard::Deserializer::from_bytes(bytes);
        let failed = |error| {
            let what = limits.exceeded().unwrap_or(UNREADABLE);
            DecodeError::new(Self::NAME, what).caused_by(error)
        };
        let value = limits.seed().deserialize(&mut deserializer).map_err(failed)?;
        match deserializer.finalize().map_err(failed)? {
            [] => Ok(value),
            rest => Err(DecodeError::trailing(Self::NAME, rest.len())),
        }
    }
}

impl<T: DeserializeOwned> Schema<T> for Postcard {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        crate::schema::shape_of::<T>(false).map(|shape| shape.fingerprint())
    }
}
