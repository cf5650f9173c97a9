//! What the cache tells the world: figures through the crate `metrics`, spans and events through the crate `tracing`, each
//! behind the feature of its name.
//!
//! Everything passes through here, and no other file names either crate. Without the features these functions are empty and
//! these types have no size. No payload is ever told. `docs/EVENTS.md` lists the names, and a test holds the page to the code.

#![cfg_attr(
    not(all(feature = "metrics", feature = "tracing")),
    allow(unused_variables, reason = "what is not told is not looked at")
)]

#[cfg(feature = "metrics")]
pub(crate) mod figures;
#[cfg(all(test, feature = "metrics"))]
mod page;
#[cfg(feature = "tracing")]
pub(crate) mod trace;

use std::time::Duration;

use tagcache_fs::{Incomplete, Touched};

use crate::error::Error;
use crate::fill::Why;
use crate::lookup::{Lookup, Source, Stored};

/// How one counter of [`Stats`](crate::Stats) is told when it moves. Made by [`figure!`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    #[cfg(feature = "metrics")]
    pub(crate) metric: Option<fn()>,
    #[cfg(feature = "tracing")]
    pub(crate) event: Option<fn()>,
}

impl Figure {
    pub(crate) fn tell(self) {
        #[cfg(feature = "metrics")]
        self.metric.into_iter().for_each(|add| add());
        #[cfg(feature = "tracing")]
        self.event.into_iter().for_each(|happen| happen());
    }
}

/// A figure that is `told`, as a metric and as an event of its name; `counted`, as a metric only; or told `apart`, by one of
/// the functions here, which know more than that it moved.
macro_rules! figure {
    ($tell:ident $name:ident = $metric:literal $({ $label:literal: $value:literal })?) => {
        $crate::events::Figure {
            #[cfg(feature = "metrics")]
            metric: $crate::events::figures::metric!($tell $metric $({ $label: $value })?),
            #[cfg(feature = "tracing")]
            event: $crate::events::trace::event!($tell $name),
        }
    };
}
pub(crate) use figure;

/// What an invalidation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Tags,
    AllOfTags,
    Key,
    Everything,
}

/// Whether what is invalidated may be served while it is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Hard,
    Soft,
}

/// A cache was opened.
pub(crate) fn opened() {
    #[cfg(feature = "metrics")]
    figures::describe();
}

/// Somebody looked for a key.
pub(crate) fn looked<T>(key: &[u8], look: &Lookup<T>) {
    #[cfg(feature = "metrics")]
    figures::looked(look);
    #[cfg(feature = "tracing")]
    trace::looked(key, look);
}

/// A value was to be stored.
pub(crate) fn stored(key: &[u8], stored: Stored) {
    #[cfg(feature = "tracing")]
    trace::stored(key, stored);
}

/// A value was computed.
pub(crate) fn computed(took: Duration) {
    #[cfg(feature = "metrics")]
    figures::computed(took);
}

/// An invalidation or a soft expiry ended.
pub(crate) fn invalidated(by: By, manner: Manner, outcome: &Result<Touched, Incomplete>) {
    #[cfg(feature = "metrics")]
    figures::invalidated(by, manner, outcome);
    #[cfg(feature = "tracing")]
    trace::invalidated(by, manner, outcome);
}

/// An error was kept from a caller.
pub(crate) fn count_fault(error: &Error) {
    #[cfg(feature = "metrics")]
    figures::fault(error);
}

/// And it is news.
pub(crate) fn tell_fault(error: &Error) {
    #[cfg(feature = "tracing")]
    trace::fault(error);
}

/// The span of one call. What happens [within](Span::within) it belongs to it.
#[derive(Clone)]
pub(crate) struct Span {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Span {
    /// Of a call that computes through.
    pub(crate) fn compute_through(key: &[u8]) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: trace::compute_through(key),
        }
    }

    /// Of a computation behind its caller.
    pub(crate) fn compute_behind(key: &[u8]) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: trace::compute_behind(key),
        }
    }

    pub(crate) fn within<R>(&self, act: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        act()
    }

    /// The same for what a future does each time it is polled.
    #[cfg(feature = "tokio")]
    pub(crate) async fn around<F: Future>(&self, future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| self.within(|| future.as_mut().poll(context))).await
    }

    /// It is this caller's turn to compute.
    pub(crate) fn computing(&self, why: &Why) {
        #[cfg(feature = "tracing")]
        trace::computing(&self.span, why);
    }

    /// The computation failed. If an old value stands in for the error there is [an end](Span::ended) all the same.
    pub(crate) fn failed(&self) {
        #[cfg(feature = "tracing")]
        trace::failed(&self.span);
    }

    /// There is a value.
    pub(crate) fn ended(&self, source: Source) {
        #[cfg(feature = "tracing")]
        trace::ended(&self.span, source);
    }
}

#[cfg(all(test, not(feature = "metrics"), not(feature = "tracing")))]
#[test]
fn what_nobody_listens_to_has_no_size() {
    assert_eq!((size_of::<Figure>(), size_of::<Span>()), (0, 0));
}

impl By {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    const fn word(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::AllOfTags => "all of tags",
            Self::Key => "key",
            Self::Everything => "everything",
        }
    }
}

impl Manner {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    const fn word(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}
