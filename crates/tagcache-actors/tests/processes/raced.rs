//! A fill that an invalidation overtakes, at each moment and in each way: its value is its caller's, and nobody else
//! gets it as fresh.

use crate::stage;

/// What another process does meanwhile.
const INVALIDATIONS: [&str; 5] =
    ["invalidate-tag bio", "invalidate-key home", "clear", "expire-tag bio", "expire-key home"];

/// Where the fill is then: after the computation it is stopped before a call.
const MOMENTS: [(&str, &str); 8] = [
    ("while it computes", ""),
    ("before the draft is there", "create tmp/"),
    ("before the draft is locked", "flock tmp/"),
    ("before the draft has its time", "futimens-mtime tmp/"),
    ("before the draft is linked to the tag", "link tmp/"),
    ("before the log is checked", "fstat log"),
    ("before the draft is published", "rename tmp/"),
    ("before a lease is given back", "unlink locks/"),
];

#[test]
fn a_value_that_was_overtaken_is_never_fresh_for_anybody() {
    for invalidation in INVALIDATIONS {
        for (moment, stop) in MOMENTS {
            overtake("bio", invalidation, moment, stop);
        }
    }
}

#[test]
fn a_value_without_tags_that_was_overtaken_is_never_fresh_for_anybody() {
    // There is no link under which an invalidation would meet the draft.
    for invalidation in ["invalidate-key home", "clear", "expire-key home"] {
        for (moment, stop) in MOMENTS.into_iter().filter(|(_, stop)| !stop.starts_with("link")) {
            overtake("", invalidation, moment, stop);
        }
    }
}

#[test]
fn a_tag_that_is_invalidated_before_any_call_of_a_fill_that_has_computed_wins() {
    for invalidation in ["invalidate-tag bio", "expire-tag bio"] {
        for calls in 0.. {
            let stage = stage().volatile();
            let [mut filler, mut invalidator, mut reader] = stage.actors();
            filler.expect("fill home v1 bio", "computing");
            let Some(call) = filler.stop_after(calls, "any", "go") else {
                assert!(calls > 12, "a fill makes more than {calls} calls after its computation");
                break;
            };
            let what = format!("`{invalidation}` before {call}");
            assert!(invalidator.ask(invalidation).starts_with("took "), "{what}");
            reader.expect("get home", "none");
            let filled = filler.ask("run");
            assert!(filled.starts_with("computed v1 "), "the caller gets its value: {what}, {filled}");
            reader.expect("get home", "none");
            reader.expect("get-with home v2 bio", "computed v2 stored");
        }
    }
}

/// Fills under these tags, and invalidates while the fill is stopped there.
fn overtake(tags: &str, invalidation: &str, moment: &str, stop: &str) {
    let stage = stage();
    let [mut filler, mut invalidator, mut reader] = stage.actors();
    filler.expect(&format!("fill home v1 {tags}"), "computing");
    if let Some((call, _)) = stop.split_once(' ') {
        filler.expect(&format!("stop-at {stop}"), "ok");
        filler.stops("go", call);
    }
    let took = invalidator.ask(invalidation);
    let served = reader.ask("get home");
    let filled = filler.ask("go");
    let served_later = reader.ask("get home");

    let what = format!("`{invalidation}` {moment}, with the tags `{tags}`: {took}, {filled}");
    assert!(took.starts_with("took "), "{what}");
    assert!(filled.starts_with("computed v1 "), "the caller gets its value: {what}");
    assert_eq!([served.as_str(), &served_later], ["none", "none"], "{what}");
    reader.expect("get-with home v2 bio", "computed v2 stored");
    filler.expect("get home", "fresh v2");
    stage.assert_nothing_left();
}

#[test]
fn while_it_computes_every_invalidation_that_concerns_it_makes_it_raced_and_no_other() {
    let others =
        ["invalidate-tag blog-new", "invalidate-key about", "expire-tag blog-new", "expire-key about"];
    for (invalidations, outcome) in [(&INVALIDATIONS[..], "raced"), (&others, "stored")] {
        for invalidation in invalidations {
            let stage = stage();
            let [mut filler, mut invalidator] = stage.actors();
            filler.expect("fill home v1 bio", "computing");
            invalidator.expect(invalidation, "took 0");
            filler.expect("go", &format!("computed v1 {outcome}"));
        }
    }
}

#[test]
fn a_tag_that_was_invalidated_before_the_computation_named_it_counts() {
    let stage = stage();
    let [mut filler, mut invalidator] = stage.actors();
    filler.expect("fill home v1", "computing");
    invalidator.expect("invalidate-tag author-3", "took 0");
    filler.expect("tag author-3", "ok");
    filler.expect("go", "computed v1 raced");
    invalidator.expect("lookup home", "miss absent");
}

#[test]
fn a_raced_fill_leaves_the_value_of_a_later_put_alone() {
    let stage = stage();
    let [mut filler, mut other] = stage.actors();
    filler.expect("fill home old bio", "computing");
    other.expect("invalidate-tag bio", "took 0");
    other.expect("put home new bio", "stored");
    filler.expect("go", "computed old raced");
    other.expect("get home", "fresh new");
    stage.assert_nothing_left();
}

#[test]
fn a_replaced_key_is_never_overwritten_by_a_fill_that_began_before() {
    let stage = stage();
    let [mut filler, mut other] = stage.actors();
    filler.expect("fill home old", "computing");
    other.expect("replace home new", "stored");
    filler.expect("go", "computed old raced");
    other.expect("get home", "fresh new");
}

#[test]
fn a_put_does_not_stop_a_fill_and_the_last_one_wins() {
    let stage = stage();
    let [mut filler, mut other] = stage.actors();
    filler.expect("fill home filled bio", "computing");
    other.expect("put home put bio", "stored");
    other.expect("get home", "fresh put");
    filler.expect("go", "computed filled stored");
    other.expect("get home", "fresh filled");
    stage.assert_nothing_left();
}
