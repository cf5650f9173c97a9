//! The released facade in the place of a program: the same things to do, by the calls that users make.

use std::cell::Cell;
use std::time::Duration;

use tagcache::{Builder, Cache, Durability, Error, Layout, Lookup, Policy, Raw, Source, Stored};
use tagcache_fs::{Found, Sys};

use super::{Op, key};
use crate::body::Body;
use crate::oracle::Violation;
use crate::sim::Sim;
use crate::world::{ROOT, TAGS};

/// Long enough to look for the other one's value a few times, and short enough to give up in many runs.
const WAIT: Duration = Duration::from_millis(1);
/// As in the programs that take the steps themselves.
const LIFE: Duration = Duration::from_secs(3600);

/// A process with a cache of its own.
pub(crate) struct Facade<S: Sys> {
    cache: Cache<Raw, S>,
    sim: Sim,
}

impl<S: Sys> Facade<S> {
    pub(super) fn open(sys: S, sim: Sim, durability: Durability, layout: Layout) -> Result<Self, Error> {
        let builder = Builder::new(Raw).durability(durability).layout(layout);
        Ok(Self { cache: builder.open_on(sys, ROOT)?, sim })
    }

    pub(super) fn root(&self) -> tagcache_fs::Root<S> {
        self.cache.root()
    }

    pub(super) fn step(&self, op: Op) {
        let (cache, sim) = (&self.cache, &self.sim);
        match op {
            Op::Fill(key, tags) => self.fill(key, tags),
            Op::FailedFill(key) => self.failed_fill(key),
            Op::Put(key, tags) => {
                let put = |bytes: &Vec<u8>, policy: &Policy| cache.put(key_bytes(key), bytes, policy);
                self.put(key, tags, put);
            }
            Op::Replace(key, tags) => self.replace(key, tags),
            Op::InvalidateTags(bits) => {
                let act = || cache.invalidate_tags(tag_bytes(bits));
                sim.invalidating(true, |body| body.tags & bits != 0, act);
            }
            Op::ExpireTags(bits) => {
                sim.invalidating(false, |body| body.tags & bits != 0, || cache.expire_tags(tag_bytes(bits)));
            }
            Op::InvalidateAllOf(bits) => {
                let act = || cache.invalidate_all_of(tag_bytes(bits));
                sim.invalidating(true, |body| body.tags & bits == bits, act);
            }
            Op::ExpireAllOf(bits) => {
                let act = || cache.expire_all_of(tag_bytes(bits));
                sim.invalidating(false, |body| body.tags & bits == bits, act);
            }
            Op::InvalidateKey(key) => {
                sim.invalidating(true, |body| body.key == key, || cache.invalidate_key(key_bytes(key)));
            }
            Op::ExpireKey(key) => {
                sim.invalidating(false, |body| body.key == key, || cache.expire_key(key_bytes(key)));
            }
            Op::Clear => sim.invalidating(true, |_| true, || cache.clear()),
            Op::Sweep => {
                sim.must("a sweep", cache.sweep());
            }
            Op::Evict(key) => self.evict(key),
            Op::Read(key) | Op::Hold(key) => self.read(key),
            Op::Judge => (0..3).for_each(|key| self.read(key)),
            op => {
                sim.does(op);
            }
        }
    }

    fn read(&self, key: u8) {
        self.sim.reads();
        match self.sim.must("a read", self.cache.lookup::<Vec<u8>>(key_bytes(key))) {
            Some(Lookup::Fresh(hit)) => self.sim.given(key, &hit, links_in(&hit)),
            Some(Lookup::Stale(hit, _)) => self.sim.given(key, &hit, None),
            Some(Lookup::Miss(_)) | None => {}
        }
    }

    /// A cache never fails its caller, whatever failed below.
    fn fill(&self, key: u8, tags: u8) {
        self.sim.reads();
        let computed = Cell::new(None);
        let hit = self.cache.get_with(key_bytes(key), &policy(tags), |fill| {
            let body = self.sim.new_body(key, tags);
            let leads = fill.will_store();
            if leads {
                self.sim.leads(key);
            }
            self.sim.computes(body);
            // Some tags are known only now.
            tag_bytes(tags).iter().skip(1).for_each(|tag| fill.add_tag(tag));
            if leads {
                self.sim.has_led(key);
            }
            computed.set(Some(body));
            body.print()
        });
        match (hit.source(), computed.get()) {
            (Source::Computed { stored, .. }, Some(body)) => self.filled(body, &hit, stored),
            (Source::Stale(_), None) => self.sim.given(key, &hit, None),
            (_, None) => self.sim.given(key, &hit, links_in(&hit)),
            (_, Some(body)) => self.wrong(&format!("value {} was computed, and another one came", body.id)),
        }
    }

