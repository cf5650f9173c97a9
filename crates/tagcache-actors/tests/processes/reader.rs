//! A reader, stopped between two of its calls while another process changes what it reads.

use crate::stage;

#[test]
fn a_reader_that_meets_a_replaced_entry_opens_again() {
    let stage = stage();
    let [mut reader, mut writer] = stage.actors();
    writer.expect("put home old bio", "stored");
    reader.expect("stop-at fstat data/", "ok");
    reader.stops("lookup home", "fstat");
    // The open file is poisoned and has no name left, and still nothing was invalidated.
    writer.expect("put home new bio", "stored");
    reader.expect("go", "fresh new");
}

#[test]
fn a_reader_that_meets_a_removed_entry_says_what_is_there_now() {
    for (invalidation, answer) in [
        ("invalidate-key home", "miss absent"),
        ("clear", "miss absent"),
        ("invalidate-tag bio", "miss invalidated"),
    ] {
        let stage = stage();
        let [mut reader, mut writer] = stage.actors();
        writer.expect("put home old bio", "stored");
        reader.expect("stop-at fstat data/", "ok");
        reader.stops("lookup home", "fstat");
        writer.expect(invalidation, "took 1");
        reader.expect("go", answer);
    }
}

#[test]
fn a_reader_that_meets_nothing_but_replaced_entries_gives_up_and_says_so() {
    let stage = stage();
    let [mut reader, mut writer] = stage.actors();
    writer.expect("put home v0 bio", "stored");
    reader.expect("stop-always fstat data/", "ok");
    let mut said = reader.ask("lookup home");
    let mut rounds = 0;
    while said.starts_with("at fstat ") && rounds < 100 {
        rounds += 1;
        writer.expect(&format!("put home v{rounds} bio"), "stored");
        said = reader.ask("go");
    }
    assert_eq!(said, "miss superseded", "after {rounds} rounds");
    assert!(rounds > 1, "it opened again before it gave up");
}

#[test]
fn a_reader_that_began_before_an_invalidation_may_finish_and_none_that_begins_after_it() {
    let stage = stage();
    let [mut reader, mut invalidator] = stage.actors();
    invalidator.expect("put home v1 bio", "stored");
    reader.expect("stop-at read data/", "ok");
    reader.stops("get home", "read");
    invalidator.expect("invalidate-tag bio", "took 1");
    reader.expect("go", "fresh v1");
    reader.expect("get home", "none");
}
