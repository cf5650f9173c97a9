//! The name of a tag link.

/// `<20 digits>:<20 digits>`.
pub(super) const MAX_LINK: usize = 41;

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
        self.text().bucket()
    }

    pub(crate) fn text(self) -> LinkText {
        let mut text = LinkText { bytes: [0; MAX_LINK], start: MAX_LINK };
        text.put_decimal(self.ino);
        text.put(b':');
        text.put_decimal(self.links);
        text
    }
}

/// `<links>:<inode>` as it stands in the tree, written from its end: digits come in that order.
pub(crate) struct LinkText {
    bytes: [u8; MAX_LINK],
    start: usize,
}

impl LinkText {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The last two characters. `<digit>:<digit>` is the shortest name, so there are two.
    pub(crate) fn bucket(&self) -> [u8; 2] {
        [self.bytes[MAX_LINK - 2], self.bytes[MAX_LINK - 1]]
    }

    /// [`MAX_LINK`] has room for the longest numbers.
    fn put(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    fn put_decimal(&mut self, mut number: u64) {
        loop {
            // A remainder of ten fits in a byte.
            self.put(b'0' + u8::try_from(number % 10).unwrap_or(0));
            number /= 10;
            if number == 0 {
                return;
            }
        }
    }
}
