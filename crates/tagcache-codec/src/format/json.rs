//! JSON: what a person can read.

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};

use super::{UNREADABLE, UNWRITABLE, append};
use crate::bound::Limits;
use crate::{Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema};

/// [JSON](https://docs.rs/serde_json), compact: for payloads that people or other programs look at.
///
/// Every finite float comes back as it was. NaN and the infinities are written as `null`, which does not
/// decode.
///
/// ```
/// use tagcache_codec::{Decode, Encode, Json};
///
/// let mut out = Vec::new();
/// Json.encode(&(300u16, "bio"), &mut out)?;
/// assert_eq!(out, br#"[300,"bio"]"#);
/// let (number, text): (u16, &str) = Json.decode(&out)?;
/// assert_eq!((number, text), (300, "bio"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json;

impl Codec for Json {
    const ID: CodecId = CodecId::JSON;
    const NAME: &'static str = "json";
}

impl<T: Serialize + ?Sized> Encode<T> for Json {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |out| {
            serde_json::to_writer(out, value)
                .map_err(|error| EncodeError::new(Self::NAME, UNWRITABLE).caused_by(error))
        })
    }
}

impl<'a, T: Deserialize<'a>> Decode<'a, T> for Json {
    fn decode(&self, bytes: &'a [u8]) -> Result<T, DecodeError> {
        // White space behind a value would be read over, but nobody here writes any.
        let blank = bytes.len() - bytes.trim_ascii_end().len();
        if blank > 0 {
            return Err(DecodeError::trailing(Self::NAME, blank));
        }
        let limits = Limits::for_input(bytes.len());
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = limits.seed().deserialize(&mut deserializer);
        value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
            let what = limits.exceeded().unwrap_or(UNREADABLE);
            DecodeError::new(Self::NAME, what).caused_by(error)
        })
    }
}

impl<T: DeserializeOwned> Schema<T> for Json {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        crate::schema::shape_of::<T>(true).map(|shape| shape.fingerprint())
    }
}
