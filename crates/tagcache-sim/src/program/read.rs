//! Readers: by the key, and by what is held open.

use tagcache_fs::{Entry, Found, Held, Meta, Standing, Sys};

use super::{Program, Slip, key};
use crate::body::Body;

/// How often a reader opens again because the entry was replaced in its hands.
const TRIES: usize = 3;

/// An entry that is kept open, to be served without opening its key.
pub(super) struct Kept<S: Sys> {
    key: u8,
    bytes: Vec<u8>,
    hand: Hand<S>,
}

enum Hand<S: Sys> {
    Held(Held<S>),
    /// By a program that makes a mistake of its own: the entry, and what it said when it was opened.
    Loose(Box<Entry<S>>, Meta),
}

impl<S: Sys> Hand<S> {
    /// What the inode says now, if it may be relied on.
    fn ask(&mut self, slip: Option<Slip>) -> Option<Meta> {
        match self {
            Self::Held(held) => held.is_unchanged().then(|| *held.meta()),
            Self::Loose(entry, look) => {
                let meta = *entry.refresh().ok()?;
                (slip == Some(Slip::CountAlone) || meta.is_unchanged_since(look)).then_some(meta)
            }
        }
    }
}

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
    pub(super) fn hold(&mut self, key: u8) {
        if let Some((entry, Judged::Fresh, bytes)) = self.lookup(key) {
            let hand = match self.slip {
                Some(Slip::CountAlone | Slip::YoungLook) => {
                    let look = *entry.meta();
                    Some(Hand::Loose(Box::new(entry), look))
                }
                _ => entry.hold(self.root.sys().now()).map(Hand::Held),
            };
            self.kept.extend(hand.map(|hand| Kept { key, bytes, hand }));
        }
    }

    /// Asks every entry that is held whether it may still be served.
    pub(super) fn judge(&mut self) {
        let mut kept = std::mem::take(&mut self.kept);
        kept.retain_mut(|Kept { key, bytes, hand }| {
            self.sim.reads();
            // Only what is fresh is served from the hand: anything else is asked of the path.
            let meta = hand.ask(self.slip).filter(|meta| self.judged(meta, bytes) == Judged::Fresh);
            if let Some(meta) = &meta {
                self.sim.given(*key, bytes, Some(meta.links));
            }
            meta.is_some()
        });
        self.kept = kept;
    }

    fn lookup(&self, number: u8) -> Option<(Entry<S>, Judged, Vec<u8>)> {
        self.sim.reads();
        for _ in 0..TRIES {
            let Ok(Found::Entry(entry)) = self.root.entry(key(number)) else { return None };
            let mut bytes = Vec::new();
            if entry.read(&mut bytes, entry.meta().size).is_err() {
                return None;
            }
            let judged = self.judged(entry.meta(), &bytes);
            if judged != Judged::No {
                let fresh = (judged == Judged::Fresh).then_some(entry.meta().links);
                self.sim.given(number, &bytes, fresh);
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
}
