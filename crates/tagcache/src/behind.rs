//! Computing behind the caller: on threads of the injected environment, a few at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use crate::cache::{Cache, Stores, Value};
use crate::events::Span;
use crate::fill::Fill;
use crate::request::stored;
use crate::stats::Counters;

/// How many values one cache computes at once behind its callers.
const AT_ONCE: usize = 4;

/// How many there are.
#[derive(Debug, Default)]
pub(crate) struct Crew(Arc<AtomicUsize>);

/// The place of one of them.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Crew {
    pub(crate) fn enter(&self) -> Option<Place> {
        let more = |count| (count < AT_ONCE).then_some(count + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Place(Arc::clone(&self.0)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Computes and stores on another thread. If there is no room or no thread the fill is dropped, and with it the lease.
    pub(crate) fn compute_behind<T: Value>(
        &self,
        mut fill: Fill<C, S>,
        compute: impl FnOnce(&mut Fill<C, S>) -> T + Send + 'static,
    ) where
        C: Stores<T>,
    {
        let counters = self.shared.counters.here();
        let Some(place) = self.shared.crew.enter() else {
            return Counters::add(&counters.behind_skipped);
        };
        // The caller may ask for the key again, and is one who waits then; who waits for it waits for the new thread.
        fill.hand_over();
        let cache = self.clone();
        let span = Span::compute_behind(fill.key_bytes());
        let work = move || {
            let (_place, span) = (place, &span);
            fill.take_over();
            span.within(|| {
                Counters::add(&cache.shared.counters.here().behind);
                // The fill is moved in and dropped there: nothing that a panic leaves half done is seen again.
                let outcome = catch_unwind(AssertUnwindSafe(move || {
                    span.computing(fill.why());
                    let value = compute(&mut fill);
                    span.ended(stored(fill, value).source());
                }));
                if outcome.is_err() {
                    Counters::add(&cache.shared.counters.here().behind_panics);
                }
            });
        };
        if self.sys().spawn(Box::new(work)).is_err() {
            Counters::add(&counters.behind_skipped);
        }
    }
}
