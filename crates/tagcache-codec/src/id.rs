//! The persisted identity of a codec.

use std::fmt;

/// Says, in every record, which codec wrote the payload.
///
/// An id is part of the file format: it is never given to another codec, not even after its own one
/// is gone. A reader that meets an id other than its own has a miss with a reason, never a guess.
///
/// | bits | meaning |
/// |---|---|
/// | `0x0000_0001..=0x0000_7FFF` | the codecs of this crate |
/// | `0x0000_8000..=0x0000_FFFF` | codecs written elsewhere, see [`CodecId::outside`] |
/// | `0x0001_0000` and up | one bit per wrapper around the codec in the low half |
///
/// ```
/// use tagcache_codec::{Codec, CodecId, Raw};
///
/// assert_eq!(Raw::ID.get(), 1);
/// assert_eq!(CodecId::outside(0x8001).to_string(), "outside-0x8001");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodecId(u32);

impl CodecId {
    pub(crate) const RAW: Self = Self(0x01);
    #[cfg(feature = "json")]
    pub(crate) const JSON: Self = Self(0x02);
    #[cfg(feature = "bincode")]
    pub(crate) const BINCODE: Self = Self(0x03);
    #[cfg(feature = "cbor")]
    pub(crate) const CBOR: Self = Self(0x04);
    #[cfg(feature = "postcard")]
    pub(crate) const POSTCARD: Self = Self(0x05);
    #[cfg(feature = "zstd")]
    pub(crate) const ZSTD_BIT: u32 = 0x1_0000;
    #[cfg(feature = "lz4")]
    pub(crate) const LZ4_BIT: u32 = 0x2_0000;

    /// The id of a codec written outside of this crate.
    ///
    /// # Panics
    ///
    /// If `id` is below `0x8000`, that is, in the range of this crate. In a `const`, where an id
    /// belongs, that is a compile error.
    pub const fn outside(id: u16) -> Self {
        assert!(id >= 0x8000, "ids below 0x8000 belong to tagcache-codec");
        Self(id as u32)
    }

    /// The id as a record stores it.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The id read back from a record. Any number is an id: it need not be one that this build knows.
    pub const fn from_record(id: u32) -> Self {
        Self(id)
    }

    /// The id of this codec inside a wrapper. Compressing twice only costs time, so one wrapper is all
    /// there is room for, and a second one does not compile.
    #[cfg(any(feature = "zstd", feature = "lz4"))]
    pub(crate) const fn wrapped(self, bit: u32) -> Self {
        assert!(self.0 <= 0xFFFF, "a compressed codec cannot be compressed again");
        Self(self.0 | bit)
    }
}

impl fmt::Display for CodecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> 16 {
            0 => {}
            1 => f.write_str("zstd+")?,
            2 => f.write_str("lz4+")?,
            other => write!(f, "wrapper-{other:#x}+")?,
        }
        match self.0 & 0xFFFF {
            0x01 => f.write_str("raw"),
            0x02 => f.write_str("json"),
            0x03 => f.write_str("bincode"),
            0x04 => f.write_str("cbor"),
            0x05 => f.write_str("postcard"),
            outside @ 0x8000.. => write!(f, "outside-{outside:#x}"),
            unknown => write!(f, "unknown-{unknown:#x}"),
        }
    }
}
