//! Keys that are made of values: different values, different bytes; the same in every build and process.

use std::io::Write;

/// A value that may be part of a key: what the arguments of a function under [`#[cached]`](crate::cached) must be.
///
/// Numbers, text, paths, `bool`, `char`, times, addresses, and options, lists, maps and tuples of those are. For a type of
/// your own, write what tells its values apart, as *one* other part; a tuple takes several:
///
/// ```
/// use tagcache::{KeyPart, KeyPlace, Written};
///
/// struct Post {
///     blog: String,
///     number: u32,
///     body: String, // follows from the other two
/// }
///
/// impl KeyPart for Post {
///     fn write(&self, place: KeyPlace<'_>) -> Written {
///         (&self.blog, self.number).write(place)
///     }
/// }
///
/// enum Shown {
///     Newest,
///     Tagged(String),
/// }
///
/// impl KeyPart for Shown {
///     fn write(&self, place: KeyPlace<'_>) -> Written {
///         match self {
///             Self::Newest => "newest".write(place),
///             Self::Tagged(tag) => ("tagged", tag).write(place),
///         }
///     }
/// }
/// ```
///
/// What is written can be read by people: `("blog-home",7)`. It is the same with every compiler and on every machine. Two
/// values of one type write the same bytes only if they are equal: no value ends where another one goes on, so
/// `("ab", "c")` and `("a", "bc")` differ.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a key",
    label = "`{Self}` is not a `KeyPart`",
    note = "leave the argument out of the key with `ignore(…)`, or give what it stands for: `key = (\"name\", user.id)`",
    note = "or implement `KeyPart` for the type, if it is yours"
)]
pub trait KeyPart {
    /// Writes this value into its place in the key. The place is used up by writing one part into it, so exactly one is
    /// written.
    fn write(&self, place: KeyPlace<'_>) -> Written;
}

/// The place of one [`KeyPart`] in a key.
#[derive(Debug)]
pub struct KeyPlace<'a>(&'a mut Vec<u8>);

/// Says that a [`KeyPlace`] was filled. Only the parts that this crate knows make one.
#[derive(Debug)]
pub struct Written(());

impl KeyPlace<'_> {
    /// Something whose text neither ends early nor looks like another part: digits, mostly.
    pub(super) fn plain(self, text: std::fmt::Arguments<'_>) -> Written {
        // A vector takes whatever it is given.
        let _ = self.0.write_fmt(text);
        Written(())
    }

    /// Text or other bytes, in quotes.
    pub(super) fn quoted(self, text: &[u8]) -> Written {
        self.0.push(b'"');
        for &byte in text {
            if byte == b'"' || byte == b'\\' {
                self.0.push(b'\\');
            }
            self.0.push(byte);
        }
        self.0.push(b'"');
        Written(())
    }

    /// Several parts, between brackets and with commas.
    pub(super) fn several(self, brackets: [u8; 2], parts: impl IntoIterator<Item = impl KeyPart>) -> Written {
        let [opening, closing] = brackets;
        self.0.push(opening);
        for (number, part) in parts.into_iter().enumerate() {
            if number > 0 {
                self.0.push(b',');
            }
            part.write(KeyPlace(&mut *self.0));
        }
        self.0.push(closing);
        Written(())
    }
}

pub(super) const ROUND: [u8; 2] = *b"()";
pub(super) const SQUARE: [u8; 2] = *b"[]";

/// The key that a part makes, as in `#[cached(key = (…))]`: for calls that take a key.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// use tagcache::{Cache, cached, key_of};
///
/// #[cached(key = ("post", id))]
/// fn post(id: u64) -> String {
///     format!("post {id}")
/// }
///
/// assert_eq!(key_of(&("post", 7)), br#"("post",7)"#);
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// tagcache::with_installed(&cache, || post(7));
/// assert!(cache.get::<String>(key_of(&("post", 7)))?.is_some());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn key_of(part: &(impl KeyPart + ?Sized)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    part.write(KeyPlace(&mut bytes));
    bytes
}

/// The key of a call: a path, and parts in parentheses.
pub(super) fn key_of_call(path: String, parts: &[&dyn KeyPart]) -> Vec<u8> {
    let mut bytes = path.into_bytes();
    KeyPlace(&mut bytes).several(ROUND, parts);
    bytes
}
