//! The rules, each broken once and kept once.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use tagcache_torture::event::{Event, Manner, Scope, THREADS};
use tagcache_torture::history::History;
use tagcache_torture::journal::Ticket;
use tagcache_torture::page::Page;

const ANNA: u32 = 0;
const BERT: u32 = THREADS;

/// A history that is told event by event.
struct Told {
    history: History,
    next: Ticket,
}

impl Told {
    fn new() -> Self {
        Self { history: History::new(3, 3), next: 0 }
    }

    /// Returns the place of the event, and whether a rule was broken by it.
    fn tell(&mut self, event: Event) -> (Ticket, Option<&'static str>) {
        let place = self.next;
        self.next += 1;
        (place, self.history.learn(place, event).err().map(|violation| violation.rule))
    }

    fn say(&mut self, event: Event) -> Ticket {
        let (place, broken) = self.tell(event);
        assert_eq!(broken, None, "{event:?} breaks no rule");
        place
    }

    fn begin(&mut self, key: u16, by: u32) -> Ticket {
        self.say(Event::Begun { key, by, leased: false })
    }

    fn take(&mut self, scope: Scope, manner: Manner) -> Ticket {
        let change = self.say(Event::Changed { scope, by: BERT });
        self.say(Event::Invalidated { scope, manner, change });
        change
    }

    /// A page of Anna's, made with the versions of now.
    fn page(&mut self, key: u16, tags: &[u16]) -> Page {
        let ticket = self.begin(key, ANNA);
        let tags = tags.iter().map(|tag| (*tag, self.history.version(*tag))).collect();
        Page { key, by: ANNA, ticket, fresh_until: u64::MAX, tags, filler: 0 }
    }

    /// The rule that a read which begins and ends now would break.
    fn read(&self, page: &Page, fresh: bool) -> Option<&'static str> {
        let floors = self.history.floors();
        let judged = self.history.judge(&floors, page, page.key, fresh);
        let judged = judged.and_then(|()| self.history.judge_order(&floors, page));
        judged.err().map(|violation| violation.rule)
    }
}

#[test]
fn a_value_that_nobody_made_is_not_whole() {
    let mut told = Told::new();
    let page = told.page(1, &[]);
    assert_eq!(told.read(&page, true), None);
    assert_eq!(told.read(&Page { ticket: 7, ..page.clone() }, true), Some("I1 whole"), "nothing began there");
    assert_eq!(told.read(&Page { by: BERT, ..page.clone() }, true), Some("I1 whole"), "another one made it");
    let asked = told.history.judge(&told.history.floors(), &page, 2, true);
    assert_eq!(asked.unwrap_err().rule, "I1 whole", "it is the value of another key");
}

#[test]
fn a_value_older_than_an_invalidation_that_returned_is_dead_fresh_or_stale() {
    for scope in [Scope::Tag(1), Scope::Key(2), Scope::Everything] {
        let mut told = Told::new();
        let (old, other) = (told.page(2, &[0, 1]), told.page(1, &[0]));
        told.take(scope, Manner::Hard);
        let new = told.page(2, &[0, 1]);
        for fresh in [true, false] {
            assert_eq!(told.read(&old, fresh), Some("I2 dead stays dead"), "{scope}");
            assert_eq!(told.read(&new, fresh), None, "{scope}: it was computed after the change");
        }
        let expected = (scope == Scope::Everything).then_some("I2 dead stays dead");
        assert_eq!(told.read(&other, true), expected, "{scope}: the other has not this tag and not this key");
    }
}

#[test]
fn an_invalidation_that_has_not_returned_forbids_nothing() {
    let mut told = Told::new();
    let old = told.page(0, &[0]);
    told.say(Event::Changed { scope: Scope::Tag(0), by: BERT });
    told.say(Event::Died { first: BERT });
    assert_eq!(told.read(&old, true), None);
}

