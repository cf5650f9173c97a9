//! What one process knows of all, and what it therefore may and may not be given: the rules.
//!
//! Every rule compares two places in the journal, so none depends on a clock and none can be wrong about who was first:
//! what is known is always that one record was written *before* another.

use std::collections::HashMap;
use std::fmt;

use crate::event::{Event, Manner, Scope, THREADS};
use crate::journal::Ticket;
use crate::page::Page;

/// A rule was broken: which, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, as the design numbers them.
    pub rule: &'static str,
    /// What happened.
    pub story: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.story)
    }
}

/// The least that a value must be, taken before a read begins: what had returned by then.
///
/// Each number is a first place in the journal that is late enough; zero allows everything.
#[derive(Clone, Debug)]
pub struct Floors {
    hard: Bounds,
    soft: Bounds,
    /// Of each key: the latest beginning among the values whose storing has returned.
    newest: Vec<Ticket>,
}

#[derive(Clone, Debug)]
struct Bounds {
    tags: Vec<Ticket>,
    keys: Vec<Ticket>,
    everything: Ticket,
}

impl Bounds {
    fn new(keys: usize, tags: usize) -> Self {
        Self { tags: vec![0; tags], keys: vec![0; keys], everything: 0 }
    }

    fn raise(&mut self, scope: Scope, to: Ticket) {
        let bound = match scope {
            Scope::Tag(tag) => self.tags.get_mut(usize::from(tag)),
            Scope::Key(key) => self.keys.get_mut(usize::from(key)),
            Scope::Everything => Some(&mut self.everything),
        };
        // Two invalidators may finish in the other order.
        if let Some(bound) = bound {
            *bound = to.max(*bound);
        }
    }

    /// What forbids the page, if anything does: the scope, and the change that it does not know.
    fn forbids(&self, page: &Page) -> Option<(Scope, Ticket)> {
        let tags = page.tags.iter().map(|(tag, version)| (Scope::Tag(*tag), *version, at(&self.tags, *tag)));
        let key = (Scope::Key(page.key), page.ticket, at(&self.keys, page.key));
        let all = (Scope::Everything, page.ticket, self.everything);
        let mut bounds = tags.chain([key, all]);
        bounds.find(|(_, has, least)| has < least).map(|(scope, _, least)| (scope, least - 1))
    }
}

fn at(numbers: &[Ticket], name: u16) -> Ticket {
    numbers.get(usize::from(name)).copied().unwrap_or(0)
}

#[derive(Clone, Copy, Debug)]
struct Value {
    key: u16,
    by: u32,
    stored: Option<Ticket>,
}

/// A computation that was begun under a lease and is not known to be over.
#[derive(Clone, Copy, Debug)]
struct Flight {
    key: u16,
    by: u32,
    /// Another one that began meanwhile.
    crossed: Option<Ticket>,
}

/// Everything that the journal told so far.
#[derive(Debug)]
pub struct History {
    values: HashMap<Ticket, Value>,
    died: HashMap<u32, Ticket>,
    versions: Vec<u64>,
    flights: HashMap<Ticket, Flight>,
    floors: Floors,
}

impl History {
    /// Nothing happened yet, to so many keys and tags.
    #[must_use]
    pub fn new(keys: u16, tags: u16) -> Self {
        let (keys, tags) = (usize::from(keys), usize::from(tags));
        let bounds = Bounds::new(keys, tags);
        let floors = Floors { hard: bounds.clone(), soft: bounds, newest: vec![0; keys] };
        Self {
            values: HashMap::new(),
            died: HashMap::new(),
            versions: vec![0; tags],
            flights: HashMap::new(),
            floors,
        }
    }

    /// What a read that begins now must at least be given.
    #[must_use]
    pub fn floors(&self) -> Floors {
        self.floors.clone()
    }

    /// The version of a tag in the database outside: one more than the place of its last change.
    #[must_use]
    pub fn version(&self, tag: u16) -> u64 {
        at(&self.versions, tag)
    }

