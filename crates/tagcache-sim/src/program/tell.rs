//! What a program tells the oracle. The same for those that take the steps of the protocol themselves and for those that
//! leave them to the facade.

use std::fmt::{Debug, Display};

use crate::body::Body;
use crate::choice::About;
use crate::oracle::{VALUES_EACH, Violation};
use crate::sim::Sim;

impl Sim {
    /// A value that is made now.
    pub(super) fn new_body(&self, key: u8, tags: u8) -> Body {
        let process = self.process();
        let state = &mut self.world().processes[usize::from(process)];
        let id = process * VALUES_EACH + state.values % VALUES_EACH;
        state.values += 1;
        Body { id, key, tags }
    }

    /// A choice that belongs to the program.
    pub(super) fn choose(&self, of: usize) -> usize {
        self.world().choices.choose(About::Script, of)
    }

    /// A read begins.
    pub(super) fn reads(&self) {
        self.event(|world, process| world.oracle.read_begins(process));
    }

    /// The read gave these bytes: as fresh, with so many names, or as stale.
    pub(super) fn given(&self, key: u8, bytes: &[u8], fresh: Option<u64>) {
        self.event(|world, process| {
            let word = if fresh.is_some() { "fresh" } else { "stale" };
            world.tell(|| format!("p{process} takes key {key} as {word}"));
            if let Err(violation) = world.oracle.read_gives(process, key, bytes, fresh) {
                world.broken(violation);
            }
        });
    }

    /// It may compute the value of a key, and nobody else may.
    pub(super) fn leads(&self, key: u8) {
        self.event(|world, process| {
            if let Err(violation) = world.oracle.lease_taken(process, key) {
                world.broken(violation);
            }
        });
    }

    /// The next one may.
    pub(super) fn has_led(&self, key: u8) {
        self.event(|world, process| world.oracle.lease_ends(process, key));
    }

    /// Reads the outside source, others may do something before.
    pub(super) fn computes(&self, body: Body) {
        self.pause(false);
        self.has_computed(body);
    }

    /// A value that counts as computed when its process makes its draft: see [`Sim::drafts`].
    pub(super) fn will_compute(&self, body: Body) {
        self.world().processes[usize::from(self.process())].pending = Some(body);
    }

    pub(super) fn will_compute_no_more(&self) {
        self.world().processes[usize::from(self.process())].pending = None;
    }

    /// The process is about to make a draft: what was before it has returned.
    pub(crate) fn drafts(&self) {
        let pending = self.world().processes[usize::from(self.process())].pending.take();
        if let Some(body) = pending {
            self.has_computed(body);
        }
    }

    /// The outside source was read just now.
    fn has_computed(&self, body: Body) {
        self.event(|world, process| {
            world.oracle.value_begins(body);
            world.tell(|| {
                let Body { id, key, tags } = body;
                format!("p{process} computes value {id} of key {key} with tags {tags:04b}")
            });
        });
    }

    /// The put or fill of a value returned, and it was stored.
    pub(super) fn stored(&self, body: Body) {
        self.event(|world, _| world.oracle.put_returns(body.id));
    }

    /// The outside source changes first; what was computed from it before is dead when the invalidation returned.
    pub(super) fn invalidating<T: Debug, E: Display>(
        &self,
        hard: bool,
        concerns: impl Fn(&Body) -> bool,
        act: impl FnOnce() -> Result<T, E>,
    ) {
        self.pause(false);
        self.event(|world, process| {
            world.oracle.invalidation_begins(process, hard, concerns);
            world.tell(|| format!("p{process} changes the source"));
        });
        let outcome = act();
        self.event(|world, process| match &outcome {
            Ok(touched) => {
                world.oracle.invalidation_returns(process);
                world.tell(|| format!("p{process} the invalidation returned: {touched:?}"));
            }
            Err(error) => {
                world.oracle.invalidation_fails(process);
                world.tell(|| format!("p{process} the invalidation failed: {error}"));
            }
        });
        self.must("an invalidation", outcome);
    }

    /// Nothing may fail where nothing is wrong.
    pub(crate) fn must<T, E: Display>(&self, what: &str, outcome: Result<T, E>) -> Option<T> {
        let error = match outcome {
            Ok(done) => return Some(done),
            Err(error) => error,
        };
        self.event(|world, process| {
            if !world.injected {
                let what = format!("{what} of p{process} failed, and nothing was wrong: {error}");
                world.broken(Violation { invariant: "I7", what });
            }
        });
        None
    }
}
