//! How asking ends, or what is waited for.

use std::path::PathBuf;

use super::*;
use crate::stats::Count;

impl<T: 'static, C: Codec, S: Sys> Asking<T, C, S> {
    /// The last computation failed a short while ago, and there is something to serve.
    pub(super) fn hold_off(&mut self, lease: HeldLease<S>, step: Step) -> Advance<T, C, S> {
        lease.leave_as_found();
        self.count(|counters| &counters.held_off);
        self.done(step, Lease::BackingOff)
    }

    /// Another process has the lease. Who waits does so for the whole process.
    pub(super) fn elsewhere(&mut self, seat: Seat) -> Result<Advance<T, C, S>, Error> {
        match self.decide(Lease::Busy) {
            Step::Wait => {}
            step => return Ok(self.done(step, Lease::Busy)),
        }
        let Some(left) = self.time_left() else {
            drop(seat);
            return self.waited_too_long();
        };
        self.seat = Some(seat);
        let random = self.cache.sys().random();
        let pause = self.patience.as_mut().map_or(left, |patience| patience.pause(random));
        Ok(Advance::Pause(Pause::Poll(pause.min(left))))
    }

    /// Another thread or task of this process has the lease, or is asking for it.
    pub(super) fn here(&mut self, flight: &Arc<Flight>) -> Result<Advance<T, C, S>, Error> {
        match self.decide(Lease::Busy) {
            Step::Wait => {}
            step => return Ok(self.done(step, Lease::Busy)),
        }
        let Some(following) = self.cache.shared.held.follow(flight, self.who) else {
            self.count(|counters| &counters.cycles);
            let step = self.decide(Lease::Cycle);
            return Ok(self.done(step, Lease::Cycle));
        };
        match self.time_left() {
            None => self.waited_too_long(),
            Some(left) => {
                self.followed = Some(Arc::clone(flight));
                let rest = self.patience.as_mut().map_or(left, Patience::rest);
                Ok(Advance::Pause(Pause::Follow(following, rest.min(left))))
            }
        }
    }

    /// How long there is to wait still; the first time it is asked, the wait begins.
    fn time_left(&mut self) -> Option<Duration> {
        let now = self.cache.sys().elapsed();
        if self.patience.is_none() {
            self.count(|counters| &counters.waits);
        }
        let patience = self.patience.get_or_insert_with(|| Patience::new(now));
        let left = self.rules.wait_limit.saturating_sub(patience.lasts(now));
        (!left.is_zero()).then_some(left)
    }

    fn waited_too_long(&mut self) -> Result<Advance<T, C, S>, Error> {
        self.count(|counters| &counters.wait_timeouts);
        match self.decide(Lease::WaitedTooLong) {
            Step::Fail => Err(Error::WaitedTooLong { key: self.place() }),
            step => Ok(self.done(step, Lease::WaitedTooLong)),
        }
    }

    pub(super) fn held_here(&mut self) -> Result<Advance<T, C, S>, Error> {
        match self.decide(Lease::HeldHere) {
            Step::Fail => {
                self.count(|counters| &counters.reentrant);
                Err(Error::LeaseHeldHere { key: self.place() })
            }
            step => Ok(self.done(step, Lease::HeldHere)),
        }
    }

    /// The lease or the log cannot be used. What can be mended is mended, once.
    pub(super) fn ask_again_or_give_up(
        &mut self,
        error: Error,
        ground: &Ground<S>,
    ) -> Result<Advance<T, C, S>, Error> {
        if !self.was_mended && self.cache.mend(&error, ground, 0) {
            self.was_mended = true;
            return self.advance();
        }
        self.out_of_reach(error)
    }

    /// The lease or the log cannot be used.
    pub(super) fn out_of_reach(&mut self, error: Error) -> Result<Advance<T, C, S>, Error> {
        match self.decide(Lease::OutOfReach) {
            Step::Fail => Err(error),
            step => {
                self.cache.fault(&error);
                Ok(self.done(step, Lease::OutOfReach))
            }
        }
    }

    /// An end without the lease: the value that was seen, or the turn to compute one for oneself.
    pub(super) fn done(&mut self, step: Step, lease: Lease) -> Advance<T, C, S> {
        let before = self.sight();
        let (hit, why) = self.take();
        Advance::Done(match (step, hit) {
            (Step::Use, Some(hit)) => Turn::Hit(hit),
            (Step::Serve, Some(hit)) => {
                self.count(|counters| &counters.served_stale);
                Turn::Hit(hit)
            }
            (Step::StandIn, Some(hit)) => {
                self.count(|counters| &counters.stood_in);
                Turn::Hit(hit.standing_in())
            }
            _ => {
                let stored = if lease == Lease::Cycle { Stored::Cycle } else { Stored::Unleased };
                Turn::Fill(self.fill(before, why, Right::Uncached(stored)))
            }
        })
    }

    /// The value that was seen, if one was, and why there may be a computation.
    pub(super) fn take(&mut self) -> (Option<Hit<T>>, Why) {
        let (hit, why) = match std::mem::replace(&mut self.seen, Seen::NOTHING).look {
            Lookup::Fresh(hit) => (Some(hit), Why::Early),
            Lookup::Stale(hit, stale) => (Some(hit), Why::Stale(stale)),
            Lookup::Miss(miss) => (None, Why::Missing(miss)),
        };
        (hit, if self.demand == Demand::New { Why::Forced } else { why })
    }

    pub(super) fn fill(&mut self, before: Sight, why: Why, right: Right<S>) -> Fill<C, S> {
        match why {
            Why::Early => self.count(|counters| &counters.early),
            Why::Forced => self.count(|counters| &counters.forced),
            _ => {}
        }
        let (key_bytes, tags) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.tags));
        let origin = Origin { rules: self.rules, demand: self.demand, before };
        Fill::new(&self.cache, key_bytes, tags, origin, why, right)
    }

    fn place(&self) -> PathBuf {
        self.key.path_in(self.cache.root().layout()).to_string_lossy().into_owned().into()
    }

    fn count(&self, counter: impl FnOnce(&Counters) -> &Count) {
        Counters::add(counter(self.cache.shared.counters.here()));
    }
}
