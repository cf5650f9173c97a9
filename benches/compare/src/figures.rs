//! From slices to figures: what is in the middle, how far it spreads, and how it compares with ours round by round.

use std::collections::BTreeMap;

pub use tagcache_benches::Spread;

use crate::peer::Level;
use crate::rounds::Slice;
use crate::worker::Op;

/// The peer that all others are held against.
pub const OURS: &str = "tagcache";

/// What is compared: the same thing at the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scene {
    /// Where.
    pub place: String,
    /// What was promised.
    pub level: Level,
    /// By how many processes.
    pub processes: u32,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The one on the wall.
    Wall,
    /// That of the processors: only what they worked for this peer.
    Busy,
}

/// A peer in a scene, at one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Nanoseconds for one.
    pub nanos: Spread,
    /// How many times as long as ours it takes, taken round by round.
    pub ratio: Option<Spread>,
    /// Of the reads that should have found something, the share that did not.
    pub missed: f64,
}

/// All slices, sorted.
#[derive(Debug, Default)]
pub struct Figures {
    slices: BTreeMap<(Scene, String), Vec<Slice>>,
}

impl Figures {
    /// From the slices of a run, in any order.
    #[must_use]
    pub fn of(slices: impl IntoIterator<Item = Slice>) -> Self {
        let mut figures = Self::default();
        for slice in slices {
            let scene = Scene { place: slice.place.clone(), level: slice.level, processes: slice.processes };
            figures.slices.entry((scene, slice.peer.clone())).or_default().push(slice);
        }
        figures
    }

    /// Where anything was measured, in order.
    #[must_use]
    pub fn scenes(&self) -> Vec<Scene> {
        let mut scenes: Vec<Scene> = self.slices.keys().map(|(scene, _)| scene.clone()).collect();
        scenes.dedup();
        scenes
    }

    /// What a peer needs for one operation, if it was measured there.
    #[must_use]
    pub fn figure(&self, scene: &Scene, peer: &str, op: Op, clock: Clock) -> Option<Figure> {
        let nanos = |slice: &Slice| if clock == Clock::Wall { slice.nanos } else { slice.busy };
        let theirs = self.rounds(scene, peer, op);
        let ours: BTreeMap<usize, f64> =
            self.rounds(scene, OURS, op).iter().map(|slice| (slice.round, nanos(slice))).collect();
        let ratios = theirs.iter().filter_map(|slice| Some(nanos(slice) / ours.get(&slice.round)?));
        let (count, missed) =
            theirs.iter().fold((0, 0), |(count, missed), slice| (count + slice.count, missed + slice.missed));
        Some(Figure {
            nanos: Spread::of(theirs.iter().map(|slice| nanos(slice)))?,
            ratio: Spread::of(ratios).filter(|_| peer != OURS),
            missed: missed as f64 / count.max(1) as f64,
        })
    }

    fn rounds(&self, scene: &Scene, peer: &str, op: Op) -> Vec<&Slice> {
        let slices = self.slices.get(&(scene.clone(), peer.to_owned()));
        slices.map(|slices| slices.iter().filter(|slice| slice.op == op).collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(peer: &str, round: usize, nanos: f64) -> Slice {
        let (place, op) = ("here".to_owned(), Op::Hit);
        let (level, peer) = (Level::Volatile, peer.to_owned());
        Slice { place, level, processes: 1, peer, op, round, count: 10, nanos, busy: nanos, missed: 1 }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // The second round was slow for both: the medians alone would say 4.
        let slices = [("tagcache", 0, 10.0), ("tagcache", 1, 100.0), ("other", 0, 20.0), ("other", 1, 300.0)];
        let figures = Figures::of(slices.map(|(peer, round, nanos)| slice(peer, round, nanos)));
        let scene = figures.scenes().remove(0);
        let ratio = figures.figure(&scene, "other", Op::Hit, Clock::Wall).unwrap().ratio.unwrap();
        assert_eq!((ratio.min, ratio.max), (2.0, 3.0));
        assert_eq!(
            figures.figure(&scene, OURS, Op::Hit, Clock::Wall).unwrap().ratio,
            None,
            "ours is no ratio to itself"
        );
        assert_eq!(figures.figure(&scene, "other", Op::Miss, Clock::Wall), None, "it was not measured");
    }

    #[test]
    fn the_share_of_misses_is_that_of_all_rounds() {
        let figures = Figures::of([slice("other", 0, 1.0), slice("other", 1, 1.0)]);
        let scene = figures.scenes().remove(0);
        assert_eq!(figures.figure(&scene, "other", Op::Hit, Clock::Wall).unwrap().missed, 0.1);
    }
}
