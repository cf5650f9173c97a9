//! CBOR: self-describing and binary.

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer};
use serde::{Deserialize, Serialize};

use super::{UNREADABLE, UNWRITABLE, append};
use crate::bound::Limits;
use crate::limits::MAX_DEPTH;
use crate::{Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema};

/// [CBOR](https://docs.rs/ciborium) (RFC 8949): takes in the most types, since it knows NaN, keys of any kind
/// and what it holds.
///
/// The library copies what it reads, so nothing borrows from the bytes. Byte strings of more than 4096
/// bytes are only read into `serde_bytes::ByteBuf` and the like.
///
/// ```
/// use tagcache_codec::{Cbor, Decode, Encode};
///
/// let mut out = Vec::new();
/// Cbor.encode(&(300u16, "bio"), &mut out)?;
/// assert_eq!(out, b"\x82\x19\x01\x2C\x63bio");
/// let (number, text): (u16, String) = Cbor.decode(&out)?;
/// assert_eq!((number, text.as_str()), (300, "bio"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cbor;

impl Codec for Cbor {
    const ID: CodecId = CodecId::CBOR;
    const NAME: &'static str = "cbor";
}

impl<T: Serialize + ?Sized> Encode<T> for Cbor {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |out| {
            ciborium::into_writer(value, out)
                .map_err(|error| EncodeError::new(Self::NAME, UNWRITABLE).caused_by(error))
        })
    }
}

impl<T: DeserializeOwned> Decode<'_, T> for Cbor {
    fn decode(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        let mut rest = bytes;
        let Within(value) = ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH)
            .map_err(|error| DecodeError::new(Self::NAME, UNREADABLE).caused_by(error))?;
        let value = value.map_err(|limit| DecodeError::new(Self::NAME, limit))?;
        match rest.len() {
            0 => Ok(value),
            left => Err(DecodeError::trailing(Self::NAME, left)),
        }
    }
}

/// A value within limits, or the limit that it exceeds. The library gives out no deserializer to wrap, so
/// the limits come in through the type. Every element takes up a byte of CBOR: only the depth needs one.
struct Within<T>(Result<T, &'static str>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Within<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limits = Limits::for_input(usize::MAX);
        match (limits.seed().deserialize(deserializer), limits.exceeded()) {
            (Err(_), Some(limit)) => Ok(Self(Err(limit))),
            (value, _) => value.map(|value| Self(Ok(value))),
        }
    }
}

impl<T: DeserializeOwned> Schema<T> for Cbor {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        crate::schema::shape_of::<T>(false).map(|shape| shape.fingerprint())
    }
}
