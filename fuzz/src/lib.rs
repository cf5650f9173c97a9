//! The properties that the fuzz targets check, each a function over bytes. They live beside the tests that
//! check them without a fuzzer, so that a target and the replay of its corpus cannot drift apart.

#[path = "../../crates/tagcache-codec/tests/property/mod.rs"]
mod codec;
#[path = "../../crates/tagcache-record/tests/property/mod.rs"]
mod record;

pub use tagcache_sim::fuzzing::{crash_consistency, interleave};

/// The target `codec_decode`.
pub fn codec_decode(bytes: &[u8]) {
    codec::codec_decode(bytes);
}

/// The target `record_parse`.
pub fn record_parse(bytes: &[u8]) {
    record::record_parse(bytes);
}
