//! What a worker does next.

use std::time::Duration;

use tagcache::Policy;
use tagcache_fs::Time;

use crate::author::Order;
use crate::names;
use crate::plan::Plan;
use crate::random::Random;

/// An operation of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Look,
    GetWith,
    Put,
    Replace,
    InvalidateTag,
    InvalidateTags,
    ExpireTag,
    InvalidateKey,
    ExpireKey,
    Clear,
    Sweep,
    FillLog,
}

/// How often each is done, of a thousand and some.
const WEIGHTS: [(Act, u64); 11] = [
    (Act::Look, 400),
    (Act::GetWith, 300),
    (Act::Put, 100),
    (Act::Replace, 30),
    (Act::InvalidateTag, 50),
    (Act::InvalidateTags, 10),
    (Act::ExpireTag, 30),
    (Act::InvalidateKey, 40),
    (Act::ExpireKey, 30),
    (Act::Clear, 2),
    (Act::Sweep, 10),
];

/// In a calm round it is so many looks to one act of chance: with every process, a change of each key every second or so.
const CALM: u64 = 4000;

/// One thread's chance.
#[derive(Debug)]
pub(crate) struct Script {
    plan: Plan,
    random: Random,
}

impl Script {
    pub(crate) const fn new(plan: Plan, seed: u64) -> Self {
        Self { plan, random: Random::new(seed) }
    }

    pub(crate) fn next(&mut self) -> Act {
        if self.plan.rotate && self.random.once_in(25) {
            return Act::FillLog;
        }
        if self.plan.calm && !self.random.once_in(CALM) {
            return if self.random.once_in(4) { Act::GetWith } else { Act::Look };
        }
        let mut at = self.random.below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
        for (act, weight) in WEIGHTS {
            match at.checked_sub(weight) {
                Some(left) => at = left,
                None => return act,
            }
        }
        Act::Look
    }

    pub(crate) fn key(&mut self) -> u16 {
        self.random.name(self.plan.keys)
    }

    pub(crate) fn tag(&mut self) -> u16 {
        self.random.name(self.plan.tags)
    }

    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.random.once_in(times)
    }

    /// A page for a key, with tags that are its own: they need not be those of the page before.
    pub(crate) fn order(&mut self, key: u16, now: Time) -> Order {
        let most = u64::from(self.plan.tags.min(4));
        let mut tags: Vec<u16> = (0..self.random.below(most + 1)).map(|_| self.tag()).collect();
        tags.sort_unstable();
        tags.dedup();
        let lifetime = Duration::from_millis(1 + self.random.below(60));
        let fresh_until = if self.once_in(3) { now.after(lifetime).as_nanos() } else { u64::MAX };
        let most = match self.random.below(500) {
            // More than a reader takes in one piece, and more than one chunk of checksums.
            0 => 1_200_000,
            1..=20 => 60_000,
            _ => 400,
        };
        let filler = u32::try_from(self.random.below(most)).unwrap_or(0);
        Order { key, tags, fresh_until, filler, leased: false }
    }

    /// The policy that goes with an order. Tags may also be given later.
    pub(crate) fn policy(&mut self, order: &Order, tags: &[u16]) -> Policy {
        let policy = Policy::new()
            .tags(tags.iter().map(|tag| names::tag(*tag)))
            .stale_while_refresh(!self.once_in(3))
            .keep_stale(self.random.pick([
                Duration::ZERO,
                Duration::from_millis(20),
                Duration::from_secs(3600),
            ]))
            .wait_limit(Duration::from_millis(self.random.pick([1, 20, 300])));
        match order.fresh_until {
            u64::MAX => policy,
            nanos => policy.expire_at(std::time::UNIX_EPOCH + Duration::from_nanos(nanos)),
        }
    }

    /// How long a computation takes.
    pub(crate) fn work(&mut self) -> Duration {
        Duration::from_micros(if self.once_in(8) { self.random.below(4000) } else { 0 })
    }
}
