//! Readers: by the key, and by what is held open.

use tagcache_fs::{Entry, Found, Meta, Standing, Sys};

use super::{Program, Slip, key};
use crate::body::Body;

/// How often a reader opens again because the entry was replaced in its hands.
const TRIES: usize = 3;

/// What a reader makes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Fresh,
    /// True, but to be refreshed: one that is given the old value may have it.
    Stale,
    No,
}

impl<S: Sys> Program<S> {
    /// Reads a key as a program without a memory tier does; whether it was fresh.
    pub(super) fn read(&mut self, number: u8) -> bool {
        self.lookup(number).is_some_and(|(_, judged, _)| judged == Judged::Fresh)
    }

    /// Reads a key, and keeps what is fresh.
    pub(super) fn hold(&mut self, number: u8) {
        if let Some((entry, Judged::Fresh, bytes)) = self.lookup(number) {
            self.held.push((number, entry, bytes));
        }
    }

    /// Asks every entry that is held whether it may still be served.
    pub(super) fn judge(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        held.retain_mut(|(number, entry, bytes)| {
            self.sim.event(|world, process| world.oracle.read_begins(process));
            let Ok(meta) = entry.refresh().copied() else { return false };
            // Only what is fresh is served from the hand: anything else is asked of the path.
            let fresh = self.judged(&meta, bytes) == Judged::Fresh;
            if fresh {
                self.given(*number, Judged::Fresh, &meta, bytes);
            }
            fresh
        });
        self.held = held;
    }

    fn lookup(&self, number: u8) -> Option<(Entry<S>, Judged, Vec<u8>)> {
        self.sim.event(|world, process| world.oracle.read_begins(process));
        for _ in 0..TRIES {
            let Ok(Found::Entry(entry)) = self.root.entry(key(number)) else { return None };
            let mut bytes = Vec::new();
            if entry.read(&mut bytes, entry.meta().size).is_err() {
                return None;
            }
            let judged = self.judged(entry.meta(), &bytes);
            if judged != Judged::No {
                self.given(number, judged, entry.meta(), &bytes);
                return Some((entry, judged, bytes));
            }
            if entry.is_at_its_path().unwrap_or(true) {
                return None;
            }
        }
        None
    }

    fn judged(&self, meta: &Meta, bytes: &[u8]) -> Judged {
        let body =
            if self.slips(Slip::NoChecksum) { Body::parse_trusting(bytes) } else { Body::parse(bytes) };
        let Some(body) = body else { return Judged::No };
        let mut meta = *meta;
        if self.slips(Slip::ExtraLinks) {
            meta.links = meta.links.min(body.links());
        }
        if meta.is_fresh(body.links(), self.root.sys().now()) {
            Judged::Fresh
        } else if meta.standing(body.links()) == Standing::Whole {
            Judged::Stale
        } else {
            Judged::No
        }
    }

    fn given(&self, number: u8, judged: Judged, meta: &Meta, bytes: &[u8]) {
        self.sim.event(|world, process| {
            world.tell(|| format!("p{process} takes key {number} as {judged:?}"));
            let fresh = judged == Judged::Fresh;
            if let Err(violation) =
                world.oracle.read_gives(process, number, bytes, fresh.then_some(meta.links))
            {
                world.broken(violation);
            }
        });
    }
}
