//! The clock of the machine is set: nothing lives for ever, and nothing is lost that was not over.

mod common;

use std::time::Duration;

use tagcache::{Lookup, Policy, Source, Stale};

use common::{DAY, Fixture, HOUR, stale, text};

fn look(fixture: &Fixture) -> Lookup<String> {
    fixture.cache.lookup("page").expect("no fault")
}

fn compute(fixture: &Fixture, value: &str) -> Source {
    let policy = Policy::new().expire_in(HOUR).keep_stale(30 * DAY);
    fixture.cache.get_with("page", &policy, |_| text(value)).source()
}

#[test]
fn a_leap_forward_makes_a_value_stale_and_a_correction_makes_it_fresh_again() {
    let fixture = Fixture::new();
    compute(&fixture, "page");
    let noon = fixture.world.clock.now();
    fixture.world.clock.set(noon.after(DAY));
    assert_eq!(stale(look(&fixture)), (text("page"), Stale::Expired));
    fixture.world.clock.set(noon.after(HOUR / 2));
    assert_eq!(*look(&fixture).fresh().expect("its hour is not over"), "page");
}

#[test]
fn a_value_made_while_the_clock_was_ahead_is_refreshed_by_the_next_fill() {
    let fixture = Fixture::new();
    let noon = fixture.world.clock.now();
    fixture.world.clock.set(noon.after(365 * DAY));
    compute(&fixture, "ahead");
    fixture.world.clock.set(noon);
    assert_eq!(stale(look(&fixture)), (text("ahead"), Stale::FromTheFuture), "its age is unknown");
    assert!(matches!(compute(&fixture, "now"), Source::Computed { .. }), "it would be fresh for a year");
    assert_eq!(*look(&fixture).fresh().expect("made by the right clock"), "now");
    fixture.world.clock.set(noon.after(HOUR));
    assert!(matches!(look(&fixture), Lookup::Stale(_, Stale::Expired)), "and over in an hour");
}

#[test]
fn an_invalidation_holds_whatever_the_clock_says() {
    let fixture = Fixture::new();
    let noon = fixture.world.clock.now();
    let put = || fixture.cache.put("page", &text("page"), &Policy::new().tag("blog")).expect("a put");
    for step in [Duration::ZERO, DAY, 365 * DAY] {
        put();
        // Made now, taken away by a clock that is set back or forward, and looked at by either.
        fixture.world.clock.set(noon.after(step));
        assert_eq!(fixture.cache.invalidate_tag("blog").expect("complete"), 1);
        for then in [noon, noon.after(step), noon.after(10 * 365 * DAY)] {
            fixture.world.clock.set(then);
            assert!(matches!(look(&fixture), Lookup::Miss(_)), "taken away at {step:?}");
        }
        fixture.world.clock.set(noon);
    }
}
