//! The tag section: each tag as a u16 length and its bytes, strictly ascending.

use std::fmt;

use crate::error::{ParseError, SealError};
use crate::header::{MAX_TAG_LEN, MAX_TAGS, TAG_PREFIX_LEN};

/// The tags of a record, in ascending order of their bytes, no two alike.
///
/// ```
/// use tagcache_record::{Facts, Unsealed, parse};
///
/// let mut file = Vec::new();
/// Unsealed::begin(&mut file, &Facts::default(), b"blog-home", &["bio", "blog-new"])?.seal()?;
///
/// let tags = parse(&file)?.head.tags;
/// assert_eq!(tags.len(), 2);
/// assert!(tags.contains(b"bio"));
/// assert_eq!(tags.iter().collect::<Vec<_>>(), [b"bio".as_slice(), b"blog-new"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tags<'a> {
    // Checked by `parse`: exactly `count` tags and nothing else.
    section: &'a [u8],
    count: u16,
}

impl<'a> Tags<'a> {
    /// Checks a section that the header says to hold `count` tags.
    pub(crate) fn parse(section: &'a [u8], count: u16) -> Result<Self, ParseError> {
        let mut rest = section;
        let mut previous: &[u8] = &[];
        for index in 0..usize::from(count) {
            let tag = take_checked(&mut rest, index)?;
            // No tag is empty, so the first one is greater than the empty `previous`.
            if tag <= previous {
                return Err(ParseError::TagOrder { index });
            }
            previous = tag;
        }
        if rest.is_empty() {
            Ok(Self { section, count })
        } else {
            Err(ParseError::TagsTrailing { found: rest.len() })
        }
    }

    /// Number of tags.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Bytes of the section.
    pub(crate) const fn len_bytes(&self) -> usize {
        self.section.len()
    }

    /// Whether the record has no tags.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether `tag` is one of the tags.
    #[must_use]
    pub fn contains(&self, tag: &[u8]) -> bool {
        self.iter().any(|each| each == tag)
    }

    /// The tags, in ascending order.
    #[must_use]
    pub fn iter(&self) -> TagsIter<'a> {
        TagsIter { rest: self.section, left: self.len() }
    }
}

impl fmt::Debug for Tags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|tag| tag.escape_ascii().to_string())).finish()
    }
}

impl<'a> IntoIterator for Tags<'a> {
    type Item = &'a [u8];
    type IntoIter = TagsIter<'a>;

    fn into_iter(self) -> TagsIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Tags<'a> {
    type Item = &'a [u8];
    type IntoIter = TagsIter<'a>;

    fn into_iter(self) -> TagsIter<'a> {
        self.iter()
    }
}

/// The iterator over [`Tags`].
#[derive(Debug, Clone)]
pub struct TagsIter<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for TagsIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (tag, rest) = split_tag(self.rest)?;
        self.rest = rest;
        self.left = self.left.saturating_sub(1);
        Some(tag)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for TagsIter<'_> {}
impl std::iter::FusedIterator for TagsIter<'_> {}

/// Checks tags that are to become a section, and says how many bytes it will have.
pub(crate) fn section_len<T: AsRef<[u8]>>(tags: &[T]) -> Result<usize, SealError> {
    if tags.len() > MAX_TAGS {
        return Err(SealError::TagCount { found: tags.len() });
    }
    let mut previous: &[u8] = &[];
    let mut total = 0;
    for (index, tag) in tags.iter().map(AsRef::as_ref).enumerate() {
        if tag.is_empty() || tag.len() > MAX_TAG_LEN {
            return Err(SealError::TagLength { index, found: tag.len() });
        }
        if tag <= previous {
            return Err(SealError::TagOrder { index });
        }
        previous = tag;
        total += TAG_PREFIX_LEN + tag.len();
    }
    Ok(total)
}

/// Appends the section of tags that [`section_len`] has checked.
pub(crate) fn write_section<T: AsRef<[u8]>>(tags: &[T], buffer: &mut Vec<u8>) {
    for tag in tags.iter().map(AsRef::as_ref) {
        buffer.extend_from_slice(&(tag.len() as u64).to_le_bytes()[..TAG_PREFIX_LEN]);
        buffer.extend_from_slice(tag);
    }
}

/// The first tag of a section and what follows it, if there is a whole one.
fn split_tag(section: &[u8]) -> Option<(&[u8], &[u8])> {
    let (prefix, rest) = section.split_first_chunk::<TAG_PREFIX_LEN>()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*prefix)))
}

/// Takes the first tag from `rest`, or says what is wrong with it.
fn take_checked<'a>(rest: &mut &'a [u8], index: usize) -> Result<&'a [u8], ParseError> {
    let truncated = |expected| ParseError::TagTruncated { index, expected, found: rest.len() };
    let prefix = rest.first_chunk::<TAG_PREFIX_LEN>().ok_or(truncated(TAG_PREFIX_LEN))?;
    let found = u16::from_le_bytes(*prefix);
    if found == 0 || usize::from(found) > MAX_TAG_LEN {
        return Err(ParseError::TagLength { index, found });
    }
    let (tag, behind) = split_tag(rest).ok_or(truncated(TAG_PREFIX_LEN + usize::from(found)))?;
    *rest = behind;
    Ok(tag)
}
