//! Wrappers that compress what another codec writes.

#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(feature = "lz4")]
pub use self::lz4::Lz4;
#[cfg(feature = "zstd")]
pub use self::zstd::Zstd;

use crate::{Encode, EncodeError};

/// The uncompressed bytes of a value, if they will be read back under the same limit.
fn plain<T: ?Sized, C: Encode<T>>(
    name: &'static str,
    inner: &C,
    value: &T,
    max_len: usize,
) -> Result<Vec<u8>, EncodeError> {
    let mut plain = Vec::new();
    inner.encode(value, &mut plain)?;
    if plain.len() > max_len {
        return Err(EncodeError::new(name, "it takes up more bytes than would be read back"));
    }
    Ok(plain)
}
