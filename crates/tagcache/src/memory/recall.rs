//! How a look finds a value in memory, and how one that was read comes to be kept.

use std::sync::Arc;

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Sys, Time};
use tagcache_record::Facts;

use super::name::{Asked, Kind};
use super::slot::{Age, Slot, age};
use crate::cache::{Cache, Value};
use crate::chance::Due;
use crate::hit::Hit;
use crate::lookup::{Lookup, Source};
use crate::read::Seen;
use crate::verdict::Life;

/// What was read and may be kept.
pub(crate) struct Keepable<T> {
    pub(crate) value: T,
    pub(crate) facts: Facts,
    pub(crate) due: Due,
    /// The length of the payload.
    pub(crate) len: u64,
    /// Read after the entry was opened.
    pub(crate) now: Time,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The value of a key as it is kept in memory, if it is, and its file is as it was. One call.
    pub(crate) fn recall<T: Value>(&self, key: &[u8]) -> Option<Seen<T>> {
        self.recall_if(key, |now| {
            self.shared.tier.tend_sometimes(now);
            self.look_at_ground(now);
            true
        })
    }

    /// The same in one call and no more, for a task: when it is time to look after other things, there is no answer.
    #[cfg(feature = "tokio")]
    pub(crate) fn recall_at_once<T: Value>(&self, key: &[u8]) -> Option<Seen<T>> {
        self.recall_if(key, |now| {
            !self.shared.tier.is_time_to_tend(now) && !self.shared.grounds.is_time_to_look(now)
        })
    }

    fn recall_if<T: Value>(&self, key: &[u8], may: impl FnOnce(Time) -> bool) -> Option<Seen<T>> {
        let tier = &self.shared.tier;
        let slot = tier.get(&Asked { key, kind: self.kind::<T>() })?;
        let now = self.root().sys().now();
        if !may(now) {
            return None;
        }
        if slot.ground != self.shared.grounds.number() || !slot.held.is_unchanged() {
            tier.forget(&slot);
            return None;
        }
        let look = match age(slot.held.meta(), slot.life, now, self.latest()) {
            Age::Fresh => Lookup::Fresh(Hit::shared(value_of(&slot)?, Source::Memory)),
            Age::Stale(stale) => Lookup::Stale(Hit::shared(value_of(&slot)?, Source::Stale(stale)), stale),
            Age::Over => {
                tier.forget(&slot);
                return None;
            }
        };
        if self.shared.keeper.limits.wants_touch(slot.held.meta(), now) {
            // A root that can only be read has no use for it. It is a change of the file: the key is opened next time.
            let _ = slot.held.touch(now);
            tier.forget(&slot);
        }
        Some(Seen { look, due: slot.due })
    }

    /// Makes a hit of what was read and is fresh, and keeps it if it may be kept. `ground` is the number of the root that was
    /// current before the entry was opened.
    pub(crate) fn keep<T: Value>(
        &self,
        key: &[u8],
        entry: Entry<S>,
        read: Keepable<T>,
        ground: usize,
    ) -> Hit<T> {
        let tier = &self.shared.tier;
        tier.tend_sometimes(read.now);
        let Some(held) = entry.hold(read.now) else { return Hit::new(read.value, Source::Disk) };
        let value = Arc::new(read.value);
        let asked = Asked { key, kind: self.kind::<T>() };
        let (hash, name, life) = (tier.hash(&asked), asked.to_name(), Life::from(&read.facts));
        let (due, len) = (read.due, read.len);
        tier.keep(Slot { hash, name, ground, held, life, due, len, value: value.clone() }, self.root().sys());
        Hit::shared(value, Source::Disk)
    }

    /// Whether anything is kept at all.
    pub(crate) fn has_memory(&self) -> bool {
        self.shared.tier.is_on()
    }

    fn kind<T: 'static>(&self) -> Kind {
        Kind::of::<T>(self.named())
    }
}

/// It is of that type: the type is a part of the name under which it was found.
fn value_of<S: Sys, T: Value>(slot: &Slot<S>) -> Option<Arc<T>> {
    Arc::clone(&slot.value).downcast().ok()
}
