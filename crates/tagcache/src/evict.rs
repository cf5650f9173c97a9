//! Which entries go first. A pure function: no clock, no file.

use tagcache_fs::{Meta, Time, meta};

use crate::limits::Need;

/// What is known of an entry that may have to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The disk space that it takes.
    pub(crate) bytes: u64,
    /// Until when it is fresh.
    pub(crate) mtime: Time,
    /// When it was last used, as far as somebody recorded it.
    pub(crate) last_use: Time,
}

impl From<&Meta> for Candidate {
    fn from(meta: &Meta) -> Self {
        Self { bytes: meta.allocated, mtime: meta.mtime, last_use: meta.atime }
    }
}

/// Why an entry goes. In this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// It was taken away already.
    Dead,
    /// It is past its expiry.
    Expired,
    /// It was used longest ago.
    LeastUsed,
}

/// An entry that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Eviction {
    /// Which of the candidates.
    pub(crate) index: usize,
    pub(crate) reason: Reason,
}

/// Chooses the entries that go so that as much as is needed becomes free, and not one more: dead ones first, then expired
/// ones, those first that expired first, then the others, those first that were used longest ago. All of them where
/// all are not enough.
pub(crate) fn plan(entries: &[Candidate], need: Need, now: Time) -> Vec<Eviction> {
    let mut order: Vec<_> =
        entries.iter().enumerate().map(|(index, entry)| (rank(entry, now), index)).collect();
    order.sort_unstable();
    let mut freed = Need::default();
    let mut evictions = Vec::new();
    for ((reason, _), index) in order {
        if need.minus(freed).is_nothing() {
            break;
        }
        let bytes = entries.get(index).map_or(0, |entry| entry.bytes);
        freed = freed.plus(Need { bytes, files: 1 });
        evictions.push(Eviction { index, reason });
    }
    evictions
}

/// The smaller goes first.
fn rank(entry: &Candidate, now: Time) -> (Reason, Time) {
    if entry.mtime == meta::POISON {
        (Reason::Dead, Time::EPOCH)
    } else if entry.mtime <= now {
        (Reason::Expired, entry.mtime)
    } else {
        // A use that is yet to come was recorded by a clock that was set back since: it says no more than "lately".
        (Reason::LeastUsed, entry.last_use.min(now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time::from_nanos(1_000_000);

    fn entry(bytes: u64, mtime: u64, last_use: u64) -> Candidate {
        Candidate { bytes, mtime: Time::from_nanos(mtime), last_use: Time::from_nanos(last_use) }
    }

    fn live(last_use: u64) -> Candidate {
        entry(10, u64::MAX, last_use)
    }

    fn expired(since: u64) -> Candidate {
        entry(10, NOW.as_nanos() - since, 900_000)
    }

    const DEAD: Candidate = Candidate { bytes: 10, mtime: meta::POISON, last_use: NOW };

    fn indices(entries: &[Candidate], bytes: u64, files: u64) -> Vec<usize> {
        plan(entries, Need { bytes, files }, NOW).iter().map(|eviction| eviction.index).collect()
    }

    #[test]
    fn the_table() {
        use Reason::{Dead, Expired, LeastUsed};
        type Case<'a> = (&'a str, &'a [Candidate], (u64, u64), &'a [(usize, Reason)]);
        let cases: [Case<'_>; 11] = [
            ("nothing is needed", &[DEAD, live(1)], (0, 0), &[]),
            ("there is nothing", &[], (10, 1), &[]),
            ("used longest ago", &[live(3), live(1), live(2)], (10, 0), &[(1, LeastUsed)]),
            ("two of them", &[live(3), live(1), live(2)], (11, 0), &[(1, LeastUsed), (2, LeastUsed)]),
            ("by number", &[live(3), live(1), live(2)], (0, 2), &[(1, LeastUsed), (2, LeastUsed)]),
            (
                "whichever needs more",
                &[live(1), live(2), live(3)],
                (20, 1),
                &[(0, LeastUsed), (1, LeastUsed)],
            ),
            (
                "dead before expired before old",
                &[live(0), expired(0), DEAD],
                (25, 0),
                &[(2, Dead), (1, Expired), (0, LeastUsed)],
            ),
            (
                "expired longest first",
                &[expired(1), expired(7), expired(3)],
                (20, 0),
                &[(1, Expired), (2, Expired)],
            ),
            ("expired this instant", &[live(1), expired(0)], (1, 0), &[(1, Expired)]),
            ("used in the future is used now", &[live(u64::MAX), live(999_999)], (1, 0), &[(1, LeastUsed)]),
            ("all are not enough", &[live(1), live(2)], (1000, 0), &[(0, LeastUsed), (1, LeastUsed)]),
        ];
        for (name, entries, (bytes, files), expected) in cases {
            let planned = plan(entries, Need { bytes, files }, NOW);
            let planned: Vec<_> = planned.iter().map(|eviction| (eviction.index, eviction.reason)).collect();
            assert_eq!(planned, expected, "{name}");
        }
    }

    #[test]
    fn entries_that_take_no_space_make_room_for_others_only_by_number() {
        let free = entry(0, u64::MAX, 1);
        assert_eq!(indices(&[free, free, free], 0, 2).len(), 2);
        assert_eq!(indices(&[free, live(2)], 10, 0), [0, 1], "the older one stood in the way");
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        let mtime = prop_oneof![Just(0), 1..2_000_000u64, Just(u64::MAX)];
        prop::collection::vec((0..100u64, mtime, 0..2_000_000u64), 0..40)
            .prop_map(|all| all.into_iter().map(|(bytes, mtime, last)| entry(bytes, mtime, last)).collect())
    }

    proptest! {
        #[test]
        fn it_is_enough_and_not_one_too_many(entries in candidates(), bytes in 0..2000u64, files in 0..50u64) {
            let chosen = indices(&entries, bytes, files);
            let freed = |chosen: &[usize]| (
                chosen.iter().map(|index| entries[*index].bytes).sum::<u64>(),
                chosen.len() as u64,
            );
            let enough = |(freed_bytes, freed_files)| freed_bytes >= bytes && freed_files >= files;
            prop_assert!(enough(freed(&chosen)) || chosen.len() == entries.len());
            if let Some((_, fewer)) = chosen.split_last() {
                prop_assert!(!enough(freed(fewer)));
            }
        }

        #[test]
        fn nobody_goes_while_somebody_worse_stays(entries in candidates(), bytes in 0..2000u64) {
            let chosen = indices(&entries, bytes, 0);
            for went in &chosen {
                for stayed in (0..entries.len()).filter(|index| !chosen.contains(index)) {
                    prop_assert!(rank(&entries[*went], NOW) <= rank(&entries[stayed], NOW));
                }
            }
        }

        #[test]
        fn each_goes_once_and_in_order(entries in candidates(), files in 0..50u64) {
            let planned = plan(&entries, Need { bytes: 0, files }, NOW);
            prop_assert!(planned.windows(2).all(|pair| pair[0].reason <= pair[1].reason));
            let mut indices: Vec<_> = planned.iter().map(|eviction| eviction.index).collect();
            indices.sort_unstable();
            indices.dedup();
            prop_assert_eq!(indices.len(), planned.len());
        }
    }
}
