//! Many readers of one process beside one who changes things.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use tagcache::{Builder, Lookup, Memory, Policy, Raw};

use crate::stage::kept;

/// By the clock of the machine: values are kept when they have rested, and changed again.
#[test]
fn no_thread_is_given_what_was_replaced_before_it_asked() {
    const ROUNDS: u64 = 12;
    let dir = tempfile::tempdir().unwrap();
    let cache = Builder::new(Raw).open(dir.path()).unwrap();
    let other = Builder::new(Raw).memory(Memory::off()).open(dir.path()).unwrap();
    let put = |value: u64| other.put("n", &value.to_string(), &Policy::new().tag("t")).unwrap();
    let (published, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    put(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    let least = published.load(Ordering::SeqCst);
                    if let Lookup::Fresh(hit) = cache.lookup::<String>("n").unwrap() {
                        let read: u64 = hit.parse().unwrap();
                        assert!(read >= least, "{read} was read after {least} had been published");
                    }
                }
            });
        }
        for value in 1..=ROUNDS {
            kept(&cache, "n");
            if value % 3 == 0 {
                other.invalidate_tag("t").unwrap();
                published.store(value, Ordering::SeqCst);
            }
            put(value);
            published.store(value, Ordering::SeqCst);
        }
        ended.store(true, Ordering::SeqCst);
    });
    assert!(cache.stats().from_memory > ROUNDS, "memory served them");
}
