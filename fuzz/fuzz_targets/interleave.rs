//! Any bytes are a run of several processes that keeps every invariant: see `tagcache_sim::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tagcache_fuzz::interleave(bytes));
