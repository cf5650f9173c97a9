//! A folder that is done in parts.
//!
//! A name cannot be a place to go on from, since a folder is read in an order of its own. So the place is a number: so many
//! names were done, and stay. What stays is met in the same order again as long as nobody else changes the folder, so that
//! nothing is missed then. Beside others, some names may be looked at twice, or not before the next sweep.

use super::orphans::GoOn;

/// Whoever goes on in a folder reads the names again that are done. It then does at least this part of them more, so that a
/// folder of any size is done in few slices.
const PART: u32 = 8;

/// How much of a shard is done: it is passed by whoever goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// So many folders of links, that stay. On the first walk, none.
    pub folders: u32,
    /// So many names, that stay: of the next folder of links or, on the first walk, of the shard.
    pub names: u32,
}

/// The names of one folder, from a place on.
pub(super) struct Part {
    skip: u32,
    /// Those that stay, with those that were done before.
    names: u32,
    looked: u32,
    step: u32,
}

impl Part {
    /// The first `skip` names were done before. After each `step` it is asked whether to go on.
    pub(super) fn from(skip: u32, step: u32) -> Self {
        Self { skip, names: 0, looked: 0, step: step.max(skip / PART) }
    }

    /// Whether the name that is met now was done before.
    pub(super) fn passes(&mut self) -> bool {
        let passes = self.names < self.skip;
        self.names += u32::from(passes);
        passes
    }

    /// A name was done. Whether to do the next.
    pub(super) fn did(&mut self, stays: bool, go_on: GoOn<'_>) -> bool {
        self.names += u32::from(stays);
        self.looked += 1;
        self.looked % self.step != 0 || go_on()
    }

    /// How many names stay, up to here.
    pub(super) fn names(&self) -> u32 {
        self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many parts it takes for a folder of so many names, every third of which goes, and how often each was done.
    fn in_parts(mut folder: Vec<u32>, step: u32) -> (u32, Vec<u32>) {
        let (mut parts, mut done, mut skip) = (0, vec![0; folder.len()], Some(0));
        while let Some(from) = skip.take() {
            let (mut part, mut left) = (Part::from(from, step), Vec::new());
            for (index, name) in folder.iter().enumerate() {
                if !part.passes() {
                    done[*name as usize] += 1;
                    let stays = name % 3 > 0;
                    if stays {
                        left.push(*name);
                    }
                    if !part.did(stays, &mut || false) {
                        left.extend(&folder[index + 1..]);
                        skip = Some(part.names());
                        break;
                    }
                } else {
                    left.push(*name);
                }
            }
            (folder, parts) = (left, parts + 1);
        }
        (parts, done)
    }

    #[test]
    fn every_name_is_done_once_however_many_parts_it_takes() {
        for names in [0, 1, 63, 64, 65, 5000] {
            let (_, done) = in_parts((0..names).collect(), 64);
            assert!(done.iter().all(|times| *times == 1), "{names}");
        }
    }

    #[test]
    fn a_folder_ten_times_as_large_takes_some_twenty_parts_more() {
        let (small, large) = (in_parts((0..10_000).collect(), 64).0, in_parts((0..100_000).collect(), 64).0);
        assert!(small > 20 && large < small + 40, "{small} and {large} parts");
    }
}
