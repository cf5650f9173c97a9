//! Names and paths: which bytes of which key lie where in the tree.
//!
//! The tree is that of the seed: `data/<aa>/<bb>/<kind>:<hex of the bytes>`, where `aabb` are the first two bytes,
//! in hex, of the md5 of that last component. md5 only spreads names over folders; nothing rests on its
//! strength. A name that would not fit in 255 bytes is replaced by `<kind>~<hex of its sha256>`.
//!
//! That is the layout `spread`. A root of the layout `compact` leaves out `<bb>/`, and the bucket of a link. A name does not
//! know in which root it will be looked for, so it is kept as in `spread`, and made shorter where it must be.
//!
//! Paths are built on the stack: a hit must not allocate for its name.

mod link;
mod path;

use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::layout::Layout;
use crate::sweep::Shard;

pub use link::LinkName;
pub(crate) use path::RelPath;

/// The folder of entries and tag links.
pub const DATA: &CStr = c"data";
/// The folder of drafts.
pub const TMP: &CStr = c"tmp";
/// The folder of leases.
pub const LOCKS: &CStr = c"locks";
/// The log.
pub const LOG: &CStr = c"log";
/// How much there is, and where a sweep stopped.
pub const USAGE: &CStr = c"usage";
/// The settings of the root.
pub const FORMAT: &CStr = c"tagcache.format";
/// The mark that backup tools look for; the same file as [`FORMAT`].
pub const CACHEDIR_TAG: &CStr = c"CACHEDIR.TAG";

/// The longest key and the longest tag, in bytes.
pub const MAX_NAME_BYTES: usize = 4096;

/// The longest name of one file, on every filesystem that is used.
const MAX_COMPONENT: usize = 255;
/// How many bytes of key still fit after `key:` in hex.
const MAX_PLAIN: usize = (MAX_COMPONENT - 4) / 2;

/// Why some bytes are not a key or a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// No bytes at all.
    Empty {
        /// `key` or `tag`.
        kind: &'static str,
    },
    /// More than [`MAX_NAME_BYTES`].
    TooLong {
        /// `key` or `tag`.
        kind: &'static str,
        /// The length given, in bytes.
        len: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { kind } => write!(f, "a {kind} must have at least one byte"),
            Self::TooLong { kind, len } => write!(
                f,
                "a {kind} of {len} bytes is longer than {MAX_NAME_BYTES}; use a digest of it as the {kind}"
            ),
        }
    }
}

impl std::error::Error for NameError {}

/// A collision-resistant digest of a key or a tag: the first 16 bytes of its sha256. It names drafts and
/// leases, and stands for the key or tag in the log.
///
/// ```
/// use tagcache_fs::Key;
///
/// // printf %s blog-home | sha256sum
/// let digest = Key::new("blog-home")?.digest();
/// assert_eq!(format!("{digest:?}"), "b15218d2fab834b7c2c058fd870043a0");
/// // That of a long key, whose name in the tree is a digest already, is no digest of that digest.
/// let digest = Key::new([b'x'; 126])?.digest();
/// assert_eq!(format!("{digest:?}"), "19981abaa977c9ab097c239adda74b22");
/// # Ok::<(), tagcache_fs::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

impl Digest {
    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn hex(&self) -> [u8; 32] {
        let mut hex = [0; 32];
        // The lengths match, so this cannot fail.
        let _ = hex::encode_to_slice(self.0, &mut hex);
        hex
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether a name is that of an entry or of a tag's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// An entry.
    Key,
    /// A tag.
    Tag,
}

impl NameKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Tag => "tag",
        }
    }
}

/// A key or a tag with its place in the tree, `data/aa/bb/<component>`, and nothing else: the component says which bytes
/// they are.
#[derive(Clone, PartialEq, Eq)]
struct Name(RelPath);

/// `key` or `tag`.
const KIND: usize = 3;

impl Name {
    // Inlined into whoever asks, where the path is then built in its place: it is too long to be passed around on the
    // way of every hit.
    #[inline]
    fn new(kind: NameKind, bytes: &[u8]) -> Result<Self, NameError> {
        check(kind, bytes)?;
        let mut name = Self(RelPath::new());
        name.write(kind, bytes);
        Ok(name)
    }

    fn write(&mut self, kind: NameKind, bytes: &[u8]) {
        let path = &mut self.0;
        path.push(b"data/aa/bb/").push(kind.word().as_bytes());
        if bytes.len() <= MAX_PLAIN {
            path.push(b":").push_hex(bytes);
        } else {
            path.push(b"~").push_hex(&Sha256::digest(bytes));
        }
        path.set_shard();
    }

