//! Any bytes are a run in which the power is cut, and every invariant holds after it: see `tagcache_sim::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tagcache_fuzz::crash_consistency(bytes));
