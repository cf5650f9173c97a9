//! Spans and events for the crate `tracing`, under the target `tagcache`.
//!
//! Spans and what ends well are at DEBUG, looks at TRACE, and what somebody should see to at WARN.

use std::fmt;

use tagcache_fs::{Incomplete, Touched};
use tracing::field::Empty;
use tracing::{debug, debug_span, trace, warn};

use super::{By, Manner};
use crate::error::Error;
use crate::fill::Why;
use crate::lookup::{Lookup, Source, Stored};

pub(crate) const TARGET: &str = "tagcache";

/// What emits an event that has the name of a counter.
macro_rules! event {
    (told $name:ident) => {
        Some(|| ::tracing::debug!(target: $crate::events::trace::TARGET, "{}", stringify!($name)))
    };
    ($tell:ident $name:ident) => {
        None
    };
}
pub(crate) use event;

/// So many bytes of a key are shown.
const SHOWN: usize = 64;

/// A key for people: what is no printable ASCII is escaped, and what is too long is cut off.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, hidden) = self.0.split_at(self.0.len().min(SHOWN));
        shown.escape_ascii().fmt(f)?;
        if hidden.is_empty() { Ok(()) } else { write!(f, "… ({} bytes)", self.0.len()) }
    }
}

pub(super) fn compute_through(key: &[u8]) -> tracing::Span {
    debug_span!(target: TARGET, "compute_through", key = %Shown(key), outcome = Empty, reason = Empty)
}

pub(super) fn compute_behind(key: &[u8]) -> tracing::Span {
    debug_span!(target: TARGET, "compute_behind", key = %Shown(key), outcome = Empty, reason = Empty)
}

pub(super) fn computing(span: &tracing::Span, why: &Why) {
    span.record(
        "reason",
        match why {
            Why::Missing(miss) => miss.word(),
            Why::Stale(stale) => stale.word(),
            Why::Early => "early",
            Why::Forced => "forced",
        },
    );
}

pub(super) fn failed(span: &tracing::Span) {
    span.record("outcome", "failed");
}

pub(super) fn ended(span: &tracing::Span, source: Source) {
    span.record("outcome", outcome(source));
    if let Source::Stale(stale) | Source::StandIn(stale) = source {
        span.record("reason", stale.word());
    }
}

const fn outcome(source: Source) -> &'static str {
    match source {
        Source::Disk | Source::Memory => "fresh",
        Source::Stale(_) => "stale",
        Source::StandIn(_) => "stand-in",
        Source::Computed { stored, .. } => stored.word(),
    }
}

pub(super) fn looked<T>(key: &[u8], look: &Lookup<T>) {
    let (found, reason) = match look {
        Lookup::Fresh(_) => ("fresh", ""),
        Lookup::Stale(_, stale) => ("stale", stale.word()),
        Lookup::Miss(miss) => ("miss", miss.word()),
    };
    trace!(target: TARGET, key = %Shown(key), found, reason, "looked");
}

pub(super) fn stored(key: &[u8], stored: Stored) {
    // What was stored is no news.
    if stored != Stored::Yes {
        debug!(target: TARGET, key = %Shown(key), "{}", stored.word());
    }
}

pub(super) fn invalidated(by: By, manner: Manner, outcome: &Result<Touched, Incomplete>) {
    let (by, manner) = (by.word(), manner.word());
    match outcome {
        Ok(touched) => debug!(target: TARGET, by, manner, links = touched.links, "invalidated"),
        Err(error) => warn!(target: TARGET, by, manner, %error, failures = error.failures(), "incomplete"),
    }
}

pub(super) fn fault(error: &Error) {
    warn!(target: TARGET, kind = error.word(), %error, "fault");
}
