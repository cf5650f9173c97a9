//! Somebody on the way to a value: looks, asks for the lease, waits, until there is a value or the turn to compute one.
//!
//! One [advance](Asking::advance) makes system calls and never waits; how it is waited in between is the caller's
//! matter: a thread is parked, a task would be suspended.

mod ends;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::sys::Env;
use tagcache_fs::{Key, Sys};

use crate::backoff;
use crate::cache::{Cache, Stores, Value};
use crate::chance;
use crate::decision::{Demand, Lease, Sight, Step, decide};
use crate::error::Error;
use crate::fill::{Fill, Origin, Permit, Right, Why};
use crate::ground::Ground;
use crate::held::{Answer, Flight, Following, HeldLease, Seat, Who};
use crate::hit::Hit;
use crate::lookup::{Lookup, Miss, Stored};
use crate::patience::Patience;
use crate::policy::{Policy, Rules};
use crate::read::Seen;
use crate::stats::Counters;

/// How a key is looked at: into memory, or as a stream.
pub(crate) type Peek<T, C, S> = fn(&Cache<C, S>, &Key, &[u8]) -> Result<Seen<T>, Error>;

/// What it came to.
pub(crate) enum Turn<T, C, S: Sys> {
    /// There is a value.
    Hit(Hit<T>),
    /// It is this caller's turn.
    Fill(Fill<C, S>),
    /// There is a value, and it is to be computed anew behind the caller.
    Refresh(Hit<T>, Fill<C, S>),
}

/// What comes next.
pub(crate) enum Advance<T, C, S: Sys> {
    Done(Turn<T, C, S>),
    Pause(Pause),
}

/// How to wait before the next advance.
pub(crate) enum Pause {
    /// For so long: another process has the lease.
    Poll(Duration),
    /// Until the flight has ended, and so long at most.
    Follow(Following, Duration),
}

impl Pause {
    /// Waits with the thread.
    pub(crate) fn block(self, env: &impl Env) {
        match self {
            Self::Poll(duration) => env.wait(duration),
            Self::Follow(following, limit) => env.wait_for(following.flight().ended(), limit),
        }
    }
}

/// What a caller wants.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) policy: &'a Policy,
    pub(crate) rules: Rules,
    pub(crate) demand: Demand,
    /// Who asks: a thread, or a task.
    pub(crate) who: Who,
}

/// Where the first look led.
pub(crate) enum Start<T, C, S: Sys> {
    Hit(Hit<T>),
    Asking(Box<Asking<T, C, S>>),
}

pub(crate) struct Asking<T, C, S: Sys> {
    cache: Cache<C, S>,
    key: Key,
    bytes: Box<[u8]>,
    tags: Vec<Vec<u8>>,
    rules: Rules,
    demand: Demand,
    who: Who,
    peek: Peek<T, C, S>,
    /// The latest look.
    seen: Seen<T>,
    /// The chance of an early refresh: once for each who asks.
    draw: Option<u64>,
    /// Since when there is a wait, if there is one.
    patience: Option<Patience>,
    /// Kept while this one asks the kernel for the whole process.
    seat: Option<Seat>,
    /// What was waited for last.
    followed: Option<Arc<Flight>>,
    /// Something that kept it from the lease was mended once.
    was_mended: bool,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// A look, and whatever is to be waited for after it.
    pub(crate) fn turn<T: Value>(&self, wish: &Wish<'_>) -> Result<Turn<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        self.ended(self.start(wish)?)
    }

    /// The same by another kind of look.
    pub(crate) fn turn_by<T: 'static>(
        &self,
        wish: &Wish<'_>,
        peek: Peek<T, C, S>,
    ) -> Result<Turn<T, C, S>, Error> {
        self.ended(self.start_by(wish, peek)?)
    }

    fn ended<T: 'static>(&self, start: Start<T, C, S>) -> Result<Turn<T, C, S>, Error> {
        let mut asking = match start {
            Start::Hit(hit) => return Ok(Turn::Hit(hit)),
            Start::Asking(asking) => asking,
        };
        loop {
            match asking.advance()? {
                Advance::Done(turn) => return Ok(turn),
                Advance::Pause(pause) => pause.block(self.sys()),
            }
        }
    }

    /// The first look, which is most often the last.
    pub(crate) fn start<T: Value>(&self, wish: &Wish<'_>) -> Result<Start<T, C, S>, Error>
    where
        C: Stores<T>,
    {
        let cache = self.under(wish.policy);
        let seen = cache.look(wish.key)?;
        started(cache, wish, seen, Self::peek)
    }

    /// The same without memory, where another kind of look is wanted.
    fn start_by<T: 'static>(&self, wish: &Wish<'_>, peek: Peek<T, C, S>) -> Result<Start<T, C, S>, Error> {
        let cache = self.under(wish.policy);
        let seen = peek(&cache, &Self::key(wish.key)?, wish.key)?;
        cache.count(wish.key, &seen.look);
        started(cache, wish, seen, peek)
    }

    /// The first look into memory alone, where that is all that is to be done, whatever chance says. It does not block.
    #[cfg(feature = "tokio")]
    pub(crate) fn at_hand<T: Value>(&self, wish: &Wish<'_>) -> Option<Hit<T>>
    where
        C: Stores<T>,
    {
        let cache = self.under(wish.policy);
        let seen = cache.recall_at_once(wish.key)?;
        // The smallest number makes a refresh earliest.
        let sight = cache.sight(&seen, &wish.rules, &mut Some(0));
        if decide(sight, &wish.rules, wish.demand, Lease::Unasked) != Step::Use {
            return None;
        }
        cache.count(wish.key, &seen.look);
        seen.look.fresh()
    }

    /// What a look means for a decision.
    pub(crate) fn sight<T>(&self, seen: &Seen<T>, rules: &Rules, draw: &mut Option<u64>) -> Sight {
        let env = self.sys();
        match &seen.look {
            Lookup::Miss(_) => Sight::Missing,
            Lookup::Stale(_, kind) => {
                let overdue = Duration::from_nanos(env.now().as_nanos().saturating_sub(seen.due.expires_at));
                Sight::Stale { kind: *kind, overdue }
            }
            Lookup::Fresh(_) => {
                let beta = rules.refresh_early;
                if beta.is_zero() || chance::is_too_early(seen.due, beta, env.now()) {
                    return Sight::Fresh;
                }
                let draw = *draw.get_or_insert_with(|| env.random());
                if chance::is_early(seen.due, beta, draw, env.now()) { Sight::Early } else { Sight::Fresh }
            }
        }
    }
}

