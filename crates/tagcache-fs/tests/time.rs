//! Points in time and their edges.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use tagcache_fs::Time;

#[test]
fn a_time_before_the_epoch_is_the_epoch_and_one_too_late_is_the_last() {
    assert_eq!(Time::from_parts(-1, 999_999_999), Time::EPOCH);
    assert_eq!(Time::from(UNIX_EPOCH - Duration::from_secs(1)), Time::EPOCH);
    assert_eq!(Time::from_parts(i64::MAX, 0), Time::MAX);
    assert_eq!(Time::MAX.after(Duration::MAX), Time::MAX);
    assert_eq!(Time::EPOCH.since(Time::MAX), Duration::ZERO);
}

#[test]
fn rounding_up_stays_within_what_can_be_said() {
    assert_eq!(Time::MAX.round_up(1), Time::MAX);
    assert_eq!(Time::MAX.round_up(2), Time::from_nanos(u64::MAX - 1), "down, since there is nothing above");
    assert_eq!(Time::from_nanos(5).round_up(0), Time::from_nanos(5));
}

proptest! {
    #[test]
    fn the_two_fields_of_the_system_and_back(nanos: u64) {
        let time = Time::from_nanos(nanos);
        let secs = i64::try_from(time.secs()).unwrap();
        prop_assert_eq!(Time::from_parts(secs, u32::try_from(time.subsec_nanos()).unwrap()), time);
        prop_assert_eq!(Time::from(SystemTime::from(time)), time);
    }

    #[test]
    fn a_rounded_time_is_the_first_multiple_that_is_not_earlier(nanos in 0..u64::MAX / 2, granularity in 1..2_000_000_000_u64) {
        let rounded = Time::from_nanos(nanos).round_up(granularity).as_nanos();
        prop_assert!(rounded >= nanos && rounded - nanos < granularity && rounded % granularity == 0);
    }
}
