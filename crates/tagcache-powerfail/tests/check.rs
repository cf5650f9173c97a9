//! The check says what is a violation, and nothing else.

mod common;

use common::{FIRST, case, first, told, value};
use tagcache::Durability::{Full, Invalidations, Volatile};
use tagcache_powerfail::check::Seen;
use tagcache_powerfail::record::Cut;

/// The lines of a call without a computation.
fn done<'a>(begin: &'a str, end: &'a str) -> Vec<&'a str> {
    [&FIRST[..], &[begin, end]].concat()
}

fn verdict(lines: &[&str], seen: &Seen) -> String {
    let told = told(lines);
    case(&told, Invalidations).judge("k1", seen).map_or("fine".into(), |violation| violation.what[..2].into())
}

fn stale() -> Seen {
    Seen::Stale(value("k1", &["t1", "t2"], 1, 1, 10))
}

#[test]
fn a_value_that_was_put_may_be_served_and_need_not_be() {
    assert_eq!(verdict(&FIRST, &first()), "fine");
    assert_eq!(verdict(&FIRST, &Seen::Miss("absent".into())), "fine");
}

#[test]
fn a_put_that_had_not_returned_may_be_served() {
    assert_eq!(verdict(&FIRST[..2], &first()), "fine");
    assert_eq!(verdict(&FIRST[..1], &first()), "fine");
}

#[test]
fn a_value_after_an_invalidation_that_returned_is_a_violation_fresh_or_stale() {
    for begin in [
        "2.1 begin invalidate-tags t9,t2",
        "2.1 begin invalidate-key k1",
        "2.1 begin clear",
        "2.1 begin replace k1 5 ",
    ] {
        let lines = done(begin, "2.1 done");
        assert_eq!(verdict(&lines, &first()), "I2", "{begin}");
        assert_eq!(verdict(&lines, &stale()), "I2", "{begin}");
    }
}

#[test]
fn an_invalidation_that_failed_or_did_not_return_promises_nothing() {
    let lines = done("2.1 begin clear", "2.1 failed disk on fire");
    assert_eq!(verdict(&lines, &first()), "fine");
    assert_eq!(verdict(&lines[..4], &first()), "fine");
}

#[test]
fn an_invalidation_of_something_else_and_an_eviction_promise_nothing() {
    for begin in [
        "2.1 begin invalidate-tags t3",
        "2.1 begin invalidate-key k2",
        "2.1 begin evict k1",
        "2.1 begin sweep",
    ] {
        assert_eq!(verdict(&done(begin, "2.1 done"), &first()), "fine", "{begin}");
    }
}

#[test]
fn an_invalidation_that_returned_after_the_cut_promises_nothing() {
    let (history, end) = told(&done("2.1 begin clear", "2.1 done"));
    let cut = Cut { returned: end.returned - 1, begun: end.begun };
    assert!(case(&(history, cut), Invalidations).judge("k1", &first()).is_none());
}

#[test]
fn an_invalidation_that_began_before_the_computation_does_not_concern_it() {
    let lines = ["2.1 begin clear", FIRST[0], FIRST[1], "2.1 done", FIRST[2]];
    assert_eq!(verdict(&lines, &first()), "fine");
}

#[test]
fn an_invalidation_that_began_after_the_mark_concerns_a_put_that_returned_later() {
    let lines = [FIRST[0], FIRST[1], "2.1 begin clear", "2.1 done", FIRST[2]];
    assert_eq!(verdict(&lines, &first()), "I2");
}

#[test]
fn where_the_lines_do_not_tell_which_came_first_nothing_is_claimed() {
    let lines = [FIRST[0], "2.1 begin clear", FIRST[1], "2.1 done", FIRST[2]];
    assert_eq!(verdict(&lines, &first()), "fine");
}

#[test]
fn a_softly_expired_value_may_be_stale_and_not_fresh() {
    for begin in ["2.1 begin expire-tags t1", "2.1 begin expire-key k1"] {
        assert_eq!(verdict(&done(begin, "2.1 done"), &first()), "I3", "{begin}");
        assert_eq!(verdict(&done(begin, "2.1 done"), &stale()), "fine", "{begin}");
    }
}

#[test]
fn a_torn_value_that_is_served_is_a_violation() {
    let Seen::Fresh(mut bytes) = first() else { unreachable!() };
    bytes.pop();
    assert_eq!(verdict(&FIRST, &Seen::Fresh(bytes)), "I1");
    assert_eq!(verdict(&FIRST, &Seen::Fresh(Vec::new())), "I1");
}

#[test]
fn a_value_that_nobody_stored_there_is_a_violation() {
    let others = [
        value("k2", &["t1", "t2"], 1, 1, 10),
        value("k1", &["t1"], 1, 1, 10),
        value("k1", &["t1", "t2"], 1, 1, 11),
        value("k1", &["t1", "t2"], 1, 2, 10),
        value("k1", &["t1", "t2"], 2, 1, 10),
    ];
    for bytes in others {
        assert_eq!(verdict(&FIRST, &Seen::Fresh(bytes)), "I1");
    }
}

#[test]
fn a_value_that_was_put_after_the_cut_is_a_violation() {
    let (history, _) = told(&FIRST);
    let told = (history, Cut { returned: 0, begun: 0 });
    assert!(case(&told, Invalidations).judge("k1", &first()).is_some());
}

#[test]
fn a_volatile_root_serves_nothing_of_an_earlier_boot() {
    let told = told(&FIRST);
    assert!(case(&told, Volatile).judge("k1", &first()).is_some());
    assert!(case(&told, Volatile).judge("k1", &stale()).is_some());
    assert!(case(&told, Volatile).judge("k1", &Seen::Miss("other boot".into())).is_none());
}

#[test]
fn only_full_durability_promises_that_a_value_is_there() {
    let told = told(&FIRST);
    let promised = |durability| case(&told, durability).promised().len();
    assert_eq!((promised(Full), promised(Invalidations), promised(Volatile)), (1, 0, 0));
}

#[test]
fn a_promised_value_that_is_missing_or_another_one_is_a_violation() {
    let told = told(&FIRST);
    let case = case(&told, Full);
    let (act, goods) = case.promised()[0];
    let older = Seen::Fresh(value("k1", &[], 9, 9, 1));
    assert!(case.judge_promise(act, goods, &first()).is_none());
    assert!(case.judge_promise(act, goods, &stale()).is_none(), "softly expired, and there");
    assert!(case.judge_promise(act, goods, &Seen::Miss("absent".into())).is_some());
    assert!(case.judge_promise(act, goods, &older).is_some());
}

#[test]
fn a_violation_tells_the_calls_that_led_to_it() {
    let told = told(&done("2.1 begin clear", "2.1 done"));
    let violation = case(&told, Invalidations).judge("k1", &first()).expect("a violation").to_string();
    assert!(violation.contains("1.1 put k1 10 t1,t2") && violation.contains("2.1 clear"), "{violation}");
}
