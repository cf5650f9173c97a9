//! What keeps the cache from doing what it was asked.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use tagcache_codec::{DecodeError, EncodeError, HiddenShape};
use tagcache_fs::{Incomplete, NameError, OpenError};
use tagcache_record::SealError;

/// An error of the cache.
///
/// A missing, damaged, outdated or invalid entry is none: that is a miss, with its reason. Nothing of a value is in
/// the text of an error.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The cache directory could not be opened.
    Open(OpenError),
    /// No directory can have this path: it is empty, or has a NUL byte in it.
    BadPath(PathBuf),
    /// A key or a tag is empty or too long.
    Name(NameError),
    /// An entry was given more tags than the cache allows.
    TooManyTags {
        /// How many different tags there were.
        given: usize,
        /// How many there may be, see [`Builder::max_tags`](crate::Builder::max_tags).
        limit: usize,
    },
    /// Entries with all of no tags were asked for: that would be all entries.
    NoTags,
    /// The value is larger than the whole cache may be.
    TooLarge {
        /// The length of its record.
        bytes: u64,
        /// The limit, see [`Limits`](crate::Limits).
        limit: u64,
    },
    /// The shape of a type cannot be seen, so its values could be mistaken for those of another version of it. Give it a
    /// name: [`Cache::with_schema`](crate::Cache::with_schema), [`Policy::schema`](crate::Policy::schema).
    HiddenShape(HiddenShape),
    /// The codec cannot encode the value.
    Encode(EncodeError),
    /// The codec encodes the value and cannot decode what it wrote: with another codec, or another representation of
    /// the type, it may.
    NotDecodable {
        /// The type of the value.
        type_name: &'static str,
        /// What the codec said.
        source: DecodeError,
    },
    /// The value does not fit in a record.
    Seal(SealError),
    /// What a value was to be read from failed: [`Cache::put_reader`](crate::Cache::put_reader).
    Source(std::io::Error),
    /// An earlier write of a value that is [written piece by piece](crate::Writer) failed: it is not whole, and cannot be
    /// stored.
    WriteFailed,
    /// A system call failed.
    Io(tagcache_fs::Error),
    /// An invalidation could not be completed, and something may still be served.
    Incomplete(Incomplete),
    /// Another caller computes the value for longer than the policy waits, and the policy says
    /// [`AfterWait::Fail`](crate::AfterWait::Fail).
    WaitedTooLong {
        /// The place of the key.
        key: PathBuf,
    },
    /// A computation failed, and an old value stood in for its error. Only the fault hook is told so.
    StoodIn {
        /// The place of the key.
        key: PathBuf,
    },
    /// The calling thread holds the lease of this key already: it would wait for itself.
    LeaseHeldHere {
        /// The place of the key.
        key: PathBuf,
    },
}