    fn filled(&self, body: Body, given: &[u8], stored: Stored) {
        if given != body.print() {
            self.wrong(&format!("value {} was computed, and other bytes came", body.id));
        }
        match stored {
            Stored::Yes => self.sim.stored(body),
            Stored::Fault => {
                self.sim.must("storing what was computed", Err::<(), _>("see the story"));
            }
            _ => {}
        }
    }

    /// The computation fails, and its error comes back as it is.
    fn failed_fill(&self, key: u8) {
        self.sim.reads();
        let computed = Cell::new(false);
        let outcome = self.cache.try_get_with(key_bytes(key), &policy(0), |_| {
            self.sim.pause(false);
            computed.set(true);
            Err::<Vec<u8>, _>("the source is out of order")
        });
        match outcome {
            Ok(hit) if matches!(hit.source(), Source::Stale(_)) => self.sim.given(key, &hit, None),
            Ok(hit) => self.sim.given(key, &hit, links_in(&hit)),
            Err(_) if computed.get() => {}
            Err(_) => self.wrong("an error came of nothing"),
        }
    }

    fn replace(&self, key: u8, tags: u8) {
        // The invalidation in it ends with it: its value begins later, and is not concerned.
        self.sim.event(|world, process| {
            world.oracle.invalidation_begins(process, true, |body| body.key == key);
        });
        let replace = |bytes: &Vec<u8>, policy: &Policy| self.cache.replace(key_bytes(key), bytes, policy);
        let done = self.put(key, tags, replace);
        self.sim.event(|world, process| {
            if done {
                world.oracle.invalidation_returns(process);
            } else {
                world.oracle.invalidation_fails(process);
            }
        });
    }

    /// The value counts as computed when the facade has taken its mark: a plain put promises nothing before that.
    fn put(&self, key: u8, tags: u8, put: impl FnOnce(&Vec<u8>, &Policy) -> Result<Stored, Error>) -> bool {
        let body = self.sim.new_body(key, tags);
        let policy = policy(0).tags(tag_bytes(tags));
        self.sim.will_compute(body);
        let outcome = put(&body.print(), &policy);
        self.sim.will_compute_no_more();
        let stored = self.sim.must("a put", outcome);
        if stored == Some(Stored::Yes) {
            self.sim.stored(body);
        }
        stored.is_some()
    }

    /// By hand, as for want of space: its entry may be as good as any.
    fn evict(&self, number: u8) {
        let Ok(Found::Entry(entry)) = self.root().entry(key(number)) else { return };
        let mut bytes = Vec::new();
        let body = entry.read(&mut bytes, entry.meta().size).ok().and_then(|()| Body::in_file(&bytes));
        let tags = body.map_or(Vec::new(), |body| super::tags(body.tags));
        // An eviction that failed removed less.
        let _ = entry.remove().and_then(|()| entry.remove_links(&tags));
    }

    fn wrong(&self, what: &str) {
        self.sim.event(|world, process| {
            world.broken(Violation { invariant: "I7", what: format!("p{process}: {what}") });
        });
    }
}

/// The number of names that a fresh value has; nothing a reader of the facade could see.
fn links_in(bytes: &[u8]) -> Option<u64> {
    Some(Body::parse_trusting(bytes).map_or(0, |body| body.links()))
}

fn policy(tags: u8) -> Policy {
    Policy::new().expire_in(LIFE).wait_limit(WAIT).tags(tag_bytes(tags).first())
}

fn key_bytes(key: u8) -> String {
    format!("key-{key}")
}

fn tag_bytes(bits: u8) -> Vec<String> {
    (0..TAGS).filter(|bit| bits & (1 << bit) != 0).map(|bit| format!("tag-{bit}")).collect()
}
