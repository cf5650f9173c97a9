//! Seeing the shape of a type through its `Deserialize`.
//!
//! A type is deserialized again and again from nothing: the recorder notes what is asked of it, answers
//! with a harmless value (`0`, an empty string, one element) and goes through the variants of every enum
//! until each has been taken. Where a value is refused (a `NonZeroU8`, an `IpAddr`), other ones
//! are tried. Nothing of it depends on the platform or the compiler: the visitors' type names serve only
//! to notice within one trace that a type contains itself.

mod access;
mod candidates;
mod choice;
mod node;
mod recorder;
mod text;
mod trace;

use std::fmt;

use serde::de::DeserializeOwned;

use crate::{Fingerprint, HiddenShape};

/// The shape of a type as a serde format sees it: names, types and order of everything inside.
///
/// `Display` shows the canonical text that the [`Fingerprint`] is made of. Back references `^1`, `^2`, …
/// stand for the first, second, … type around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    canonical: String,
}

impl Shape {
    /// The fingerprint of this shape.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_shape(&self.canonical)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

/// Traces the shape of `T`.
///
/// `human_readable` is what the format says of itself: JSON is (an `IpAddr` is then text), the others
/// are not.
///
/// A derived `Deserialize` is seen whole, and so is one written by hand that always asks for the same things. One
/// that reads a version number and then goes on in different ways is seen only in the way that the made-up
/// value takes: give such a type a schema name.
///
/// It calls `T`'s `Deserialize` some dozen times with made-up values, so that one should have no
/// side effects; if it panics, the panic comes through.
///
/// ```
/// let shape = tagcache_codec::shape_of::<Vec<Option<(u32, String)>>>(false)?;
/// assert_eq!(shape.to_string(), "seq<option<(u32, str)>>");
/// # Ok::<(), tagcache_codec::HiddenShape>(())
/// ```
///
/// # Errors
///
/// If the shape cannot be seen: an untagged, internally or adjacently tagged or flattened type, parts that turn out
/// to depend on content, a check that no made-up value passes, or a type too large or nested too deeply to be
/// traced.
pub fn shape_of<T: DeserializeOwned>(human_readable: bool) -> Result<Shape, HiddenShape> {
    trace::trace::<T>(human_readable)
        .and_then(|nodes| text::canonical(&nodes))
        .map(|canonical| Shape { canonical })
        .map_err(|why| HiddenShape::new(std::any::type_name::<T>(), why))
}