impl Error {
    /// A short word for each kind, for counters and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::BadPath(_) => "bad path",
            Self::Name(_) => "name",
            Self::TooManyTags { .. } => "too many tags",
            Self::NoTags => "no tags",
            Self::HiddenShape(_) => "hidden shape",
            Self::Encode(_) => "encode",
            Self::NotDecodable { .. } => "not decodable",
            Self::Seal(_) => "seal",
            Self::Source(_) => "source",
            Self::WriteFailed => "write failed",
            Self::Io(_) => "io",
            Self::Incomplete(_) => "incomplete",
            Self::WaitedTooLong { .. } => "waited too long",
            Self::StoodIn { .. } => "stood in",
            Self::LeaseHeldHere { .. } => "lease held here",
            Self::TooLarge { .. } => "too large",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => on_one_line(error, f),
            Self::BadPath(path) => no_path(path, f),
            Self::Name(error) => error.fmt(f),
            Self::TooManyTags { given, limit } => write!(
                f,
                "an entry with {given} tags has more than the {limit} that this cache allows; use fewer, coarser \
                 tags, or raise the limit with Builder::max_tags"
            ),
            Self::NoTags => f.write_str(
                "all of no tags was asked for: name at least one, or clear the cache with Cache::clear",
            ),
            Self::TooLarge { bytes, limit } => write!(
                f,
                "a record of {bytes} bytes is beyond the limit of this cache, which is {limit}; it was not stored: raise \
                 the limit, or leave such values out"
            ),
            Self::HiddenShape(error) => write!(
                f,
                "the shape of `{}` cannot be seen ({}): give it a name with Cache::with_schema or Policy::schema \
                 (`schema = \"…\"` in #[cached]), and another one whenever the type changes",
                error.type_name(),
                error.why()
            ),
            Self::Encode(error) => error.fmt(f),
            Self::NotDecodable { type_name, source } => write!(
                f,
                "a value of type {type_name} was encoded and cannot be decoded again: {source}; use another codec, or \
                 another serde representation of the type"
            ),
            Self::Seal(error) => error.fmt(f),
            Self::Source(_) => f.write_str("the source of a value failed, so nothing was stored"),
            Self::WriteFailed => {
                f.write_str("an earlier write of this value failed, so it is not whole and cannot be stored")
            }
            Self::Io(error) => on_one_line(error, f),
            Self::Incomplete(error) => on_one_line(error, f),
            Self::WaitedTooLong { key } => write!(
                f,
                "another caller is still computing the key whose place is {}; raise the limit of the policy, or try again",
                key.display()
            ),
            Self::StoodIn { key } => write!(
                f,
                "the computation of the key whose place is {} failed, and its old value was served instead",
                key.display()
            ),
            Self::LeaseHeldHere { key } => write!(
                f,
                "this thread is already filling the key whose place is {}; commit or drop that fill before asking again",
                key.display()
            ),
        }
    }
}

/// The path of a directory may hold what ends a line or moves the cursor, and an error reads alone in a log.
fn on_one_line(error: &impl fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    struct OneLine<'a, 'f>(&'a mut fmt::Formatter<'f>);
    impl fmt::Write for OneLine<'_, '_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            text.chars().try_for_each(|char| {
                if char.is_control() {
                    write!(self.0, "{}", char.escape_debug())
                } else {
                    self.0.write_char(char)
                }
            })
        }
    }
    write!(OneLine(f), "{error}")
}

fn no_path(path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if path.as_os_str().is_empty() {
        return f.write_str("the path of the cache is empty; name a directory");
    }
    write!(f, "no directory can have the path {path:?}, since there is a NUL byte in it; name another one")
}

impl std::error::Error for Error {
    /// A variant that holds the error of a layer below reads like that error, so its source is what caused *that*: a
    /// report that prints the whole chain says nothing twice.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // It reads like that call, too.
            Self::Open(OpenError::Io(error)) => error.source(),
            Self::Open(error) => error.source(),
            Self::Name(error) => error.source(),
            Self::HiddenShape(error) => error.source(),
            Self::Encode(error) => error.source(),
            Self::NotDecodable { source, .. } => Some(source),
            Self::Seal(error) => error.source(),
            Self::Source(error) => Some(error),
            Self::Io(error) => error.source(),
            Self::Incomplete(error) => error.source(),
            Self::BadPath(_)
            | Self::TooManyTags { .. }
            | Self::TooLarge { .. }
            | Self::NoTags
            | Self::WriteFailed
            | Self::WaitedTooLong { .. }
            | Self::StoodIn { .. }
            | Self::LeaseHeldHere { .. } => None,
        }
    }
}

macro_rules! from {
    ($($source:ty => $variant:ident),* $(,)?) => {$(
        impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}
from!(
    OpenError => Open,
    NameError => Name,
    HiddenShape => HiddenShape,
    EncodeError => Encode,
    SealError => Seal,
    tagcache_fs::Error => Io,
    Incomplete => Incomplete,
);
