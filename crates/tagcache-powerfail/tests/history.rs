//! What the record proves about values that must be there, and about boots that ended.

mod common;

use common::{FIRST, told};
use tagcache_powerfail::history::History;
use tagcache_powerfail::record::Cut;

/// Whether the value of `FIRST` must be there after these lines.
fn is_untouched(more: &[&str]) -> bool {
    let (history, cut) = told(&[&FIRST[..], more].concat());
    history.untouched(&cut).iter().any(|(act, _)| act.author.to_string() == "1.1")
}

#[test]
fn whatever_may_have_taken_a_value_away_ends_its_promise() {
    assert!(is_untouched(&[]));
    for begin in [
        "2.1 begin put k1 5 ",
        "2.1 begin fill k1 5 ",
        "2.1 begin replace k1 5 ",
        "2.1 begin evict k1",
        "2.1 begin invalidate-key k1",
        "2.1 begin invalidate-tags t2",
        "2.1 begin clear",
    ] {
        assert!(!is_untouched(&[begin]), "{begin}, even if it has not returned");
        assert!(!is_untouched(&[begin, "2.1 failed somehow"]), "{begin}, even if it failed");
    }
}

#[test]
fn what_leaves_a_value_alone_leaves_its_promise() {
    for begin in
        ["2.1 begin sweep", "2.1 begin expire-key k1", "2.1 begin put k2 5 ", "2.1 begin invalidate-tags t3"]
    {
        assert!(is_untouched(&[begin]), "{begin}");
    }
    assert!(is_untouched(&["2.1 begin fill k1 5 ", "2.1 not-stored"]), "a fill that found the value");
}

#[test]
fn a_sweep_that_met_the_put_ends_its_promise() {
    let (history, cut) = told(&["2.1 begin sweep", FIRST[0], FIRST[1], "2.1 done", FIRST[2]]);
    assert!(history.untouched(&cut).is_empty());
}

#[test]
fn a_put_that_did_not_return_or_store_promises_nothing() {
    for lines in [&FIRST[..2], &[FIRST[0], "1.1 not-stored"], &[FIRST[0], "1.1 failed somehow"]] {
        let (history, cut) = told(lines);
        assert!(history.untouched(&cut).is_empty(), "{lines:?}");
    }
}

#[test]
fn what_a_cut_interrupted_touches_nothing_later() {
    assert!(!is_untouched(&["2.1 begin clear"]));
    let lines = ["2.1 begin clear", "cut 16 16", FIRST[0], FIRST[1], FIRST[2]];
    let (history, cut) = told(&lines);
    assert_eq!(history.untouched(&cut).len(), 1);
}

#[test]
fn what_is_said_to_have_returned_behind_the_place_of_a_cut_is_not_believed() {
    let place = FIRST.iter().map(|line| line.len() + 1).sum::<usize>();
    let cut_line = format!("cut {place} 99");
    let lines = [&FIRST[..], &["2.1 begin clear", "2.1 done", &cut_line]].concat();
    let (history, cut) = told(&lines);
    assert_eq!(history.invalidations(&cut), 0, "the fsync that it waited for was interrupted");
    let before = told(&lines[..5]);
    assert_eq!(before.0.invalidations(&before.1), 1);
}

#[test]
fn only_hard_invalidations_that_had_returned_are_counted() {
    let (history, end) = told(&[
        "1.1 begin clear",
        "1.1 done",
        "1.2 begin expire-key k1",
        "1.2 done",
        "1.3 begin invalidate-key k1",
        "1.3 failed somehow",
        "1.4 begin invalidate-tags t1",
        "1.4 done",
    ]);
    assert_eq!(history.invalidations(&end), 2);
    assert_eq!(history.invalidations(&Cut { returned: end.returned - 1, ..end }), 1);
    assert_eq!(history.failures().count(), 1);
}

#[test]
fn an_end_without_a_begin_is_no_record() {
    let lines = tagcache_powerfail::record::parse("1.1 done\n").unwrap();
    assert!(History::new(lines).is_err());
}

#[test]
fn what_began_after_the_power_went_never_was() {
    let end = FIRST.iter().map(|line| line.len() + 1).sum::<usize>();
    let cut_line = format!("cut {end} {end}");
    let (history, cut) = told(&[&FIRST[..], &["2.1 begin clear", "2.1 done", &cut_line]].concat());
    assert_eq!(history.acts().len(), 1);
    assert_eq!(history.untouched(&cut).len(), 1, "it could not touch what was on the disk");
}
