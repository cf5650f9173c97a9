//! How a store of plain bytes keeps what belongs to a value: its expiry and its tags in front of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::peer::{Item, Outcome};

/// A value with what belongs to it, as it lies in the store.
pub(crate) struct Record<'a> {
    expires: u64,
    /// Each with its length in front.
    tags: &'a [u8],
    /// The value.
    pub(crate) payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// Expiry, length of the tags, tags, payload.
    pub(crate) fn seal(item: &Item<'_, [u8]>, expires: u64) -> Outcome<Vec<u8>> {
        let tags = Self::tag_bytes(&item.tags)?;
        let mut bytes = Vec::with_capacity(10 + tags.len() + item.value.len());
        bytes.extend_from_slice(&expires.to_le_bytes());
        bytes.extend_from_slice(&u16::try_from(tags.len())?.to_le_bytes());
        bytes.extend_from_slice(&tags);
        bytes.extend_from_slice(item.value);
        Ok(bytes)
    }

    /// The other way.
    pub(crate) fn parse(bytes: &'a [u8]) -> Outcome<Self> {
        let (expires, rest) = bytes.split_first_chunk().ok_or("no expiry")?;
        let (len, rest) = rest.split_first_chunk().ok_or("no tags")?;
        let (tags, payload) =
            rest.split_at_checked(usize::from(u16::from_le_bytes(*len))).ok_or("tags cut short")?;
        Ok(Self { expires: u64::from_le_bytes(*expires), tags, payload })
    }

    pub(crate) fn is_fresh(&self) -> bool {
        now() < self.expires
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = &'a str> {
        let mut rest = self.tags;
        std::iter::from_fn(move || {
            let (len, tail) = rest.split_first()?;
            let (tag, tail) = tail.split_at_checked(usize::from(*len))?;
            rest = tail;
            std::str::from_utf8(tag).ok()
        })
    }

    /// The tags that this record has and the new one of the same key has not. Most of the time none, and nothing is
    /// allocated.
    pub(crate) fn tags_without(&self, new: &[&str; 2]) -> Vec<String> {
        self.tags().filter(|tag| !new.contains(tag)).map(String::from).collect()
    }

    fn tag_bytes(tags: &[&str; 2]) -> Outcome<Vec<u8>> {
        let mut bytes = Vec::with_capacity(64);
        for tag in tags {
            bytes.push(u8::try_from(tag.len())?);
            bytes.extend_from_slice(tag.as_bytes());
        }
        Ok(bytes)
    }
}

/// Milliseconds since the epoch.
pub(crate) fn now() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// When a value that is stored now is no longer fresh.
pub(crate) fn expiry(ttl: Duration) -> u64 {
    now().saturating_add(millis(ttl))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_back_what_was_sealed() {
        let item = Item { key: "k", value: b"value".as_slice(), tags: ["a", "bc"] };
        let sealed = Record::seal(&item, u64::MAX).unwrap();
        let record = Record::parse(&sealed).unwrap();
        assert_eq!(record.payload, b"value");
        assert_eq!(record.tags().collect::<Vec<_>>(), ["a", "bc"]);
        assert_eq!(record.tags_without(&["bc", "d"]), ["a"]);
        assert!(record.is_fresh());
        assert!(!Record::parse(&Record::seal(&item, now()).unwrap()).unwrap().is_fresh());
    }
}
