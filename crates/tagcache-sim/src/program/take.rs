//! Invalidations, and what the oracle must hear about them.

use tagcache_fs::{Incomplete, Sys, Touched};

use super::fill::tags_of;
use super::{Program, key, tags};
use crate::body::Body;
use crate::oracle::Violation;

impl<S: Sys> Program<S> {
    pub(super) fn invalidate_tags(&mut self, bits: u8) {
        self.invalidating(true, |body| body.tags & bits != 0, |own| own.root.invalidate_tags(&tags(bits)));
    }

    pub(super) fn expire_tags(&mut self, bits: u8) {
        self.invalidating(false, |body| body.tags & bits != 0, |own| own.root.expire_tags(&tags(bits)));
    }

    pub(super) fn invalidate_all_of(&mut self, bits: u8) {
        let act = |own: &Self| own.root.invalidate_all_of(&tags(bits));
        self.invalidating(true, |body| body.tags & bits == bits, act);
    }

    pub(super) fn expire_all_of(&mut self, bits: u8) {
        let act = |own: &Self| own.root.expire_all_of(&tags(bits));
        self.invalidating(false, |body| body.tags & bits == bits, act);
    }

    pub(super) fn invalidate_key(&mut self, number: u8) {
        let act = |own: &Self| own.root.invalidate_key(key(number), &mut |entry| tags_of(entry));
        self.invalidating(true, |body| body.key == number, act);
    }

    pub(super) fn expire_key(&mut self, number: u8) {
        self.invalidating(false, |body| body.key == number, |own| own.root.expire_key(key(number)));
    }

    pub(super) fn clear(&mut self) {
        self.invalidating(true, |_| true, |own| own.root.clear());
    }

    /// The outside source changes first; what was computed from it before is dead when the invalidation returned.
    fn invalidating(
        &self,
        hard: bool,
        concerns: impl Fn(&Body) -> bool,
        act: impl FnOnce(&Self) -> Result<Touched, Incomplete>,
    ) {
        self.sim.pause(false);
        self.sim.event(|world, process| {
            world.oracle.invalidation_begins(process, hard, concerns);
            world.tell(|| format!("p{process} changes the source"));
        });
        let outcome = act(self);
        self.sim.event(|world, process| {
            match &outcome {
                Ok(_) => world.oracle.invalidation_returns(process),
                Err(_) => world.oracle.invalidation_fails(process),
            }
            if let Err(error) = outcome.as_ref().map_err(ToString::to_string) {
                if !world.injected {
                    let what = format!("p{process}'s invalidation failed, and nothing was wrong: {error}");
                    world.broken(Violation { invariant: "I7", what });
                }
            }
            world.tell(|| match &outcome {
                Ok(touched) => format!("p{process} the invalidation returned: {} links", touched.links),
                Err(error) => format!("p{process} the invalidation failed: {error}"),
            });
        });
    }
}