/// What the first look led to. Nothing is copied where it is the last.
fn started<T, C: Codec, S: Sys>(
    cache: Cow<'_, Cache<C, S>>,
    wish: &Wish<'_>,
    seen: Seen<T>,
    peek: Peek<T, C, S>,
) -> Result<Start<T, C, S>, Error> {
    let mut draw = None;
    let sight = cache.sight(&seen, &wish.rules, &mut draw);
    match (decide(sight, &wish.rules, wish.demand, Lease::Unasked), seen.look) {
        (Step::Use, Lookup::Fresh(hit)) => Ok(Start::Hit(hit)),
        (_, look) => Ok(Start::Asking(Box::new(Asking {
            cache: cache.into_owned(),
            key: Cache::<C, S>::key(wish.key)?,
            bytes: wish.key.into(),
            tags: wish.policy.tags.clone(),
            rules: wish.rules,
            demand: wish.demand,
            who: wish.who,
            peek,
            seen: Seen { look, due: seen.due },
            draw,
            patience: None,
            seat: None,
            followed: None,
            was_mended: false,
        }))),
    }
}

impl<T: 'static, C: Codec, S: Sys> Asking<T, C, S> {
    /// Looks again, if somebody was waited for, and asks for the lease, once.
    pub(crate) fn advance(&mut self) -> Result<Advance<T, C, S>, Error> {
        if self.patience.is_some() {
            self.look_again()?;
        }
        let followed = self.followed.take();
        let lease = match followed {
            Some(flight) if flight.was_unshared() => Lease::Unshared,
            _ => Lease::Unasked,
        };
        match self.decide(lease) {
            Step::Ask => {}
            step => return Ok(self.done(step, lease)),
        }
        let ground = self.cache.ground();
        let asked = match self.seat.take() {
            Some(seat) => seat.try_lease(&ground.root, &self.key),
            None => self.cache.shared.held.ask(&ground.root, &self.key, self.who),
        };
        match asked {
            Ok(Answer::Yours(lease)) => self.under_lease(lease),
            Ok(Answer::HeldHere) => self.held_here(),
            Ok(Answer::Elsewhere(seat)) => self.elsewhere(seat),
            Ok(Answer::Here(flight)) => self.here(&flight),
            Err(error) => self.ask_again_or_give_up(error.into(), &ground),
        }
    }

    fn decide(&mut self, lease: Lease) -> Step {
        decide(self.sight(), &self.rules, self.demand, lease)
    }

    fn sight(&mut self) -> Sight {
        self.cache.sight(&self.seen, &self.rules, &mut self.draw)
    }

    /// Not counted: it is still the same question.
    fn look_again(&mut self) -> Result<(), Error> {
        let seen = (self.peek)(&self.cache, &self.key, &self.bytes)?;
        // The look before may know more than that it is gone.
        let is_known = matches!((&self.seen.look, &seen.look), (Lookup::Miss(_), Lookup::Miss(Miss::Absent)));
        if !is_known {
            self.seen = seen;
        }
        Ok(())
    }

    /// Looks again, since somebody may have filled it in between; then takes the mark, before anything is computed.
    fn under_lease(&mut self, lease: Box<HeldLease<S>>) -> Result<Advance<T, C, S>, Error> {
        let now = self.cache.sys().now();
        let rests = lease.left_behind().is_some_and(|word| backoff::holds(word, self.rules.retry, now));
        let how = if rests { Lease::BackingOff } else { Lease::Yours };
        let step = self.decide(how);
        if !is_to_compute(step) {
            return Ok(self.hold_off(*lease, step));
        }
        let ground = self.cache.ground();
        // The look may be what finds that this one is lost.
        let mark = match self.look_again().and_then(|()| Ok(self.cache.ground().root.mark()?)) {
            Ok(mark) => mark,
            Err(error) => {
                // Given back first, since it is asked for again.
                drop(lease);
                return self.ask_again_or_give_up(error, &ground);
            }
        };
        let step = self.decide(how);
        if !is_to_compute(step) {
            return Ok(if rests { self.hold_off(*lease, step) } else { self.done(step, how) });
        }
        let before = self.sight();
        let (hit, why) = self.take();
        let right = Right::Store(Box::new(Permit { key: self.key.clone(), lease, mark }));
        let fill = self.fill(before, why, right);
        Ok(Advance::Done(match hit {
            Some(hit) if step == Step::Refresh => Turn::Refresh(hit, fill),
            _ => Turn::Fill(fill),
        }))
    }
}

fn is_to_compute(step: Step) -> bool {
    matches!(step, Step::Compute | Step::Refresh)
}
