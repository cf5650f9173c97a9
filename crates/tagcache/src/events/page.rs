//! The page that people watch by names the same things as the code.

use std::collections::BTreeSet;

use super::figures::COUNTERS;
use crate::stats::TOLD;

const PAGE: &str = include_str!("../../../../docs/EVENTS.md");

/// The names in the first column of the table below a heading.
fn names_below(heading: &str) -> BTreeSet<&'static str> {
    let (_, rest) = PAGE.split_once(heading).expect("the page has this heading");
    let rows = rest.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).expect("each row begins with a name")).collect()
}

#[test]
fn the_page_has_every_metric_and_no_other() {
    let mut metrics: BTreeSet<_> = COUNTERS.iter().map(|(name, _)| *name).collect();
    metrics.insert("tagcache_compute_seconds");
    assert_eq!(names_below("\n## Figures\n"), metrics);
}

#[test]
fn every_counter_of_the_stats_is_one_of_the_metrics() {
    for (_, counter, metric) in TOLD {
        assert!(
            COUNTERS.iter().any(|(name, _)| name == metric),
            "{counter} is {metric}, which nobody describes"
        );
    }
}

#[test]
fn the_page_has_every_event_that_a_counter_is_told_by() {
    let events = names_below("\n## Events\n");
    for (tell, counter, _) in TOLD {
        assert_eq!(
            events.contains(counter),
            *tell == "told" || ["raced", "declined", "invalidated"].contains(counter)
        );
    }
}
