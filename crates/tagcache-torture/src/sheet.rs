//! The codec of the pages, and why a page may be written late.

use std::cell::OnceCell;
use std::fmt;

use tagcache_codec::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};

/// The bytes of a page on its way in or out.
///
/// What a put stores must not be older than the beginning of the put, or the rules would blame the cache for what its
/// caller knew before. So a page may be computed at the moment when the cache asks for its bytes: by then the put has
/// taken its mark.
pub(crate) struct Sheet {
    bytes: OnceCell<Vec<u8>>,
    late: Option<Box<dyn Fn() -> Vec<u8>>>,
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sheet").field(&self.bytes.get().map(Vec::len)).finish()
    }
}

impl Sheet {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: OnceCell::from(bytes), late: None }
    }

    /// Computed once, when it is first asked for.
    pub(crate) fn late(compute: impl Fn() -> Vec<u8> + 'static) -> Self {
        Self { bytes: OnceCell::new(), late: Some(Box::new(compute)) }
    }

    /// The bytes, if somebody asked for them already.
    pub(crate) fn written(&self) -> Option<&[u8]> {
        self.bytes.get().map(Vec::as_slice)
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.late.as_ref().map(|late| late()).unwrap_or_default())
    }
}

/// Sheets as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sheets;

impl Codec for Sheets {
    const ID: CodecId = CodecId::outside(0x9001);
    const NAME: &'static str = "sheets";
}

impl Encode<Sheet> for Sheets {
    fn encode(&self, value: &Sheet, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(value.bytes());
        Ok(())
    }
}

impl Decode<'_, Sheet> for Sheets {
    fn decode(&self, bytes: &[u8]) -> Result<Sheet, DecodeError> {
        Ok(Sheet::new(bytes.to_vec()))
    }
}

impl Schema<Sheet> for Sheets {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        Ok(Fingerprint::of_shape("torture sheet"))
    }
}
