//! Invalidations.

use tagcache_fs::Sys;

use super::fill::tags_of;
use super::{Program, key, tags};

impl<S: Sys> Program<S> {
    pub(super) fn invalidate_tags(&mut self, bits: u8) {
        self.sim.invalidating(true, |body| body.tags & bits != 0, || self.root.invalidate_tags(&tags(bits)));
    }

    pub(super) fn expire_tags(&mut self, bits: u8) {
        self.sim.invalidating(false, |body| body.tags & bits != 0, || self.root.expire_tags(&tags(bits)));
    }

    pub(super) fn invalidate_all_of(&mut self, bits: u8) {
        let act = || self.root.invalidate_all_of(&tags(bits));
        self.sim.invalidating(true, |body| body.tags & bits == bits, act);
    }

    pub(super) fn expire_all_of(&mut self, bits: u8) {
        let act = || self.root.expire_all_of(&tags(bits));
        self.sim.invalidating(false, |body| body.tags & bits == bits, act);
    }

    pub(super) fn invalidate_key(&mut self, number: u8) {
        let act = || self.root.invalidate_key(key(number), &mut |entry| tags_of(entry));
        self.sim.invalidating(true, |body| body.key == number, act);
    }

    pub(super) fn expire_key(&mut self, number: u8) {
        self.sim.invalidating(false, |body| body.key == number, || self.root.expire_key(key(number)));
    }

    pub(super) fn clear(&mut self) {
        self.sim.invalidating(true, |_| true, || self.root.clear());
    }
}
