//! The root that a handle stands on, and the next one when it is lost.
//!
//! Whoever works for hours may have its directory removed, replaced or half emptied. Where that is noticed (a call finds a
//! folder missing, or a look at the path, once a second at most) the directory is opened anew at its path, as often as it
//! takes. What was begun on the old one ends there: its marks are void on the next. When nothing is at work on the old one any
//! more, its descriptors are given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tagcache_codec::Codec;
use tagcache_fs::{Ledger, Root, Sys, Time, Whereabouts, meta};

use crate::cache::Cache;
use crate::error::Error;

/// How often it is looked whether the root is still at its path, as long as nothing fails.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long, and how often, one thread waits for another one that is opening the root anew.
const PAUSE: Duration = Duration::from_millis(1);
const PAUSES: usize = 1000;

/// A root, and the tallies that belong to it.
pub(crate) struct Ground<S: Sys> {
    /// Which one it is of those that the handle stood on, counted from 0.
    pub(crate) number: usize,
    pub(crate) root: Root<S>,
    pub(crate) ledger: Ledger<S>,
    /// The latest time that the inode of an entry can say.
    pub(crate) latest: Time,
}

impl<S: Sys> Ground<S> {
    fn new(number: usize, root: Root<S>) -> Self {
        let latest = meta::mtime_of(Time::MAX, root.capabilities());
        Self { number, ledger: root.ledger(), latest, root }
    }
}

/// The ground for one step of a call. It costs little, and no other thread waits for it. What runs for long, or rests in
/// between, clones the `Arc`; what rests between two calls keeps neither, or the directory stays open.
pub(crate) type Footing<S> = Guard<Arc<Ground<S>>>;

/// What was done about a lost root.
enum Mended<S: Sys> {
    Not,
    InPlace,
    By(Root<S>),
}

/// The ground of now, and how it is changed.
pub(crate) struct Grounds<S: Sys> {
    current: ArcSwap<Ground<S>>,
    /// The number of the current one. It changes first, so that whoever has done anything on a ground is served nothing from
    /// memory any more that was read on the one before.
    number: AtomicUsize,
    is_renewing: AtomicBool,
    /// When it was last looked at the path, in nanoseconds.
    looked: AtomicU64,
}

impl<S: Sys> Grounds<S> {
    pub(crate) fn new(root: Root<S>) -> Self {
        Self {
            looked: AtomicU64::new(root.sys().now().as_nanos()),
            current: ArcSwap::from_pointee(Ground::new(0, root)),
            number: AtomicUsize::new(0),
            is_renewing: AtomicBool::new(false),
        }
    }

    /// Whether what was read on the ground with this number is still of use.
    #[inline]
    pub(crate) fn is_current(&self, number: usize) -> bool {
        self.number.load(Ordering::Acquire) == number
    }

    /// Whether it is time to look again. The clock may have been set back.
    pub(crate) fn is_time_to_look(&self, now: Time) -> bool {
        let looked = self.looked.load(Ordering::Relaxed);
        now.as_nanos().abs_diff(looked) > u64::try_from(LOOK_EVERY.as_nanos()).unwrap_or(u64::MAX)
    }

    /// What `act` does, at most one thread at a time, if `number` is still current; whether anything is better after it.
    fn renew(&self, number: usize, sys: &S, act: impl FnOnce(&Root<S>) -> Mended<S>) -> bool {
        for _ in 0..PAUSES {
            if self.current.load().number != number {
                return true;
            }
            if !self.is_renewing.swap(true, Ordering::Acquire) {
                let is_better = self.renew_alone(number, act);
                self.is_renewing.store(false, Ordering::Release);
                return is_better;
            }
            sys.wait(PAUSE);
        }
        false
    }

    /// Nobody else does it in between.
    fn renew_alone(&self, number: usize, act: impl FnOnce(&Root<S>) -> Mended<S>) -> bool {
        let ground = self.current.load();
        if ground.number != number {
            return true;
        }
        match act(&ground.root) {
            Mended::Not => false,
            Mended::InPlace => true,
            Mended::By(root) => {
                let next = number + 1;
                self.number.store(next, Ordering::Release);
                self.current.store(Arc::new(Ground::new(next, root)));
                true
            }
        }
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// The ground of this moment: asked for once in a step, so that all of the step is on one.
    #[inline]
    pub(crate) fn ground(&self) -> Footing<S> {
        self.shared.grounds.current.load()
    }

    /// Looks, now and then, whether the root is still the one that newcomers open.
    #[inline]
    pub(crate) fn look_at_ground(&self, now: Time) {
        let grounds = &self.shared.grounds;
        if grounds.is_time_to_look(now) {
            grounds.looked.store(now.as_nanos(), Ordering::Relaxed);
            self.renew_ground(self.ground().number);
        }
    }

    /// The ground, if its directory is still a cache: both markers, and no copies. For what must never be done to one of
    /// somebody else. Markers that somebody tidied away are put back, if nothing but our own names lies in it.
    ///
    /// # Errors
    /// [`Error::Open`] with what was found.
    pub(crate) fn checked_ground(&self) -> Result<Arc<Ground<S>>, Error> {
        let ground = self.ground();
        let checked = match ground.root.check_markers() {
            Err(_) if self.renew_ground(ground.number) => {
                let ground = self.ground();
                ground.root.check_markers().map(|()| ground)
            }
            checked => checked.map(|()| ground),
        };
        Ok(Guard::into_inner(checked?))
    }

    /// Opens the root anew if the one with this number is lost; whether there is anything to try again for.
    #[cold]
    pub(crate) fn renew_ground(&self, number: usize) -> bool {
        let is_better = self.shared.grounds.renew(number, self.sys(), |root| {
            let mended = match root.whereabouts() {
                Ok(Whereabouts::Gone | Whereabouts::Replaced) => root.open_anew().map(Mended::By),
                Ok(Whereabouts::Stripped) => root.restore().map(|()| Mended::InPlace),
                // What cannot be seen is told by whoever needs it.
                Ok(_) | Err(_) => Ok(Mended::Not),
            };
            mended.unwrap_or_else(|error| {
                self.fault(&Error::Open(error));
                Mended::Not
            })
        });
        if !self.shared.grounds.is_current(number) {
            self.forget_other_grounds();
        }
        is_better
    }
}
