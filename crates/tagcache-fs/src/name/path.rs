//! Paths, built on the stack: a hit must not allocate for its name.

use std::ffi::CStr;
use std::fmt;

use super::MAX_COMPONENT;
use super::link::MAX_LINK;

/// Longest: `data/aa/bb/` + a component + `/NN/` + a link name + NUL.
const MAX_PATH: usize = COMPONENT + MAX_COMPONENT + 4 + MAX_LINK + 1;
/// Where the component begins.
const COMPONENT: usize = b"data/aa/bb/".len();
/// Where the second shard begins.
const SECOND_SHARD: usize = b"data/aa/".len();

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

    /// What stands behind the shard: the name of an entry or of a tag.
    pub(super) fn component(&self) -> &[u8] {
        &self.as_bytes()[COMPONENT..]
    }

    /// Writes the folders above a component, which are the first bytes of its md5, over `data/aa/bb/`.
    pub(super) fn set_shard(&mut self) {
        let md5 = md5::compute(self.component());
        let mut hex = [0; 4];
        // The lengths match, so this cannot fail.
        let _ = hex::encode_to_slice(&md5[..2], &mut hex);
        self.bytes[5..7].copy_from_slice(&hex[..2]);
        self.bytes[8..10].copy_from_slice(&hex[2..]);
    }

    /// The same name without its second shard: `data/aa/` and the component.
    pub(super) fn with_one_shard(&self) -> Self {
        let mut path = Self::new();
        path.push(&self.as_bytes()[..SECOND_SHARD]).push(self.component());
        path
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
