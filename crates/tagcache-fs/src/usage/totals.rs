//! What the records of `usage` add up to. Pure.

use super::record::{Place, RECORD_BYTES, Record, Tally};
use crate::time::Time;

/// The outer shard folders: one for each first byte.
const OUTER: usize = 256;

/// What is believed of one outer folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    tally: Tally,
    entries_counted: bool,
    folders_counted: bool,
}

/// What is believed of the whole tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    parts: Box<[Part; OUTER]>,
    place: Option<Place>,
    finished: Option<Time>,
}

impl Default for Totals {
    fn default() -> Self {
        Self { parts: Box::new([Part::default(); OUTER]), place: None, finished: None }
    }
}

impl Totals {
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::Changed { outer, by } => {
                let part = self.part(outer);
                part.tally = part.tally.plus(by);
            }
            Record::Entries { outer, tally } => {
                let part = self.part(outer);
                part.tally = Tally { folder_bytes: part.tally.folder_bytes, ..tally };
                part.entries_counted = true;
            }
            Record::Folders { outer, tally } => {
                let part = self.part(outer);
                part.tally.folder_bytes = tally.folder_bytes;
                part.folders_counted = true;
            }
            Record::Stopped(place) => self.place = Some(place),
            Record::Finished { at } => (self.place, self.finished) = (None, Some(at)),
        }
    }

    fn part(&mut self, outer: u8) -> &mut Part {
        &mut self.parts[usize::from(outer)]
    }

    /// Something in the file was no record: what it said is not known, so nothing counts as counted.
    pub(crate) fn forget_counts(&mut self) {
        for part in self.parts.iter_mut() {
            (part.entries_counted, part.folders_counted) = (false, false);
        }
    }

    pub(crate) fn sum(&self) -> Tally {
        self.parts.iter().fold(Tally::default(), |sum, part| sum.plus(part.tally))
    }

    /// Whether a sweep has counted every part since the file was made.
    pub(crate) fn is_counted(&self) -> bool {
        self.parts.iter().all(|part| part.entries_counted && part.folders_counted)
    }

    /// Where a sweep stopped that was not finished yet.
    pub(crate) fn place(&self) -> Option<Place> {
        self.place
    }

    /// When a sweep was last finished.
    pub(crate) fn finished(&self) -> Option<Time> {
        self.finished
    }

    /// The shortest file that says the same.
    pub(crate) fn print(&self) -> Vec<u8> {
        let mut records = Vec::new();
        for (outer, part) in (0..=u8::MAX).zip(self.parts.iter()) {
            let (tally, folders) =
                (part.tally, Tally { folder_bytes: part.tally.folder_bytes, ..Tally::default() });
            let entries = Tally { folder_bytes: 0, ..tally };
            records.push(match part.entries_counted {
                true => Record::Entries { outer, tally: entries },
                false => Record::Changed { outer, by: entries },
            });
            records.push(match part.folders_counted {
                true => Record::Folders { outer, tally: folders },
                false => Record::Changed { outer, by: folders },
            });
        }
        records.extend(self.finished.map(|at| Record::Finished { at }));
        records.extend(self.place.map(Record::Stopped));
        let mut bytes = Vec::with_capacity(records.len() * RECORD_BYTES);
        records.iter().for_each(|record| bytes.extend_from_slice(&record.print()));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Passed, Shard};
    use crate::usage::Walk;

    fn tally(files: i64) -> Tally {
        Tally { files, bytes: files * 4096, folder_bytes: files * 8192 }
    }

    fn after(records: &[Record]) -> Totals {
        let mut totals = Totals::default();
        records.iter().for_each(|record| totals.apply(*record));
        totals
    }

    #[test]
    fn a_count_takes_the_place_of_what_was_believed_of_its_own_part_only() {
        let totals = after(&[
            Record::Changed { outer: 1, by: tally(5) },
            Record::Changed { outer: 2, by: tally(7) },
            Record::Entries { outer: 1, tally: tally(2) },
        ]);
        assert_eq!(totals.sum(), Tally { files: 9, bytes: 9 * 4096, folder_bytes: 12 * 8192 });
        assert!(!totals.is_counted());
    }

    #[test]
    fn what_changes_after_a_count_is_added_to_it() {
        let totals = after(&[
            Record::Entries { outer: 1, tally: tally(2) },
            Record::Changed { outer: 1, by: tally(1) },
            Record::Changed { outer: 1, by: tally(-2) },
        ]);
        assert_eq!((totals.sum().files, totals.sum().bytes), (1, 4096));
    }

    #[test]
    fn it_is_counted_when_every_part_is_in_both_walks() {
        let mut totals = Totals::default();
        for outer in 0..=u8::MAX {
            totals.apply(Record::Entries { outer, tally: tally(1) });
            assert!(!totals.is_counted());
        }
        for outer in 0..=u8::MAX {
            totals.apply(Record::Folders { outer, tally: tally(1) });
            assert_eq!(totals.is_counted(), outer == u8::MAX);
        }
        totals.forget_counts();
        assert!(!totals.is_counted());
        assert_eq!(totals.sum(), tally(256), "it is the best that is known");
    }

    #[test]
    fn a_sweep_that_reached_the_end_stands_nowhere() {
        let place = Place {
            walk: Walk::Entries,
            shard: Shard::new(3, 4),
            passed: Passed::default(),
            counted: tally(1),
        };
        let mut totals = after(&[Record::Finished { at: Time::from_nanos(1) }, Record::Stopped(place)]);
        assert_eq!((totals.place(), totals.finished()), (Some(place), Some(Time::from_nanos(1))));
        totals.apply(Record::Finished { at: Time::from_nanos(2) });
        assert_eq!((totals.place(), totals.finished()), (None, Some(Time::from_nanos(2))));
    }

    #[test]
    fn the_shortest_file_says_the_same() {
        let place = Place {
            walk: Walk::Entries,
            shard: Shard::new(9, 1),
            passed: Passed { folders: 0, names: 640 },
            counted: Tally { folder_bytes: 0, ..tally(3) },
        };
        let totals = after(&[
            Record::Changed { outer: 0, by: tally(-4) },
            Record::Entries { outer: 200, tally: Tally { folder_bytes: 0, ..tally(11) } },
            Record::Folders { outer: 7, tally: Tally { folder_bytes: 1, ..Tally::default() } },
            Record::Finished { at: Time::from_nanos(77) },
            Record::Stopped(place),
        ]);
        let mut again = Totals::default();
        for record in totals.print().chunks(RECORD_BYTES) {
            again.apply(Record::parse(record.first_chunk().unwrap()).unwrap());
        }
        assert_eq!(again, totals);
    }
}
