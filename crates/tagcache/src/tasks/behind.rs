//! Computing behind the caller: tasks, as many at once as there are threads without tokio.

use std::thread;

use tagcache_codec::Codec;
use tagcache_fs::Sys;

use super::AsyncCache;
use super::fill::{AsyncFill, FillHandle};
use super::request::computed;
use crate::cache::{Cache, Stores, Value};
use crate::events::Span;
use crate::held::Who;
use crate::stats::Counters;

impl<C: Codec, S: Sys> AsyncCache<C, S> {
    /// Computes and stores in another task. If there is no room the fill is dropped, and with it the lease.
    pub(super) fn compute_behind<T, F>(
        &self,
        who: Who,
        fill: AsyncFill<C, S>,
        compute: impl FnOnce(FillHandle<C, S>) -> F + Send + 'static,
    ) where
        T: Value,
        C: Stores<T>,
        F: Future<Output = T> + Send + 'static,
    {
        let shared = &self.cache.shared;
        let Some(place) = shared.crew.enter() else {
            return Counters::add(&shared.counters.here().behind_skipped);
        };
        let cache = self.cache.clone();
        let span = Span::compute_behind(fill.handle().key().as_ref());
        drop(tokio::spawn(async move {
            let (_place, panics) = (place, Panics(&cache));
            Counters::add(&panics.0.shared.counters.here().behind);
            let hit = computed(&span, who, fill, compute).await;
            span.ended(hit.source());
        }));
    }
}

/// Counts if it is dropped by a panic, which tokio keeps from everybody else.
struct Panics<'a, C: Codec, S: Sys>(&'a Cache<C, S>);

impl<C: Codec, S: Sys> Drop for Panics<'_, C, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            Counters::add(&self.0.shared.counters.here().behind_panics);
        }
    }
}
