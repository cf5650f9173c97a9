//! What went wrong, and in which codec.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// A value could not be turned into bytes.
///
/// `Display` reads alone and holds no part of the value. [`source`](Error::source) is the error of the
/// format's own library, whole; its text may quote a fragment of the value, so print the chain only
/// where values may be seen.
///
/// ```
/// use tagcache_codec::EncodeError;
///
/// let error = EncodeError::new("prices", "a price is negative");
/// assert_eq!(error.to_string(), "prices cannot encode the value: a price is negative");
/// ```
#[derive(Debug)]
pub struct EncodeError(Fault);

/// Bytes could not be turned into a value: cut short, too long, damaged, or of another type.
///
/// `Display` reads alone and holds no part of the bytes. [`source`](Error::source) is the error of the
/// format's own library, whole; its text may quote a fragment of the payload, so print the chain only
/// where values may be seen.
///
/// ```
/// use tagcache_codec::{Decode, DecodeError, Raw};
///
/// let error: DecodeError = Decode::<&str>::decode(&Raw, b"\xFF").unwrap_err();
/// assert_eq!(error.to_string(), "raw cannot decode the bytes: they are not UTF-8");
/// ```
#[derive(Debug)]
pub struct DecodeError(Fault);

#[derive(Debug)]
struct Fault {
    codec: &'static str,
    what: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    fn new(codec: &'static str, what: Cow<'static, str>) -> Self {
        Self { codec, what, source: None }
    }

    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl EncodeError {
    /// An error of the codec named `codec`; `what` finishes the sentence and quotes nothing of the value.
    pub fn new(codec: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        Self(Fault::new(codec, what.into()))
    }

    /// The same error, with the one that caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The [`NAME`](crate::Codec::NAME) of the codec that failed.
    pub fn codec(&self) -> &'static str {
        self.0.codec
    }
}

impl DecodeError {
    /// An error of the codec named `codec`; `what` finishes the sentence and quotes nothing of the bytes.
    pub fn new(codec: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        Self(Fault::new(codec, what.into()))
    }

    /// The error of a decoder that made its value and has `left` bytes left over: another type wrote them.
    pub fn trailing(codec: &'static str, left: usize) -> Self {
        Self::new(codec, format!("{left} bytes are left over behind the value"))
    }

    /// The same error, with the one that caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The [`NAME`](crate::Codec::NAME) of the codec that failed.
    pub fn codec(&self) -> &'static str {
        self.0.codec
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot encode the value: {}", self.0.codec, self.0.what)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot decode the bytes: {}", self.0.codec, self.0.what)
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Error for DecodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
