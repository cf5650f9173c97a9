//! So many of a number of things that is not known beforehand, each as likely as any other.

/// A sample of a stream, by Vitter's algorithm R ("Random sampling with a reservoir", ACM Transactions on Mathematical
/// Software 11, 1985).
pub(super) struct Sample<T> {
    most: usize,
    met: u64,
    chosen: Vec<T>,
    random: u64,
}

impl<T> Sample<T> {
    pub(super) fn new(most: usize, random: u64) -> Self {
        Self { most, met: 0, chosen: Vec::new(), random }
    }

    /// One more; it is made only where it is chosen.
    pub(super) fn add(&mut self, make: impl FnOnce() -> T) {
        self.met += 1;
        if self.chosen.len() < self.most {
            self.chosen.push(make());
            return;
        }
        let place = self.below(self.met);
        if let Some(chosen) = usize::try_from(place).ok().and_then(|place| self.chosen.get_mut(place)) {
            *chosen = make();
        }
    }

    /// Whether there were more.
    pub(super) fn is_part(&self) -> bool {
        self.met > self.chosen.len() as u64
    }

    pub(super) fn into_chosen(self) -> Vec<T> {
        self.chosen
    }

    /// A number below another one: the next of splitmix64 (Steele, Lea, Flood, OOPSLA 2014), and no more fair than a choice
    /// among folders' names must be.
    fn below(&mut self, end: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        u64::try_from((u128::from(mixed) * u128::from(end)) >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(most: usize, of: u32, random: u64) -> Sample<u32> {
        let mut sample = Sample::new(most, random);
        (0..of).for_each(|number| sample.add(|| number));
        sample
    }

    #[test]
    fn few_are_all_chosen_and_of_many_no_more_than_were_asked_for() {
        for of in [0, 1, 31, 32] {
            let sample = sample(32, of, 7);
            assert!(!sample.is_part());
            assert_eq!(sample.into_chosen(), (0..of).collect::<Vec<_>>());
        }
        let sample = sample(32, 33, 7);
        assert!(sample.is_part());
        let mut chosen = sample.into_chosen();
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen.len(), 32, "each once");
    }

    #[test]
    fn what_comes_last_is_chosen_as_often_as_what_comes_first() {
        let mut often = [0; 100];
        for random in 0..10_000 {
            for number in sample(10, 100, random).into_chosen() {
                often[number as usize] += 1;
            }
        }
        // A thousand each; seven standard deviations.
        assert!(often.iter().all(|times| (790..1210).contains(times)), "{often:?}");
    }
}
