//! Bincode: for programs that have it already.

use bincode::config::{Configuration, LittleEndian, Varint, standard};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{UNREADABLE, UNWRITABLE, append};
use crate::bound::Limits;
use crate::limits::MAX_LEN;
use crate::{Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema};

/// The [bincode](https://docs.rs/bincode/2.0.1) 2 format in its standard configuration.
///
/// The `bincode` crate is no longer maintained ([RUSTSEC-2025-0141]), and no later release of it can be
/// used. Nothing is known to be wrong with version 2.0.1, and what it does not check is checked here, but a
/// new program is better off with [postcard](https://docs.rs/postcard), which is also smaller and faster.
///
/// [RUSTSEC-2025-0141]: https://rustsec.org/advisories/RUSTSEC-2025-0141
///
/// ```
/// use tagcache_codec::{Bincode, Decode, Encode};
///
/// let mut out = Vec::new();
/// Bincode.encode(&(300u16, "bio"), &mut out)?;
/// assert_eq!(out, b"\xFB\x2C\x01\x03bio");
/// let (number, text): (u16, &str) = Bincode.decode(&out)?;
/// assert_eq!((number, text), (300, "bio"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bincode;

const CONFIG: Configuration<LittleEndian, Varint, bincode::config::Limit<MAX_LEN>> =
    standard().with_limit::<MAX_LEN>();

impl Codec for Bincode {
    const ID: CodecId = CodecId::BINCODE;
    const NAME: &'static str = "bincode";
}

impl<T: Serialize + ?Sized> Encode<T> for Bincode {
    fn encode(&self, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |out| match bincode::serde::encode_into_std_write(value, out, CONFIG) {
            Ok(len) if len <= MAX_LEN => Ok(()),
            Ok(_) => Err(EncodeError::new(Self::NAME, "it takes up more bytes than would be read back")),
            Err(error) => Err(EncodeError::new(Self::NAME, UNWRITABLE).caused_by(error)),
        })
    }
}

impl<'a, T: Deserialize<'a>> Decode<'a, T> for Bincode {
    fn decode(&self, bytes: &'a [u8]) -> Result<T, DecodeError> {
        let limits = Limits::for_input(bytes.len()).borrowing_strings();
        let (value, read) =
            bincode::serde::seed_decode_from_slice(limits.seed(), bytes, CONFIG).map_err(|error| {
                let what = limits.exceeded().unwrap_or(UNREADABLE);
                DecodeError::new(Self::NAME, what).caused_by(error)
            })?;
        match bytes.len() - read {
            0 => Ok(value),
            left => Err(DecodeError::trailing(Self::NAME, left)),
        }
    }
}

impl<T: DeserializeOwned> Schema<T> for Bincode {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        crate::schema::shape_of::<T>(false).map(|shape| shape.fingerprint())
    }
}
