//! Any bytes are a value or an error: see `tests/property/mod.rs` of `tagcache-codec`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tagcache_fuzz::codec_decode(bytes));
