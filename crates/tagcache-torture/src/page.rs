//! The values: each says whose it is, who made it, from what, and is exact to the last byte.

use crate::journal::Ticket;
use crate::random::Random;

const MAGIC: &[u8; 8] = b"torture1";

/// A value, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The key that it was computed for.
    pub key: u16,
    /// Who computed it.
    pub by: u32,
    /// Where its computation began: its name among all values.
    pub ticket: Ticket,
    /// Fresh until then, in nanoseconds since the epoch.
    pub fresh_until: u64,
    /// Its tags, and of each the version that the database had when the value was computed.
    pub tags: Vec<(u16, u64)>,
    /// How many bytes it is filled up with. Which bytes follows from the ticket.
    pub filler: u32,
}

impl Page {
    /// As bytes; one value has one form.
    #[must_use]
    pub fn print(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.key.to_le_bytes());
        bytes.extend(self.by.to_le_bytes());
        bytes.extend(self.ticket.to_le_bytes());
        bytes.extend(self.fresh_until.to_le_bytes());
        bytes.extend(self.filler.to_le_bytes());
        bytes.extend((self.tags.len() as u64).to_le_bytes());
        for (tag, version) in &self.tags {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(version.to_le_bytes());
        }
        let mut random = Random::new(self.ticket);
        let end = bytes.len() + self.filler as usize;
        while bytes.len() < end {
            let missing = end - bytes.len();
            bytes.extend(random.number().to_le_bytes().iter().take(missing));
        }
        bytes
    }

    /// Takes bytes apart; `None` when they are not, to the last one, what [`print`](Self::print) gives.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let key = u16::from_le_bytes(take(&mut rest)?);
        let by = u32::from_le_bytes(take(&mut rest)?);
        let ticket = u64::from_le_bytes(take(&mut rest)?);
        let fresh_until = u64::from_le_bytes(take(&mut rest)?);
        let filler = u32::from_le_bytes(take(&mut rest)?);
        let count = u64::from_le_bytes(take(&mut rest)?);
        let mut tags = Vec::new();
        for _ in 0..count {
            let tag = u16::from_le_bytes(take(&mut rest)?);
            tags.push((tag, u64::from_le_bytes(take(&mut rest)?)));
        }
        let page = Self { key, by, ticket, fresh_until, tags, filler };
        (rest.len() == filler as usize && page.print() == bytes).then_some(page)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}
