//! The root that a handle stands on, and the next one when it is lost.
//!
//! Whoever works for hours may have its directory removed, replaced or half emptied. Where that is noticed (a call finds a
//! folder missing, or a look at the path, once a second at most) the directory is opened anew at its path. What was begun
//! on the old one ends there: its marks are void on the next.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tagcache_codec::Codec;
use tagcache_fs::{Ledger, Root, Sys, Time, Whereabouts, meta};

use crate::cache::Cache;
use crate::error::Error;

/// How often a handle opens its directory anew. Each time one descriptor stays open, since others may be at work on the root
/// before; beyond that the cache must be opened again.
const RENEWALS: usize = 64;

/// How often it is looked whether the root is still at its path, as long as nothing fails.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long, and how often, one thread waits for another one that is opening the root anew.
const PAUSE: Duration = Duration::from_millis(1);
const PAUSES: usize = 1000;

/// A root, and the tallies that belong to it.
pub(crate) struct Ground<S: Sys> {
    pub(crate) root: Root<S>,
    pub(crate) ledger: Ledger<S>,
    /// The latest time that the inode of an entry can say.
    pub(crate) latest: Time,
}

impl<S: Sys> Ground<S> {
    fn on(root: Root<S>) -> Self {
        let latest = meta::mtime_of(Time::MAX, root.capabilities());
        Self { ledger: root.ledger(), latest, root }
    }
}

/// What was done about a lost root.
enum Mended<S: Sys> {
    Not,
    InPlace,
    By(Root<S>),
}

/// All of them so far; the last one counts.
pub(crate) struct Grounds<S: Sys> {
    first: Ground<S>,
    later: Box<[OnceLock<Box<Ground<S>>>]>,
    /// How many of the later ones there are.
    renewed: AtomicUsize,
    is_renewing: AtomicBool,
    /// When it was last looked at the path, in nanoseconds.
    looked: AtomicU64,
}

impl<S: Sys> Grounds<S> {
    pub(crate) fn new(root: Root<S>) -> Self {
        Self {
            looked: AtomicU64::new(root.sys().now().as_nanos()),
            first: Ground::on(root),
            later: (0..RENEWALS).map(|_| OnceLock::new()).collect(),
            renewed: AtomicUsize::new(0),
            is_renewing: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(crate) fn current(&self) -> &Ground<S> {
        let last = self.number().checked_sub(1);
        last.and_then(|index| self.later.get(index)?.get()).map_or(&self.first, Box::as_ref)
    }

    /// Which one is current, counted from 0.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        self.renewed.load(Ordering::Acquire)
    }

    /// Whether it is time to look again. The clock may have been set back.
    pub(crate) fn is_time_to_look(&self, now: Time) -> bool {
        let looked = self.looked.load(Ordering::Relaxed);
        now.as_nanos().abs_diff(looked) > u64::try_from(LOOK_EVERY.as_nanos()).unwrap_or(u64::MAX)
    }

    /// What `act` does, at most one thread at a time, if `number` is still current; whether anything is better after it.
    fn renew(&self, number: usize, act: impl FnOnce(&Root<S>) -> Mended<S>) -> bool {
        let env = self.first.root.sys();
        for _ in 0..PAUSES {
            if self.number() != number {
                return true;
            }
            if !self.is_renewing.swap(true, Ordering::Acquire) {
                let mended = if self.number() == number { act(&self.current().root) } else { Mended::Not };
                let is_as_new = matches!(mended, Mended::InPlace);
                if let Mended::By(root) = mended {
                    let place = self.later.get(number);
                    if place.is_some_and(|place| place.set(Box::new(Ground::on(root))).is_ok()) {
                        self.renewed.store(number + 1, Ordering::Release);
                    }
                }
                self.is_renewing.store(false, Ordering::Release);
                return is_as_new || self.number() != number;
            }
            env.wait(PAUSE);
        }
        false
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Looks, now and then, whether the root is still the one that newcomers open.
    #[inline]
    pub(crate) fn look_at_ground(&self, now: Time) {
        let grounds = &self.shared.grounds;
        if grounds.is_time_to_look(now) {
            grounds.looked.store(now.as_nanos(), Ordering::Relaxed);
            self.renew_ground(grounds.number());
        }
    }

    /// Whether the directory is still a cache: both markers, and no copies. For what must never be done to one of somebody
    /// else. Markers that somebody tidied away are put back, if nothing but our own names lies in it.
    ///
    /// # Errors
    /// [`Error::Open`] with what was found.
    pub(crate) fn check_markers(&self) -> Result<(), Error> {
        let number = self.shared.grounds.number();
        match self.root().check_markers() {
            Err(_) if self.renew_ground(number) => Ok(self.root().check_markers()?),
            checked => Ok(checked?),
        }
    }

    /// Opens the root anew if the one with this number is lost; whether there is anything to try again for.
    #[cold]
    pub(crate) fn renew_ground(&self, number: usize) -> bool {
        self.shared.grounds.renew(number, |root| {
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
        })
    }
}
