//! One thread's hand on the journal: it says what it does and knows what all others said.
//!
//! Without its journal a worker is blind, so any failure here ends the process; its last words count as a violation.

use std::io::{self, Write};
use std::process;

use crate::event::Event;
use crate::history::{Floors, History};
use crate::journal::{Journal, Ticket};
use crate::page::Page;
use crate::place::Place;
use crate::plan::Plan;

/// Ends the process with a message for the supervisor.
pub(crate) fn give_up(what: &str, error: &dyn std::fmt::Display) -> ! {
    complain(&format!("harness: {what}: {error}"));
    process::exit(70)
}

/// Tells the supervisor, by standard error, which is a file of the round.
pub(crate) fn complain(line: &str) {
    // One write, so that lines of several processes do not mix.
    let _ = io::stderr().write_all(format!("{}\n", line.replace('\n', " ")).as_bytes());
}

/// What is asked of a new page.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) key: u16,
    pub(crate) tags: Vec<u16>,
    pub(crate) fresh_until: u64,
    pub(crate) filler: u32,
    pub(crate) leased: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Author {
    by: u32,
    journal: Journal,
    history: History,
}

impl Author {
    pub(crate) fn new(place: &Place, plan: &Plan, by: u32) -> Self {
        let journal = Journal::open(&place.journal()).unwrap_or_else(|error| give_up("the journal", &error));
        Self { by, journal, history: History::new(plan.keys, plan.tags) }
    }

    pub(crate) const fn by(&self) -> u32 {
        self.by
    }

    pub(crate) fn say(&mut self, event: Event) -> Ticket {
        self.journal.append(event).unwrap_or_else(|error| give_up("the journal", &error))
    }

    /// Learns what everybody said up to now.
    pub(crate) fn catch_up(&mut self) -> &History {
        let history = &mut self.history;
        // Flights that cross are for the supervisor to tell: everybody would see the same.
        let news = self.journal.news(|place, event| drop(history.learn(place, event)));
        news.unwrap_or_else(|error| give_up("the journal", &error));
        history
    }

    /// What a read that begins now must be given at least.
    pub(crate) fn floors(&mut self) -> Floors {
        self.catch_up().floors()
    }

    /// Computes a page out of the database as it is now.
    pub(crate) fn write(&mut self, order: &Order) -> Page {
        let by = self.by;
        let ticket = self.say(Event::Begun { key: order.key, by, leased: order.leased });
        let history = self.catch_up();
        let tags = order.tags.iter().map(|tag| (*tag, history.version(*tag))).collect();
        Page { key: order.key, by, ticket, fresh_until: order.fresh_until, tags, filler: order.filler }
    }
}