#[test]
fn a_read_that_began_before_an_invalidation_returned_may_be_given_the_old_value() {
    let mut told = Told::new();
    let old = told.page(0, &[0]);
    let floors = told.history.floors();
    told.take(Scope::Tag(0), Manner::Hard);
    assert_eq!(told.history.judge(&floors, &old, 0, true), Ok(()));
}

#[test]
fn a_softly_expired_value_may_be_read_as_stale_and_never_as_fresh() {
    let mut told = Told::new();
    let old = told.page(0, &[0]);
    told.take(Scope::Tag(0), Manner::Soft);
    assert_eq!(told.read(&old, false), None);
    assert_eq!(told.read(&old, true), Some("I3 an overlapping invalidation wins"));
}

#[test]
fn of_two_invalidations_that_return_in_the_other_order_the_later_change_counts() {
    let mut told = Told::new();
    let scope = Scope::Tag(0);
    let first = told.say(Event::Changed { scope, by: ANNA });
    let between = told.page(0, &[0]);
    let second = told.say(Event::Changed { scope, by: BERT });
    told.say(Event::Invalidated { scope, manner: Manner::Hard, change: second });
    told.say(Event::Invalidated { scope, manner: Manner::Hard, change: first });
    assert_eq!(told.read(&between, false), Some("I2 dead stays dead"));
}

#[test]
fn two_computations_under_one_lease_are_seen_when_the_first_ends() {
    let mut told = Told::new();
    let first = told.say(Event::Begun { key: 1, by: ANNA, leased: true });
    told.say(Event::Begun { key: 1, by: BERT, leased: true });
    let (_, broken) = told.tell(Event::Computed { value: first, by: ANNA });
    assert_eq!(broken, Some("I4 one flight"));
}

#[test]
fn a_computation_without_a_lease_or_of_another_key_or_after_a_death_crosses_nothing() {
    let mut told = Told::new();
    let lost = told.say(Event::Begun { key: 1, by: ANNA, leased: true });
    // Anna was killed, which nobody has noticed yet, and Bert has her lease.
    let first = told.say(Event::Begun { key: 1, by: BERT, leased: true });
    told.say(Event::Died { first: ANNA });
    told.say(Event::Begun { key: 2, by: ANNA + 2 * THREADS, leased: true });
    told.say(Event::Begun { key: 1, by: ANNA + 3 * THREADS, leased: false });
    told.say(Event::Computed { value: first, by: BERT });
    assert!(lost < first);
}

#[test]
fn a_value_that_was_stored_before_another_one_began_is_not_read_after_that() {
    let mut told = Told::new();
    let old = told.page(0, &[]);
    told.say(Event::Stored { value: old.ticket, by: ANNA });
    let new = told.page(0, &[]);
    assert_eq!(told.read(&old, true), None, "the new one is not stored yet");
    told.say(Event::Stored { value: new.ticket, by: ANNA });
    assert_eq!(told.read(&old, true), Some("I9 latest wins"));
    assert_eq!(told.read(&new, true), None);
}

#[test]
fn of_two_values_that_were_stored_at_one_time_either_may_be_read() {
    let mut told = Told::new();
    let (one, other) = (told.page(0, &[]), told.page(0, &[]));
    told.say(Event::Stored { value: other.ticket, by: ANNA });
    assert_eq!(told.read(&one, true), None, "who knows when it took the place");
    told.say(Event::Stored { value: one.ticket, by: ANNA });
    assert_eq!(told.read(&one, true), None);
    assert_eq!(told.read(&other, true), None);
}

#[test]
fn the_value_of_a_dead_writer_was_stored_before_it_died_or_never() {
    let mut told = Told::new();
    let old = told.page(0, &[]);
    told.say(Event::Died { first: ANNA });
    let ticket = told.begin(0, BERT);
    told.say(Event::Stored { value: ticket, by: BERT });
    assert_eq!(told.read(&old, true), Some("I9 latest wins"));
}
