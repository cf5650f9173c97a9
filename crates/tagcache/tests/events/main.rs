//! What is told about a cache: figures to a recorder, spans and events to a subscriber, by the names that are promised.

#![cfg(any(feature = "metrics", feature = "tracing"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

#[path = "../common/mod.rs"]
mod common;

#[cfg(feature = "metrics")]
mod figures;
#[cfg(feature = "metrics")]
mod recorder;
#[cfg(feature = "tracing")]
mod subscriber;
#[cfg(feature = "tracing")]
mod trace;
