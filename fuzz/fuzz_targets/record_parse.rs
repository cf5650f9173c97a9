//! Any bytes are a record or a typed error: see `tests/property/mod.rs` of `tagcache-record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tagcache_fuzz::record_parse(bytes));
