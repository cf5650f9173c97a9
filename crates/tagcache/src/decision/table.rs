//! The table, case by case, as it stands in `docs/DESIGN.md`.

use std::time::Duration;

use super::*;
use crate::policy::Policy;

pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// What was seen in the eyes of a policy, by the names of the page.
pub(super) const SEEN: [&str; 7] = [
    "fresh",
    "fresh, refreshed early",
    "old, served meanwhile",
    "old, stands in for errors",
    "old, kept back",
    "none",
    "new one demanded",
];

/// How the lease stands, by the names of the page, and what the policy says about the end of a wait.
pub(super) const LEASES: [(&str, Lease, AfterWait); 11] = [
    ("not asked yet", Lease::Unasked, AfterWait::Compute),
    ("yours", Lease::Yours, AfterWait::Compute),
    ("yours, backing off", Lease::BackingOff, AfterWait::Compute),
    ("another's", Lease::Busy, AfterWait::Compute),
    ("yours already", Lease::HeldHere, AfterWait::Compute),
    ("of one who waits for you", Lease::Cycle, AfterWait::Compute),
    ("was of one who stored nothing", Lease::Unshared, AfterWait::Compute),
    ("cannot be asked for", Lease::OutOfReach, AfterWait::Compute),
    ("waited too long: compute", Lease::WaitedTooLong, AfterWait::Compute),
    ("waited too long: serve stale", Lease::WaitedTooLong, AfterWait::ServeStale),
    ("waited too long: fail", Lease::WaitedTooLong, AfterWait::Fail),
];

/// Everything that leads to a name: the ways to see it, the policy, the demand.
pub(super) fn ways_to(row: &str) -> (Vec<Sight>, Policy, Demand) {
    let patient = Policy::new().stale_while_refresh(false);
    match row {
        "fresh" => (vec![Sight::Fresh], Policy::new(), Demand::Value),
        "fresh, refreshed early" => (vec![Sight::Early], Policy::new(), Demand::Value),
        "old, served meanwhile" => (old(HOUR), Policy::new(), Demand::Value),
        "old, stands in for errors" => (old(HOUR), patient.stale_if_error(2 * HOUR), Demand::Value),
        "old, kept back" => (old(HOUR), patient, Demand::Value),
        "none" => (vec![Sight::Missing], Policy::new(), Demand::Value),
        "new one demanded" => (vec![Sight::Fresh, Sight::Missing], Policy::new(), Demand::New),
        other => unreachable!("{other} is no row"),
    }
}

/// A value that is old for any of the reasons there are.
fn old(overdue: Duration) -> Vec<Sight> {
    let kinds = [Stale::Expired, Stale::SoftlyExpired, Stale::FromTheFuture];
    kinds.map(|kind| Sight::Stale { kind, overdue }).to_vec()
}

/// The words of the page.
pub(super) fn word(step: Step) -> &'static str {
    match step {
        Step::Use => "use",
        Step::Serve => "serve",
        Step::StandIn => "stand in",
        Step::Ask => "ask",
        Step::Compute => "compute",
        Step::Refresh => "refresh",
        Step::Wait => "wait",
        Step::Uncached => "uncached",
        Step::Fail => "fail",
    }
}

/// What is done then; the same for every way that leads there.
pub(super) fn cell(row: &str, lease: Lease, after_wait: AfterWait) -> &'static str {
    let (sights, policy, demand) = ways_to(row);
    let rules = policy.after_wait(after_wait).rules();
    let mut words = sights.iter().map(|sight| word(decide(*sight, &rules, demand, lease)));
    let first = words.next().expect("a row has a way to it");
    assert!(words.all(|word| word == first), "{row}: why a value is old is no matter");
    first
}

#[test]
fn every_case_is_decided_as_it_should_be() {
    let expected = [
        ["use"; 11],
        ["ask", "compute", "use", "use", "use", "use", "use", "use", "use", "use", "use"],
        ["ask", "compute", "serve", "serve", "serve", "serve", "serve", "fail", "serve", "serve", "serve"],
        [
            "ask", "compute", "stand in", "wait", "fail", "uncached", "uncached", "fail", "uncached",
            "serve", "fail",
        ],
        [
            "ask", "compute", "compute", "wait", "fail", "uncached", "uncached", "fail", "uncached", "serve",
            "fail",
        ],
        [
            "ask", "compute", "compute", "wait", "fail", "uncached", "uncached", "fail", "uncached",
            "uncached", "fail",
        ],
        [
            "ask", "compute", "compute", "wait", "fail", "uncached", "uncached", "fail", "uncached",
            "uncached", "fail",
        ],
    ];
    for (row, expected) in SEEN.iter().zip(expected) {
        for ((column, lease, after_wait), expected) in LEASES.iter().zip(expected) {
            assert_eq!(cell(row, *lease, *after_wait), expected, "{row} / {column}");
        }
    }
}

#[test]
fn how_long_a_value_is_overdue_decides_what_it_is_good_for() {
    let rules = Policy::new().keep_stale(HOUR).stale_if_error(2 * HOUR).rules();
    let row = |overdue| row(Sight::Stale { kind: Stale::Expired, overdue }, &rules, Demand::Value);
    let nano = Duration::from_nanos(1);
    assert_eq!([row(Duration::ZERO), row(HOUR - nano)], [Row::Served; 2]);
    assert_eq!([row(HOUR), row(2 * HOUR - nano)], [Row::StandsIn; 2]);
    assert_eq!([row(2 * HOUR), row(Duration::MAX)], [Row::Missing; 2]);
}

#[test]
fn after_an_error_the_policy_says_who_gets_what() {
    let strict = Policy::new().rules();
    let lenient = Policy::new().stale_if_error(HOUR).rules();
    let stale = |overdue| Sight::Stale { kind: Stale::Expired, overdue };
    let cases = [
        (strict, Sight::Missing, stale(Duration::ZERO), AfterError::Raise),
        (lenient, stale(Duration::ZERO), stale(Duration::ZERO), AfterError::StandIn),
        (lenient, stale(Duration::ZERO), stale(HOUR), AfterError::Raise),
        (lenient, stale(Duration::ZERO), Sight::Missing, AfterError::Raise),
        (lenient, Sight::Missing, Sight::Fresh, AfterError::Use),
        (strict, Sight::Missing, Sight::Fresh, AfterError::Raise),
        (strict, Sight::Early, Sight::Fresh, AfterError::Use),
        (strict, Sight::Early, Sight::Early, AfterError::Use),
        (strict, Sight::Early, stale(Duration::ZERO), AfterError::Raise),
    ];
    for (rules, before, after, expected) in cases {
        assert_eq!(after_error(before, after, &rules, Demand::Value), expected, "{before:?} then {after:?}");
        assert_eq!(after_error(before, after, &rules, Demand::New), AfterError::Raise);
    }
}
