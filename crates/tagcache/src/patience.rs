//! How long somebody goes on waiting, and how often they look.

use std::time::Duration;

/// A waiting caller asks again after this long at first, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// A caller that follows another one of its process is woken, and looks by itself only for what nobody wakes it for: a
/// value that somebody put. After this long at first, and twice as long each time.
const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    began: Duration,
    pause: Duration,
    rest: Duration,
}

impl Patience {
    /// By the clock that never steps back.
    pub(crate) const fn new(now: Duration) -> Self {
        Self { began: now, pause: FIRST_PAUSE, rest: FIRST_REST }
    }

    /// For how long it lasts already.
    pub(crate) fn lasts(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// How long to pause before asking again: between a half and the whole of a pause, so that those who began together
    /// do not ask together for ever.
    pub(crate) fn pause(&mut self, random: u64) -> Duration {
        let half = self.pause / 2;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        half + Duration::from_nanos(random % u64::try_from(half.as_nanos()).unwrap_or(1).max(1))
    }

    /// How long to follow before looking.
    pub(crate) fn rest(&mut self) -> Duration {
        let rest = self.rest;
        self.rest = (self.rest * 2).min(LONGEST_REST);
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_and_are_never_short_of_half() {
        for random in [0, u64::MAX, 12_345] {
            let mut patience = Patience::new(Duration::ZERO);
            let mut whole = FIRST_PAUSE;
            for _ in 0..10 {
                let pause = patience.pause(random);
                assert!(whole / 2 <= pause && pause <= whole, "{pause:?} of {whole:?}");
                whole = (whole * 2).min(LONGEST_PAUSE);
            }
            assert_eq!(whole, LONGEST_PAUSE);
        }
    }
}
