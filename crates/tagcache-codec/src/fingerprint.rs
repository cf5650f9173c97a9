//! Telling two shapes apart with eight bytes.

use std::error::Error;
use std::fmt;

/// Identifies the shape of a type as a codec sees it; every record carries one.
///
/// A codec id alone does not make a payload safe to read: postcard and bincode decode the bytes of
/// another type without an error. Two builds of one program whose struct gained, lost, renamed,
/// reordered or retyped a field have two fingerprints, so neither reads what the other wrote.
///
/// It is the 64-bit FNV-1a hash of a canonical text, the same on every platform, in every build and with
/// every compiler. It protects from accidents, not from somebody who looks for a collision.
///
/// ```
/// use tagcache_codec::Fingerprint;
///
/// assert_eq!(Fingerprint::named("invoice v3"), Fingerprint::named("invoice v3"));
/// assert_ne!(Fingerprint::named("invoice v3"), Fingerprint::named("invoice v4"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// A fingerprint chosen by name, for a type whose shape cannot be seen (see [`HiddenShape`]) or that
    /// is versioned by hand. Whoever changes the type must change the name.
    pub const fn named(name: &str) -> Self {
        Self(fnv1a(fnv1a(FNV_OFFSET, b"name:"), name.as_bytes()))
    }

    /// The fingerprint of a canonical description of a shape. For codecs that know their shape without
    /// tracing it; never equal to a [`named`](Self::named) one but by a collision.
    pub const fn of_shape(canonical: &str) -> Self {
        Self(fnv1a(fnv1a(FNV_OFFSET, b"shape:"), canonical.as_bytes()))
    }

    /// The fingerprint as a record stores it.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The fingerprint read back from a record.
    pub const fn from_record(fingerprint: u64) -> Self {
        Self(fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(FNV_PRIME);
        i += 1;
    }
    hash
}

/// The shape of a type cannot be seen from outside, so it needs a name given by hand.
///
/// The message says what to do about it.
///
/// ```
/// let hidden = tagcache_codec::HiddenShape::new("blog::Page", "its fields are flattened");
/// assert_eq!(
///     hidden.to_string(),
///     "the shape of `blog::Page` cannot be seen (its fields are flattened): \
///      give the cache an explicit schema name for it, and change the name whenever the type changes",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenShape {
    type_name: &'static str,
    why: String,
}

impl HiddenShape {
    /// Says that the shape of the type called `type_name` is hidden, and why.
    pub fn new(type_name: &'static str, why: impl Into<String>) -> Self {
        Self { type_name, why: why.into() }
    }

    /// The type whose shape is hidden.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// What stood in the way.
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl fmt::Display for HiddenShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the shape of `{}` cannot be seen ({}): give the cache an explicit schema name for it, and \
             change the name whenever the type changes",
            self.type_name, self.why
        )
    }
}

impl Error for HiddenShape {}
