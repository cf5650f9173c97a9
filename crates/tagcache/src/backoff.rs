//! How long a source that failed is left alone: pure functions over what the last holder of a lease left behind.

use tagcache_fs::{LeftBehind, Time};

use crate::policy::Retry;

/// Whether nobody should try yet. What another policy left behind holds no longer than this one allows.
pub(crate) fn holds(word: LeftBehind, retry: Retry, now: Time) -> bool {
    word.holds(now) && now < word.failed_at.after(retry.longest)
}

/// What to leave behind after a failure: the first delay, or twice the last.
pub(crate) fn after_failure(last: Option<LeftBehind>, retry: Retry, now: Time) -> LeftBehind {
    let delay = last.map_or(retry.first, |last| last.delay().saturating_mul(2).max(retry.first));
    LeftBehind { failed_at: now, not_before: now.after(delay.min(retry.longest)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const RETRY: Retry = Retry { first: Duration::from_secs(1), longest: Duration::from_secs(10) };
    const NOW: Time = Time::from_nanos(1_000_000_000_000);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn the_delay_doubles_up_to_the_longest() {
        let mut last = None;
        let delays = [1, 2, 4, 8, 10, 10].map(|expected| {
            let word = after_failure(last, RETRY, NOW);
            last = Some(word);
            (word.delay(), secs(expected))
        });
        assert!(delays.iter().all(|(delay, expected)| delay == expected), "{delays:?}");
    }

    #[test]
    fn it_holds_from_the_failure_to_its_end() {
        let word = after_failure(None, RETRY, NOW);
        assert!(holds(word, RETRY, NOW) && !holds(word, RETRY, NOW.after(secs(1))));
        let set_back = Time::from_nanos(NOW.as_nanos() - 1);
        assert!(!holds(word, RETRY, set_back), "a failure in the future says that the clock was set back");
    }

    #[test]
    fn a_word_from_another_policy_holds_no_longer_than_the_own_longest() {
        let long = LeftBehind { failed_at: NOW, not_before: NOW.after(secs(1000)) };
        assert!(holds(long, RETRY, NOW.after(secs(9))) && !holds(long, RETRY, NOW.after(secs(10))));
    }

    proptest! {
        #[test]
        fn it_never_holds_longer_than_the_longest(
            failed in any::<u64>(), delay in any::<u64>(), now in any::<u64>(), again in any::<bool>(),
        ) {
            let failed_at = Time::from_nanos(failed);
            let found = LeftBehind { failed_at, not_before: failed_at.after(Duration::from_nanos(delay)) };
            let now = Time::from_nanos(now);
            let word = if again { after_failure(Some(found), RETRY, now) } else { found };
            if holds(word, RETRY, now) {
                prop_assert!(!holds(word, RETRY, now.after(RETRY.longest)));
            }
        }
    }
}
