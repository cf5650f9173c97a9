//! The properties that the fuzz targets check, each a function over bytes. They live beside the tests that
//! check them without a fuzzer, so that a target and the replay of its corpus cannot drift apart.

#[path = "../../crates/tagcache-record/tests/property/mod.rs"]
mod record;

/// The target `record_parse`.
pub fn record_parse(bytes: &[u8]) {
    record::record_parse(bytes);
}