    /// Learns the next event.
    ///
    /// # Errors
    /// When it shows two computations of one key at one time.
    pub fn learn(&mut self, place: Ticket, event: Event) -> Result<(), Violation> {
        match event {
            Event::Begun { key, by, leased } => {
                self.values.insert(place, Value { key, by, stored: None });
                if leased {
                    self.take_off(place, key, by);
                }
            }
            Event::Computed { value, .. } => return self.land(value, place),
            Event::Stored { value, .. } => {
                if let Some(known) = self.values.get_mut(&value) {
                    known.stored = Some(place);
                    let newest = self.floors.newest.get_mut(usize::from(known.key));
                    newest.into_iter().for_each(|newest| *newest = value.max(*newest));
                }
            }
            Event::Changed { scope: Scope::Tag(tag), .. } => {
                let version = self.versions.get_mut(usize::from(tag));
                version.into_iter().for_each(|version| *version = place + 1);
            }
            Event::Changed { .. } => {}
            Event::Invalidated { scope, manner, change } => {
                let bounds = match manner {
                    Manner::Hard => &mut self.floors.hard,
                    Manner::Soft => &mut self.floors.soft,
                };
                bounds.raise(scope, change + 1);
            }
            Event::Died { first } => {
                self.died.insert(first / THREADS, place);
                self.flights.retain(|_, flight| flight.by / THREADS != first / THREADS);
            }
        }
        Ok(())
    }

    fn take_off(&mut self, place: Ticket, key: u16, by: u32) {
        for flight in self.flights.values_mut().filter(|flight| flight.key == key) {
            flight.crossed.get_or_insert(place);
        }
        self.flights.insert(place, Flight { key, by, crossed: None });
    }

    /// Whoever was killed never lands, so a crossing counts only when it is sure that both were alive.
    fn land(&mut self, value: Ticket, place: Ticket) -> Result<(), Violation> {
        match self.flights.remove(&value) {
            Some(Flight { key, by, crossed: Some(other) }) => Err(Violation {
                rule: "I4 one flight",
                story: format!(
                    "key {key} was computed by {by} from {value} to {place}, and by {} from {other} on: both held \
                     its lease",
                    self.values.get(&other).map_or(0, |other| other.by)
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Judges what a read was given. `floors` were taken before it began, everything that was written before it ended
    /// is known.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn judge(&self, floors: &Floors, page: &Page, asked: u16, fresh: bool) -> Result<(), Violation> {
        let broken = |rule, story| Err(Violation { rule, story });
        let known = self.values.get(&page.ticket);
        if page.key != asked || known.is_none_or(|value| (value.key, value.by) != (page.key, page.by)) {
            return broken("I1 whole", format!("asked for key {asked} and got {page:?}, which nobody made"));
        }
        if let Some((scope, change)) = floors.hard.forbids(page) {
            return broken(
                "I2 dead stays dead",
                format!("{page:?} was read after the invalidation of {scope} at {change} had returned"),
            );
        }
        if !fresh {
            return Ok(());
        }
        if let Some((scope, change)) = floors.soft.forbids(page) {
            return broken(
                "I3 an overlapping invalidation wins",
                format!(
                    "{page:?} was read as fresh after the soft expiry of {scope} at {change} had returned"
                ),
            );
        }
        Ok(())
    }

    /// Judges whether a value is not older than the latest that was stored before the read began.
    ///
    /// # Errors
    /// When it is.
    pub fn judge_order(&self, floors: &Floors, page: &Page) -> Result<(), Violation> {
        let newest = at(&floors.newest, page.key);
        match self.stored_before(page.ticket) {
            Some(end) if end < newest => Err(Violation {
                rule: "I9 latest wins",
                story: format!(
                    "{page:?} was stored before {end}, and read after the value that was begun at {newest} had been \
                     stored"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// A place before which the value was stored for certain: its writer said so, or was dead.
    fn stored_before(&self, value: Ticket) -> Option<Ticket> {
        let known = self.values.get(&value)?;
        known.stored.or_else(|| self.died.get(&(known.by / THREADS)).copied())
    }
}
