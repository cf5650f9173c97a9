//! The serde formats, one file and one feature each.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "postcard")]
mod postcard;

#[cfg(feature = "bincode")]
pub use self::bincode::Bincode;
#[cfg(feature = "cbor")]
pub use self::cbor::Cbor;
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;

use crate::EncodeError;

/// What there is to say of bytes that are not the value that was asked for.
const UNREADABLE: &str = "they are cut short, damaged or of another type";
/// What there is to say of a value that the format cannot express, or that refuses to be written.
const UNWRITABLE: &str = "it cannot be written";

/// Runs `write`, and takes back what it wrote if it fails.
fn append(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let result = write(out);
    if result.is_err() {
        out.truncate(start);
    }
    result
}
