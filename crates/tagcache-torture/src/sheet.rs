//! The codec of the pages, and why a page may be written late.

use std::cell::OnceCell;

use tagcache_codec::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};

/// The bytes of a page.
#[derive(Debug)]
pub(crate) struct Sheet(Vec<u8>);

impl Sheet {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The bytes of a page on its way in.
///
/// What a put stores must not be older than the beginning of the put, or the rules would blame the cache for what its
/// caller knew before. So a page may be computed at the moment when the cache asks for its bytes: by then the put has
/// taken its mark.
pub(crate) struct LateSheet {
    bytes: OnceCell<Vec<u8>>,
    compute: Option<Box<dyn Fn() -> Vec<u8>>>,
}

impl LateSheet {
    /// Computed once, when it is first asked for.
    pub(crate) fn new(compute: impl Fn() -> Vec<u8> + 'static) -> Self {
        Self { bytes: OnceCell::new(), compute: Some(Box::new(compute)) }
    }

    /// The bytes, if somebody asked for them already.
    pub(crate) fn written(&self) -> Option<&[u8]> {
        self.bytes.get().map(Vec::as_slice)
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

impl Encode<LateSheet> for Sheets {
    fn encode(&self, value: &LateSheet, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let compute = || value.compute.as_ref().map(|compute| compute()).unwrap_or_default();
        out.extend_from_slice(value.bytes.get_or_init(compute));
        Ok(())
    }
}

impl Decode<'_, LateSheet> for Sheets {
    fn decode(&self, bytes: &[u8]) -> Result<LateSheet, DecodeError> {
        Ok(LateSheet { bytes: OnceCell::from(bytes.to_vec()), compute: None })
    }
}

impl Schema<LateSheet> for Sheets {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        Schema::<Sheet>::fingerprint(self)
    }
}