    /// Borrowed where it is kept as it is needed, so that only a root of another layout pays for having one.
    #[inline]
    fn in_layout(&self, layout: Layout) -> Cow<'_, RelPath> {
        match layout {
            Layout::Spread => Cow::Borrowed(&self.0),
            Layout::Compact => Cow::Owned(self.0.with_one_shard()),
        }
    }

    /// Computed anew each time: a hit has no use for it, and should not pay for it.
    fn digest(&self) -> Digest {
        let (mark, hex) = self.0.component()[KIND..].split_at(1);
        let mut bytes = [0; MAX_PLAIN];
        let bytes = &mut bytes[..hex.len() / 2];
        // The hex is our own, and of that length, so this cannot fail.
        let _ = hex::decode_to_slice(hex, bytes);
        let mut digest = [0; 16];
        match mark {
            b"~" => digest.copy_from_slice(&bytes[..16]),
            _ => digest.copy_from_slice(&Sha256::digest(bytes)[..16]),
        }
        Digest(digest)
    }
}

fn check(kind: NameKind, bytes: &[u8]) -> Result<(), NameError> {
    match bytes.len() {
        0 => Err(NameError::Empty { kind: kind.word() }),
        1..=MAX_NAME_BYTES => Ok(()),
        len => Err(NameError::TooLong { kind: kind.word(), len }),
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Name);

        impl $name {
            /// From its bytes: any, at least one, at most [`MAX_NAME_BYTES`].
            ///
            /// # Errors
            /// [`NameError`] when there are none or too many.
            #[inline]
            pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, NameError> {
                Name::new($kind, bytes.as_ref()).map(Self)
            }

            /// Its digest.
            #[must_use]
            pub fn digest(&self) -> Digest {
                self.0.digest()
            }

            /// Where it lies, relative to a root of the layout [`Spread`](Layout::Spread): for people and for tests.
            #[must_use]
            pub fn path(&self) -> &CStr {
                self.0.0.as_c_str()
            }

            /// Where it lies, relative to a root of this layout: for people and for tests.
            #[must_use]
            pub fn path_in(&self, layout: Layout) -> CString {
                self.rel_path(layout).as_c_str().to_owned()
            }

            #[inline]
            pub(crate) fn rel_path(&self, layout: Layout) -> Cow<'_, RelPath> {
                self.0.in_layout(layout)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.0)
            }
        }
    };
}

name_type! {
    /// The place of an entry: `data/aa/bb/key:<hex>`, or `data/aa/key:<hex>` in a compact root.
    ///
    /// ```
    /// use tagcache_fs::{Key, Layout};
    ///
    /// let key = Key::new("blog-home")?;
    /// assert_eq!(key.path(), c"data/ae/08/key:626c6f672d686f6d65");
    /// assert_eq!(key.path_in(Layout::Compact).as_c_str(), c"data/ae/key:626c6f672d686f6d65");
    /// # Ok::<(), tagcache_fs::NameError>(())
    /// ```
    Key, NameKind::Key
}

name_type! {
    /// The folder of a tag: `data/aa/bb/tag:<hex>`, or `data/aa/tag:<hex>` in a compact root.
    ///
    /// ```
    /// use tagcache_fs::{Layout, Tag};
    ///
    /// let tag = Tag::new("bio")?;
    /// assert_eq!(tag.path(), c"data/18/ae/tag:62696f");
    /// assert_eq!(tag.path_in(Layout::Compact).as_c_str(), c"data/18/tag:62696f");
    /// # Ok::<(), tagcache_fs::NameError>(())
    /// ```
    Tag, NameKind::Tag
}

impl Key {
    /// The folders that it lies in, in a root of the layout [`Spread`](Layout::Spread).
    #[must_use]
    pub fn shard(&self) -> Shard {
        self.shard_in(Layout::Spread)
    }

    /// The folders that it lies in, in a root of this layout.
    #[must_use]
    pub fn shard_in(&self, layout: Layout) -> Shard {
        let [outer, inner, ..] = *md5::compute(self.0.0.component());
        match layout {
            Layout::Spread => Shard::new(outer, inner),
            Layout::Compact => Shard::new(outer, 0),
        }
    }
}

impl Tag {
    /// The link of an inode under this tag: `<folder>/NN/<links>:<inode>`, or without the bucket `NN`.
    pub(crate) fn link_path(&self, link: LinkName, layout: Layout) -> RelPath {
        let mut path = self.rel_path(layout).into_owned();
        let text = link.text();
        if layout.has_buckets() {
            path.push(b"/").push(&text.bucket());
        }
        path.push(b"/").push(text.as_bytes());
        path
    }
}
