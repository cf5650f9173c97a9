//! Names and paths: which bytes of which key lie where in the tree.
//!
//! The tree is that of the seed: `data/<aa>/<bb>/<kind>:<hex of the bytes>`, where `aabb` are the first two bytes,
//! in hex, of the md5 of that last component. md5 only spreads names over folders; nothing rests on its
//! strength. A name that would not fit in 255 bytes is replaced by `<kind>~<hex of its sha256>`.
//!
//! Paths are built on the stack: a hit must not allocate for its name.

use std::ffi::CStr;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::sweep::Shard;

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
/// Longest: `data/aa/bb/` + a component + `/NN/` + `<20 digits>:<20 digits>` + NUL.
const MAX_PATH: usize = 11 + MAX_COMPONENT + 4 + 41 + 1;
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

/// Where the component begins.
const COMPONENT: usize = b"data/aa/bb/".len();
/// `key` or `tag`.
const KIND: usize = 3;

impl Name {
    fn new(kind: NameKind, bytes: &[u8]) -> Result<Self, NameError> {
        if bytes.is_empty() {
            return Err(NameError::Empty { kind: kind.word() });
        }
        if bytes.len() > MAX_NAME_BYTES {
            return Err(NameError::TooLong { kind: kind.word(), len: bytes.len() });
        }
        let mut path = RelPath::new();
        path.push(b"data/aa/bb/").push(kind.word().as_bytes());
        if bytes.len() <= MAX_PLAIN {
            path.push(b":").push_hex(bytes);
        } else {
            path.push(b"~").push_hex(&Sha256::digest(bytes));
        }
        path.set_shard();
        Ok(Self(path))
    }

    /// Computed anew each time: a hit has no use for it, and should not pay for it.
    fn digest(&self) -> Digest {
        let (mark, hex) = self.0.as_bytes()[COMPONENT + KIND..].split_at(1);
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
            pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, NameError> {
                Name::new($kind, bytes.as_ref()).map(Self)
            }

            /// Its digest.
            #[must_use]
            pub fn digest(&self) -> Digest {
                self.0.digest()
            }

            /// Where it lies, relative to the root: for people and for tests.
            #[must_use]
            pub fn path(&self) -> &CStr {
                self.0.0.as_c_str()
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
    /// The place of an entry: `data/aa/bb/key:<hex>`.
    ///
    /// ```
    /// let key = tagcache_fs::Key::new("blog-home")?;
    /// assert_eq!(key.path(), c"data/ae/08/key:626c6f672d686f6d65");
    /// # Ok::<(), tagcache_fs::NameError>(())
    /// ```
    Key, NameKind::Key
}

name_type! {
    /// The folder of a tag: `data/aa/bb/tag:<hex>`.
    ///
    /// ```
    /// let tag = tagcache_fs::Tag::new("bio")?;
    /// assert_eq!(tag.path(), c"data/18/ae/tag:62696f");
    /// # Ok::<(), tagcache_fs::NameError>(())
    /// ```
    Tag, NameKind::Tag
}

impl Key {
    /// The folders that it lies in.
    #[must_use]
    pub fn shard(&self) -> Shard {
        let md5 = md5::compute(&self.0.0.as_bytes()[COMPONENT..]);
        Shard::new(md5[0], md5[1])
    }

    pub(crate) fn rel_path(&self) -> &RelPath {
        &self.0.0
    }
}

impl Tag {
    pub(crate) fn rel_path(&self) -> &RelPath {
        &self.0.0
    }

    /// The link of an inode under this tag: `<folder>/NN/<links>:<inode>`.
    pub(crate) fn link_path(&self, link: LinkName) -> RelPath {
        let mut path = self.0.0;
        path.push(b"/").push(&link.bucket()).push(b"/").push(link.text().as_bytes());
        path
    }
}

/// The name of a tag link: how many names the file has in all, and its inode.
///
/// ```
/// use tagcache_fs::LinkName;
///
/// let link = LinkName::parse(b"3:110235185").ok_or("no link")?;
/// assert_eq!(link, LinkName { links: 3, ino: 110_235_185 });
/// assert_eq!(&link.bucket(), b"85");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkName {
    /// The number of names of the file when it is whole: its tags and its key.
    pub links: u64,
    /// The inode number.
    pub ino: u64,
}

impl LinkName {
    /// Reads `<links>:<inode>`; `None` for every other name, also for one with a sign or leading zeroes.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let (links, ino) = std::str::from_utf8(name).ok()?.split_once(':')?;
        let link = Self { links: links.parse().ok()?, ino: ino.parse().ok()? };
        (link.text().as_bytes() == name).then_some(link)
    }

