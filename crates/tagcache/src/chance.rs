//! What is left to chance, as pure functions: the chance is given to them.

use std::time::Duration;

use tagcache_fs::Time;

/// A number that is finite and not negative, so that it can be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Factor(f64);

// It is never NaN.
impl Eq for Factor {}

impl Factor {
    /// What is no such number counts as zero, and infinity as the largest number there is.
    pub(crate) fn new(value: f64) -> Self {
        // The other way round `max` would keep a negative zero.
        Self(if value > 0.0 { value.min(f64::MAX) } else { 0.0 })
    }

    pub(crate) fn at_most_one(self) -> Self {
        Self(self.0.min(1.0))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 <= 0.0
    }
}

/// The bits of chance that a fraction holds exactly.
const BITS: u32 = 53;

/// A number above zero, and one at most.
fn fraction(random: u64) -> f64 {
    // Both fit into 53 bits, hence into the number exactly.
    #[allow(clippy::cast_precision_loss, reason = "see above")]
    let (part, whole) = ((random >> (u64::BITS - BITS)) as f64 + 1.0, (1u64 << BITS) as f64);
    part / whole
}

/// A duration, shorter by up to `jitter` of it.
pub(crate) fn shortened(duration: Duration, jitter: Factor, random: u64) -> Duration {
    let cut = duration.as_secs_f64() * jitter.0 * fraction(random);
    duration.saturating_sub(Duration::try_from_secs_f64(cut).unwrap_or(duration))
}

/// When a fresh value expires, and how long it took: what an early refresh depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) expires_at: u64,
    pub(crate) compute_time: u64,
}

/// Whether no chance at all makes a refresh early: the expiry is too far away.
pub(crate) fn is_too_early(due: Due, beta: Factor, now: Time) -> bool {
    !is_early(due, beta, 0, now)
}

/// Whether a value is to be refreshed although it is fresh (XFetch): `now` lies before the expiry by less than
/// `compute_time × beta × -ln(fraction)`. The smaller `random`, the earlier.
pub(crate) fn is_early(due: Due, beta: Factor, random: u64, now: Time) -> bool {
    #[allow(clippy::cast_precision_loss, reason = "some nanoseconds of a long time are no matter")]
    let (left, took) = (due.expires_at.saturating_sub(now.as_nanos()) as f64, due.compute_time as f64);
    let lead = took * beta.0 * -fraction(random).ln();
    // What never expires is never near its expiry.
    due.expires_at != tagcache_record::header::NEVER && lead > 0.0 && left <= lead
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tagcache_record::header::NEVER;

    use super::*;

    const NOW: Time = Time::from_nanos(1_000_000_000_000);

    /// A value that took a second, with so many seconds left.
    fn due_in(secs: u64) -> Due {
        Due { expires_at: NOW.as_nanos() + secs * 1_000_000_000, compute_time: 1_000_000_000 }
    }

    #[test]
    fn what_is_no_sensible_number_is_none() {
        for senseless in [f64::NAN, -1.0, -0.0, f64::NEG_INFINITY] {
            assert_eq!(Factor::new(senseless), Factor::default());
        }
        assert_eq!(Factor::new(f64::INFINITY), Factor::new(f64::MAX));
    }

    #[test]
    fn a_fraction_is_above_zero_and_one_at_most() {
        assert!(fraction(0) > 0.0);
        assert!((fraction(u64::MAX) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn half_a_second_of_lead_is_an_even_chance_and_a_minute_is_none() {
        // -ln(1/2) is 0.69; the smallest fraction, 2^-53, gives 36.7.
        let half = u64::MAX / 2;
        let beta = Factor::new(1.0);
        assert!(is_early(due_in(0), beta, half, NOW) && !is_early(due_in(1), beta, half, NOW));
        assert!(is_early(due_in(36), beta, 0, NOW) && is_too_early(due_in(37), beta, NOW));
        assert!(is_early(due_in(73), Factor::new(2.0), 0, NOW));
    }

    #[test]
    fn nothing_is_early_without_a_beta_a_compute_time_or_an_expiry() {
        let beta = Factor::new(1.0);
        assert!(is_too_early(due_in(0), Factor::default(), NOW));
        assert!(is_too_early(Due { compute_time: 0, ..due_in(0) }, beta, NOW));
        assert!(is_too_early(Due { expires_at: NEVER, compute_time: u64::MAX }, Factor::new(f64::MAX), NOW));
    }

    proptest! {
        #[test]
        fn jitter_only_shortens_and_by_no_more_than_its_fraction(
            secs in 0.0..1e15f64, jitter in 0.0..=1.0f64, random: u64,
        ) {
            let whole = Duration::from_secs_f64(secs);
            let short = shortened(whole, Factor::new(jitter), random);
            prop_assert!(short <= whole);
            let least = Duration::from_secs_f64(secs * (1.0 - jitter) * (1.0 - 1e-9));
            prop_assert!(short >= least.saturating_sub(Duration::from_nanos(2)));
        }

        #[test]
        fn the_nearer_the_expiry_and_the_longer_it_took_the_earlier(
            left in 0..1u64 << 40, took in 0..1u64 << 40, beta in 0.0..10.0f64, random: u64, more in 0..1u64 << 40,
        ) {
            let beta = Factor::new(beta);
            let due = Due { expires_at: NOW.as_nanos() + left, compute_time: took };
            if is_early(due, beta, random, NOW) {
                prop_assert!(!is_too_early(due, beta, NOW), "and so no chance was skipped");
                prop_assert!(is_early(due, beta, random, NOW.after(Duration::from_nanos(more))));
                let slower = Due { compute_time: took + more, ..due };
                prop_assert!(is_early(slower, beta, random, NOW));
            }
        }
    }
}
