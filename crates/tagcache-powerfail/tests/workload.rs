//! The workload and the inspection, on a directory whose power is not cut: what can be shown without root.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::fs;
use std::path::Path;

use tagcache::{Durability, Layout};
use tagcache_powerfail::check::Case;
use tagcache_powerfail::history::History;
use tagcache_powerfail::inspect;
use tagcache_powerfail::record::Cut;
use tagcache_powerfail::record::{self, Line, Recorder};
use tagcache_powerfail::report::Tally;
use tagcache_powerfail::workload::{Orders, work};

const BOOT: u64 = 1;

fn worked(dir: &Path, durability: Durability) -> String {
    worked_in(dir, durability, Layout::default())
}

/// Several processes work, one thread each, until all have made their calls. Answers the record.
fn worked_in(dir: &Path, durability: Durability, layout: Layout) -> String {
    let path = dir.join("record");
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let (root, recorder) = (dir.join("root"), Recorder::open(&path).unwrap());
            let deeds = Some(150);
            let orders = Orders {
                writer,
                seed: u64::from(writer),
                boot: BOOT,
                durability,
                layout,
                broken: None,
                deeds,
            };
            scope.spawn(move || work(&root, &recorder, &orders).unwrap());
        }
    });
    fs::read_to_string(path).unwrap()
}

/// Inspects the root as if the power had been cut behind the last line, and nothing had been lost.
fn inspected(dir: &Path, text: &str, durability: Durability) -> Tally {
    let history = record::parse(text).and_then(History::new).unwrap();
    let end = text.len() as u64;
    let cut = Cut { returned: end, begun: end };
    let case = Case { history: &history, cut, durability, names_hold: true };
    inspect(&dir.join("root"), &case, BOOT + 1)
}

#[test]
fn where_nothing_is_lost_there_is_no_violation() {
    let durabilities = [Durability::Invalidations, Durability::Full, Durability::Volatile];
    for (durability, layout) in
        durabilities.into_iter().flat_map(|one| Layout::ALL.map(|layout| (one, layout)))
    {
        let (dir, what) = (tempfile::tempdir().unwrap(), format!("{durability}, {layout}"));
        let text = worked_in(dir.path(), durability, layout);
        assert!(!text.contains("failed"), "no call should fail: {text}");
        let tally = inspected(dir.path(), &text, durability);
        assert_eq!(tally.violations, [], "{what}");
        assert_eq!(tally.values > 0, durability != Durability::Volatile, "{what}: {tally:?}");
        assert_eq!(tally.promises > 0, durability == Durability::Full, "{what}: {tally:?}");
        assert_eq!(tally.refused > 0, durability == Durability::Volatile, "{what}: {tally:?}");
    }
}

#[test]
fn an_invalidation_that_is_in_the_record_and_not_in_the_root_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let text = worked(dir.path(), Durability::Invalidations) + "9.1 begin clear\n9.1 done\n";
    let tally = inspected(dir.path(), &text, Durability::Invalidations);
    let found = tally.violations.iter().filter(|violation| violation.what.starts_with("I2")).count() as u64;
    // Read before and after the sweep.
    assert_eq!(found, 2 * tally.values, "every value that is served is one too many");
}

#[test]
fn a_root_that_was_lost_breaks_every_promise() {
    let dir = tempfile::tempdir().unwrap();
    let text = worked(dir.path(), Durability::Full);
    fs::remove_dir_all(dir.path().join("root")).unwrap();
    let tally = inspected(dir.path(), &text, Durability::Full);
    assert!(tally.promises > 0);
    assert_eq!(tally.violations.len() as u64, tally.promises, "{:#?}", tally.violations);
}

#[test]
fn the_workload_evicts_and_replaces_and_then_invalidates_what_is_no_longer_there() {
    let dir = tempfile::tempdir().unwrap();
    let text = worked(dir.path(), Durability::Volatile);
    let history = record::parse(&text).and_then(History::new).unwrap();
    let follows = |first: &str, second: &str| {
        history.acts().iter().any(|act| {
            let next = tagcache_powerfail::value::Author { step: act.author.step + 1, ..act.author };
            let next = history.act(next).map(|act| act.deed.to_string()).unwrap_or_default();
            act.deed.to_string().starts_with(first) && next.starts_with(second)
        })
    };
    assert!(follows("evict", "invalidate-tags"));
    assert!(follows("evict", "invalidate-key"));
    assert!(follows("put", "invalidate-tags"));
    let marks =
        record::parse(&text).unwrap().iter().filter(|(_, line)| matches!(line, Line::Marked(_))).count();
    assert!(marks > 100, "puts and fills are marked: {marks}");
}
