//! Values that say who wrote them: every byte follows from the first line, so whoever reads one knows whether it is
//! whole, and finds the call in the record that wrote it.

use std::fmt;

use crate::chance::Chance;

/// Who wrote a value, and with which of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    /// The number of the process.
    pub writer: u32,
    /// The number of the call.
    pub step: u64,
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.writer, self.step)
    }
}

/// What a value says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The key that it was stored under.
    pub key: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub author: Author,
    /// How many bytes follow its first line.
    pub len: usize,
}

impl Value {
    /// The bytes of the value.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let Self { key, tags, author, len } = self;
        let mut bytes =
            format!("{key} {} {} {} {len}\n", tags.join(","), author.writer, author.step).into_bytes();
        let end = bytes.len() + len;
        let mut chance = Chance::new(u64::from(author.writer) << 40 ^ author.step);
        bytes.reserve_exact(*len);
        while bytes.len() < end {
            let next = chance.bits().to_le_bytes();
            let missing = (end - bytes.len()).min(next.len());
            bytes.extend_from_slice(next.get(..missing).unwrap_or_default());
        }
        bytes
    }

    /// Reads a value; `None` unless every byte is what it should be.
    #[must_use]
    pub fn recognise(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let first = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut words = first.split(' ');
        let key = words.next()?.to_owned();
        let tags = words.next()?.split(',').filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let author = Author { writer: words.next()?.parse().ok()?, step: words.next()?.parse().ok()? };
        let value = Self { key, tags, author, len: words.next()?.parse().ok()? };
        // Before the length is believed.
        let plausible = bytes.len() == end + 1 + value.len;
        (plausible && value.bytes() == bytes).then_some(value)
    }
}
