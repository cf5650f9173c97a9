//! The bytes of `usage`: records of 32, one behind the other. Pure functions.
//!
//! A record is whole or it is none: a checksum in it tells. There is no header, so that an empty file is a usage that
//! knows nothing.

use crate::sweep::{Passed, Shard};
use crate::time::Time;

pub(crate) const RECORD_BYTES: usize = 32;

/// How much there is in a part of the tree, or by how much that changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries; each is one file, whatever the number of its tags.
    pub files: i64,
    /// Disk space of the entries, in bytes.
    pub bytes: i64,
    /// Disk space of the folders, in bytes.
    pub folder_bytes: i64,
}

impl Tally {
    /// Both together. What cannot be counted any further stays where it is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            files: self.files.saturating_add(other.files),
            bytes: self.bytes.saturating_add(other.bytes),
            folder_bytes: self.folder_bytes.saturating_add(other.folder_bytes),
        }
    }

    /// This without the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            files: self.files.saturating_sub(other.files),
            bytes: self.bytes.saturating_sub(other.bytes),
            folder_bytes: self.folder_bytes.saturating_sub(other.folder_bytes),
        }
    }
}

/// Which of its two walks a sweep is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Walk {
    /// The first: entries are judged and counted.
    Entries,
    /// The second: dead tag links and empty folders go, and folders are counted.
    Links,
}

/// How far a sweep has come, for whoever goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which walk.
    pub walk: Walk,
    /// Where it goes on.
    pub shard: Shard,
    /// How much of that shard was done already, where it is large.
    pub passed: Passed,
    /// What was counted already in that shard's outer folder: entries on the first walk, folders on the second.
    pub counted: Tally,
}

/// What one record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Something was stored in an outer folder, or taken from it.
    Changed { outer: u8, by: Tally },
    /// A sweep counted the entries of an outer folder: so many there are, whatever was believed.
    Entries { outer: u8, tally: Tally },
    /// A sweep counted the folders of an outer folder.
    Folders { outer: u8, tally: Tally },
    /// A sweep stopped here for a while.
    Stopped(Place),
    /// A sweep reached the end.
    Finished { at: Time },
}

const CHANGED: u8 = 1;
const ENTRIES: u8 = 2;
const FOLDERS: u8 = 3;
const STOPPED_IN_ENTRIES: u8 = 4;
const STOPPED_IN_LINKS: u8 = 5;
const FINISHED: u8 = 6;

impl Record {
    pub(crate) fn print(self) -> [u8; RECORD_BYTES] {
        let (kind, outer, inner, tally) = match self {
            Self::Changed { outer, by } => (CHANGED, outer, 0, by),
            Self::Entries { outer, tally } => (ENTRIES, outer, 0, tally),
            Self::Folders { outer, tally } => (FOLDERS, outer, 0, tally),
            Self::Stopped(place) => print_place(place),
            Self::Finished { at } => {
                let files = i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
                (FINISHED, 0, 0, Tally { files, ..Tally::default() })
            }
        };
        let mut bytes = [0; RECORD_BYTES];
        bytes[..3].copy_from_slice(&[kind, outer, inner]);
        bytes[8..16].copy_from_slice(&tally.files.to_le_bytes());
        bytes[16..24].copy_from_slice(&tally.bytes.to_le_bytes());
        bytes[24..].copy_from_slice(&tally.folder_bytes.to_le_bytes());
        let check = checksum(&bytes);
        bytes[4..8].copy_from_slice(&check);
        bytes
    }

    /// `None` for bytes that are no record of this version: a power cut can leave anything.
    pub(crate) fn parse(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        if bytes[4..8] != checksum(bytes) {
            return None;
        }
        let [kind, outer, inner, ..] = *bytes;
        let tally =
            Tally { files: number(bytes, 8)?, bytes: number(bytes, 16)?, folder_bytes: number(bytes, 24)? };
        let shard = Shard::new(outer, inner);
        Some(match kind {
            CHANGED => Self::Changed { outer, by: tally },
            ENTRIES => Self::Entries { outer, tally },
            FOLDERS => Self::Folders { outer, tally },
            STOPPED_IN_ENTRIES => {
                let passed = Passed { folders: 0, names: passed(tally.folder_bytes)? };
                let counted = Tally { folder_bytes: 0, ..tally };
                Self::Stopped(Place { walk: Walk::Entries, shard, passed, counted })
            }
            STOPPED_IN_LINKS => {
                let passed = Passed { folders: passed(tally.files)?, names: passed(tally.bytes)? };
                let counted = Tally { files: 0, bytes: 0, ..tally };
                Self::Stopped(Place { walk: Walk::Links, shard, passed, counted })
            }
            FINISHED => Self::Finished { at: Time::from_nanos(u64::try_from(tally.files).unwrap_or(0)) },
            _ => return None,
        })
    }
}

/// On the first walk no folders are counted, and in place of their space stands what was passed; on the second no entries, and
/// it stands in place of their number and space.
fn print_place(place: Place) -> (u8, u8, u8, Tally) {
    let Place { walk, shard, passed, counted } = place;
    let (kind, tally) = match walk {
        Walk::Entries => (STOPPED_IN_ENTRIES, Tally { folder_bytes: i64::from(passed.names), ..counted }),
        Walk::Links => {
            let (files, bytes) = (i64::from(passed.folders), i64::from(passed.names));
            (STOPPED_IN_LINKS, Tally { files, bytes, ..counted })
        }
    };
    (kind, shard.outer(), shard.inner(), tally)
}

fn passed(number: i64) -> Option<u32> {
    u32::try_from(number).ok()
}

fn number(bytes: &[u8; RECORD_BYTES], at: usize) -> Option<i64> {
    Some(i64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Against accidents: the first bytes of the md5 of the others.
fn checksum(bytes: &[u8; RECORD_BYTES]) -> [u8; 4] {
    let mut rest = *bytes;
    rest[4..8].fill(0);
    let md5::Digest([a, b, c, d, ..]) = md5::compute(rest);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TALLY: Tally = Tally { files: -3, bytes: i64::MAX, folder_bytes: 4096 };

    fn each_kind() -> [Record; 6] {
        let shard = Shard::new(0xab, 0xcd);
        let place = |walk, passed, counted| Record::Stopped(Place { walk, shard, passed, counted });
        let passed = Passed { folders: 77, names: 100_000 };
        [
            Record::Changed { outer: 7, by: TALLY },
            Record::Entries { outer: 8, tally: TALLY },
            Record::Folders { outer: 255, tally: TALLY },
            place(Walk::Entries, Passed { folders: 0, ..passed }, Tally { folder_bytes: 0, ..TALLY }),
            place(Walk::Links, passed, Tally { files: 0, bytes: 0, ..TALLY }),
            Record::Finished { at: Time::from_nanos(1_790_000_000_000_000_000) },
        ]
    }

    #[test]
    fn every_record_is_read_as_it_was_written() {
        for record in each_kind() {
            assert_eq!(Record::parse(&record.print()), Some(record));
        }
    }

    #[test]
    fn a_record_with_any_bit_turned_is_none() {
        for record in each_kind() {
            let bytes = record.print();
            for bit in 0..RECORD_BYTES * 8 {
                let mut turned = bytes;
                turned[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Record::parse(&turned), None, "{record:?}, bit {bit}");
            }
        }
    }

    #[test]
    fn zeroes_are_no_record() {
        assert_eq!(Record::parse(&[0; RECORD_BYTES]), None);
    }
}
