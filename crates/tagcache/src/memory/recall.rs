//! How a look finds a value in memory, and how one that was read comes to be kept.

use std::sync::Arc;

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Sys, Time};
use tagcache_record::Facts;

use super::name::{Asked, Kind};
use super::slot::{Age, Slot, age};
use crate::cache::{Cache, Value};
use crate::chance::Due;
use crate::ground::Ground;
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
        let tier = &self.shared.tier;
        let slot = tier.get(&self.asked::<T>(key))?;
        let now = self.sys().now();
        tier.tend_sometimes(now, |slot| self.is_worth_keeping(slot, now));
        self.look_at_ground(now);
        let look = self.look_at(&slot, now);
        let touch = look.is_some() && self.wants_touch(&slot, now);
        if touch {
            // A root that can only be read has no use for it. It is a change of the file: the key is opened next time.
            let _ = slot.held.touch(now);
        }
        if touch || look.is_none() {
            tier.forget(&slot);
        }
        Some(Seen { look: look?, due: slot.due })
    }

    /// The same in one call and no more, for a task. Where there is anything else to do (a dead file to close, a use to record,
    /// other things to look after) there is no answer: who asks in another way does it.
    #[cfg(feature = "tokio")]
    pub(crate) fn recall_at_once<T: Value>(&self, key: &[u8]) -> Option<Seen<T>> {
        let tier = &self.shared.tier;
        let slot = tier.get(&self.asked::<T>(key))?;
        let now = self.sys().now();
        let has_more_to_do = tier.is_time_to_tend(now)
            || self.shared.grounds.is_time_to_look(now)
            || self.wants_touch(&slot, now);
        if has_more_to_do {
            return None;
        }
        Some(Seen { look: self.look_at(&slot, now)?, due: slot.due })
    }

    /// What a kept value is at this time; `None` if its file changed or nobody may be served it any more.
    fn look_at<T: Value>(&self, slot: &Slot<S>, now: Time) -> Option<Lookup<T>> {
        match self.age_of(slot, now) {
            Age::Fresh => Some(Lookup::Fresh(Hit::shared(value_of(slot)?, Source::Memory))),
            Age::Stale(stale) => {
                Some(Lookup::Stale(Hit::shared(value_of(slot)?, Source::Stale(stale)), stale))
            }
            Age::Over => None,
        }
    }

    fn age_of(&self, slot: &Slot<S>, now: Time) -> Age {
        if !self.shared.grounds.is_current(slot.ground) || !slot.held.is_unchanged() {
            return Age::Over;
        }
        age(slot.held.meta(), slot.life, now, slot.latest)
    }

    fn is_worth_keeping(&self, slot: &Slot<S>, now: Time) -> bool {
        self.age_of(slot, now) != Age::Over
    }

    fn wants_touch(&self, slot: &Slot<S>, now: Time) -> bool {
        self.shared.keeper.limits.wants_touch(slot.held.meta(), now)
    }

    /// Lets go of everything that is kept and dead.
    pub(crate) fn tend_memory(&self) {
        let now = self.sys().now();
        self.shared.tier.tend_all(|slot| self.is_worth_keeping(slot, now));
    }

    /// Lets go of what was read on another ground than that of now: it is never served again.
    pub(crate) fn forget_other_grounds(&self) {
        self.shared.tier.tend_all(|slot| self.shared.grounds.is_current(slot.ground));
    }

    /// Makes a hit of what was read and is fresh, and keeps it if it may be kept. `ground` is the one on which the entry was
    /// opened.
    pub(crate) fn keep<T: Value>(
        &self,
        key: &[u8],
        entry: Entry<S>,
        read: Keepable<T>,
        ground: &Ground<S>,
    ) -> Hit<T> {
        let tier = &self.shared.tier;
        tier.tend_sometimes(read.now, |slot| self.is_worth_keeping(slot, read.now));
        let Some(held) = entry.hold(read.now) else { return Hit::new(read.value, Source::Disk) };
        let value = Arc::new(read.value);
        let asked = self.asked::<T>(key);
        let (hash, name, life) = (tier.hash(&asked), asked.to_name(), Life::from(&read.facts));
        let (due, len) = (read.due, read.len);
        let (ground, latest) = (ground.number, ground.latest);
        let slot = Slot { hash, name, ground, held, latest, life, due, len, value: value.clone() };
        tier.keep(slot, self.sys());
        Hit::shared(value, Source::Disk)
    }

    /// Whether anything is kept at all.
    pub(crate) fn has_memory(&self) -> bool {
        self.shared.tier.is_on()
    }

    fn asked<'k, T: 'static>(&self, key: &'k [u8]) -> Asked<'k> {
        Asked { key, kind: Kind::of::<T>(self.named()) }
    }
}

/// It is of that type: the type is a part of the name under which it was found.
fn value_of<S: Sys, T: Value>(slot: &Slot<S>) -> Option<Arc<T>> {
    Arc::clone(&slot.value).downcast().ok()
}
