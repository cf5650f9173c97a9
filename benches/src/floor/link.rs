//! The path of a link. It ends in the number of an inode, so no program knows it before there is a file: with the name of
//! an entry and of a draft made beforehand, this is the one that a bare put has to write.

use std::ffi::{CStr, CString};

/// `<folder of a tag>/NN/<links>:<inode>`, written into the same bytes each time.
#[derive(Debug)]
pub struct Link {
    path: Vec<u8>,
    folder: usize,
    links: String,
}

impl Link {
    /// That of a file with so many names, below a tag.
    #[must_use]
    pub fn new(folder: &CStr, links: usize) -> Self {
        let folder = folder.to_bytes();
        Self { path: folder.to_vec(), folder: folder.len(), links: format!("{links}:") }
    }

    /// Of the file with that inode.
    pub fn name(&mut self, ino: u64) -> &CStr {
        let (mut buffer, path) = (itoa::Buffer::new(), &mut self.path);
        let digits = buffer.format(ino).as_bytes();
        path.truncate(self.folder);
        path.push(b'/');
        path.extend_from_slice(&digits[digits.len().saturating_sub(2)..]);
        path.push(b'/');
        path.extend_from_slice(self.links.as_bytes());
        path.extend_from_slice(digits);
        path.push(0);
        self.path()
    }

    /// The same, as it was named last.
    ///
    /// # Panics
    /// When it was not named yet.
    #[must_use]
    pub fn path(&self) -> &CStr {
        CStr::from_bytes_with_nul(&self.path).expect("it has a name")
    }

    /// The folder `NN` that it was named into.
    ///
    /// # Panics
    /// When it was not named yet.
    #[must_use]
    pub fn bucket(&self) -> CString {
        let path = self.path().to_bytes();
        let end = path.iter().rposition(|&byte| byte == b'/').expect("it has a name");
        CString::new(&path[..end]).expect("no zero")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tagcache_fs::{LinkName, Tag};

    #[test]
    fn it_is_named_as_the_cache_names_it() {
        let tag = Tag::new("bio").expect("a tag");
        let mut link = Link::new(tag.path(), 3);
        for ino in [110_235_185, 42, 18_446_744_073_709_551_615] {
            let name = LinkName { links: 3, ino };
            let bucket = String::from_utf8(name.bucket().to_vec()).expect("digits");
            let path = format!("data/18/ae/tag:62696f/{bucket}/3:{ino}");
            assert_eq!(link.name(ino).to_str(), Ok(&*path));
            assert_eq!(link.bucket().to_str(), Ok(&path[..path.len() - format!("/3:{ino}").len()]));
        }
    }
}