    /// The folder that it belongs in: its last two characters.
    #[must_use]
    pub fn bucket(self) -> [u8; 2] {
        let text = self.text();
        match *text.as_bytes() {
            [.., a, b] => [a, b],
            // `<digit>:<digit>` is the shortest name there is.
            _ => *b"00",
        }
    }

    pub(crate) fn text(self) -> RelPath {
        let mut text = RelPath::new();
        text.push_decimal(self.links).push(b":").push_decimal(self.ino);
        text
    }
}

/// A path relative to the root, on the stack and ready for the kernel.
#[derive(Clone, Copy)]
pub(crate) struct RelPath {
    /// Always followed by at least one zero.
    bytes: [u8; MAX_PATH],
    len: u16,
}

impl RelPath {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; MAX_PATH], len: 0 }
    }

    /// Builds a path of components; `None` if it does not fit, which none of ours does.
    pub(crate) fn join(components: &[&[u8]]) -> Option<Self> {
        let len = components.iter().map(|component| component.len() + 1).sum::<usize>();
        if len > MAX_PATH {
            return None;
        }
        let mut path = Self::new();
        for (index, component) in components.iter().enumerate() {
            if index > 0 {
                path.push(b"/");
            }
            path.push(component);
        }
        Some(path)
    }

    pub(crate) fn push(&mut self, part: &[u8]) -> &mut Self {
        let start = usize::from(self.len);
        // MAX_PATH has room for the longest path of the layout and its final zero.
        let end = (start + part.len()).min(MAX_PATH - 1);
        debug_assert_eq!(end, start + part.len(), "the layout has no longer path");
        self.bytes[start..end].copy_from_slice(&part[..end - start]);
        self.set_len(end);
        self
    }

    pub(crate) fn push_hex(&mut self, part: &[u8]) -> &mut Self {
        let start = usize::from(self.len);
        let end = start + 2 * part.len();
        debug_assert!(end < MAX_PATH, "the layout has no longer path");
        if hex::encode_to_slice(part, &mut self.bytes[start..end]).is_ok() {
            self.set_len(end);
        }
        self
    }

    fn push_decimal(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            // A remainder of ten fits in a byte.
            digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 {
                return self.push(&digits[start..]);
            }
        }
    }

    /// Writes the folders above a component, which are the first bytes of its md5, over `data/aa/bb/`.
    fn set_shard(&mut self) {
        let md5 = md5::compute(&self.as_bytes()[COMPONENT..]);
        let mut hex = [0; 4];
        // The lengths match, so this cannot fail.
        let _ = hex::encode_to_slice(&md5[..2], &mut hex);
        self.bytes[5..7].copy_from_slice(&hex[..2]);
        self.bytes[8..10].copy_from_slice(&hex[2..]);
    }

    fn set_len(&mut self, len: usize) {
        self.len = u16::try_from(len).unwrap_or(0);
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"")
    }

    /// The folders above the last component, outermost first: `data/18`, `data/18/ae`, …
    pub(crate) fn parents(&self) -> impl Iterator<Item = Self> + '_ {
        let slashes = self.as_bytes().iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes.skip(1).map(|(index, _)| {
            let mut parent = Self::new();
            parent.push(&self.bytes[..index]);
            parent
        })
    }
}

impl PartialEq for RelPath {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RelPath {}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}
