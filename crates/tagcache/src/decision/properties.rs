//! What holds in every cell of the table, whatever the policy.

use proptest::prelude::*;

use super::*;
use crate::policy::Policy;

fn sight() -> impl Strategy<Value = Sight> {
    let kind = prop::sample::select(vec![Stale::Expired, Stale::SoftlyExpired, Stale::FromTheFuture]);
    let overdue = prop_oneof![Just(0), 0..4u64, Just(u64::MAX)].prop_map(Duration::from_secs);
    prop_oneof![
        Just(Sight::Fresh),
        Just(Sight::Early),
        Just(Sight::Missing),
        (kind, overdue).prop_map(|(kind, overdue)| Sight::Stale { kind, overdue }),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let after_wait = prop::sample::select(vec![AfterWait::Compute, AfterWait::ServeStale, AfterWait::Fail]);
    let secs = || (0..4u64).prop_map(Duration::from_secs);
    (any::<bool>(), secs(), secs(), after_wait).prop_map(|(serve, keep, grace, after_wait)| {
        let policy = Policy::new().stale_while_refresh(serve).keep_stale(keep).stale_if_error(grace);
        policy.after_wait(after_wait).rules()
    })
}

fn demand() -> impl Strategy<Value = Demand> {
    prop::sample::select(vec![Demand::Value, Demand::Behind, Demand::New])
}

fn lease() -> impl Strategy<Value = Lease> {
    prop::sample::select(vec![
        Lease::Unasked,
        Lease::Yours,
        Lease::BackingOff,
        Lease::Busy,
        Lease::HeldHere,
        Lease::Cycle,
        Lease::Unshared,
        Lease::OutOfReach,
        Lease::WaitedTooLong,
    ])
}

proptest! {
    #[test]
    fn nothing_is_served_where_there_is_nothing_to_serve(rules in rules(), demand in demand(), lease in lease()) {
        // A hard-invalidated value is such a nothing.
        let step = decide(Sight::Missing, &rules, demand, lease);
        prop_assert!(!matches!(step, Step::Use | Step::Serve | Step::StandIn | Step::Refresh));
        prop_assert_eq!(after_error(Sight::Missing, Sight::Missing, &rules, demand), AfterError::Raise);
    }

    #[test]
    fn a_fresh_value_is_never_waited_for(rules in rules(), lease in lease()) {
        for demand in [Demand::Value, Demand::Behind] {
            prop_assert_eq!(decide(Sight::Fresh, &rules, demand, lease), Step::Use);
            let early = decide(Sight::Early, &rules, demand, lease);
            prop_assert!(!matches!(early, Step::Wait | Step::Fail | Step::Uncached));
        }
    }

    #[test]
    fn with_stale_while_refresh_nobody_waits_when_a_stale_value_may_be_served(
        sight in sight(), mut rules in rules(), lease in lease(),
    ) {
        rules.stale_while_refresh = true;
        if let Sight::Stale { overdue, .. } = sight {
            if overdue < rules.keep_stale {
                prop_assert_ne!(decide(sight, &rules, Demand::Value, lease), Step::Wait);
            }
        }
    }

    #[test]
    fn only_who_has_the_lease_computes_under_it(
        sight in sight(), rules in rules(), demand in demand(), lease in lease(),
    ) {
        let step = decide(sight, &rules, demand, lease);
        let has_it = matches!(lease, Lease::Yours | Lease::BackingOff);
        if matches!(step, Step::Compute | Step::Refresh) {
            prop_assert!(has_it);
        }
        if has_it {
            prop_assert!(!matches!(step, Step::Ask | Step::Wait | Step::Uncached | Step::Fail));
        }
    }

    #[test]
    fn every_wait_and_every_question_ends(
        sight in sight(), rules in rules(), demand in demand(), lease in lease(),
    ) {
        let step = decide(sight, &rules, demand, lease);
        prop_assert_eq!(step == Step::Wait, step == Step::Wait && lease == Lease::Busy);
        prop_assert!(step != Step::Ask || lease == Lease::Unasked);
    }

    #[test]
    fn a_value_older_than_the_policy_allows_is_as_good_as_none(
        mut sight in sight(), rules in rules(), demand in demand(), lease in lease(),
    ) {
        if let Sight::Stale { overdue, .. } = &mut sight {
            *overdue = rules.keep().max(*overdue);
            let none = decide(Sight::Missing, &rules, demand, lease);
            prop_assert_eq!(decide(sight, &rules, demand, lease), none);
        }
    }

    #[test]
    fn who_asked_for_a_new_value_gets_none_that_was_there(sight in sight(), rules in rules(), lease in lease()) {
        let step = decide(sight, &rules, Demand::New, lease);
        prop_assert!(!matches!(step, Step::Use | Step::Serve | Step::StandIn | Step::Refresh));
    }

    #[test]
    fn behind_the_caller_only_where_it_was_asked_for_and_there_is_a_value(
        sight in sight(), rules in rules(), demand in demand(), lease in lease(),
    ) {
        let (here, behind) = (decide(sight, &rules, Demand::Value, lease), decide(sight, &rules, Demand::Behind, lease));
        match behind {
            Step::Refresh => {
                prop_assert_eq!(here, Step::Compute);
                prop_assert_ne!(sight, Sight::Missing);
            }
            other => prop_assert_eq!(here, other, "in all else the two are alike"),
        }
        prop_assert!(demand == Demand::Behind || decide(sight, &rules, demand, lease) != Step::Refresh);
    }
}
