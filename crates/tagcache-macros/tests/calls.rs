//! Calls within calls, beside one another, and calls that end in a panic.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use tagcache::cached;

use common::{Count, Fixture};

#[cached]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[test]
fn a_function_that_calls_itself_computes_each_value_once() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(fibonacci(20), 6765);
        assert_eq!((fixture.cache.stats().computed, fixture.cache.stats().stored), (21, 21));
    });
}

#[cached("endless", ignore(depth))]
fn within_itself(depth: u8) -> u8 {
    if depth == 0 { 0 } else { within_itself(depth - 1) + 1 }
}

#[test]
fn a_call_within_the_call_of_the_same_key_computes_uncached_and_is_counted() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(within_itself(2), 2);
        let stats = fixture.cache.stats();
        assert_eq!((stats.stored, stats.reentrant, stats.waits), (1, 2, 0));
        assert_eq!(within_itself(9), 2, "the outer one was stored");
    });
}

#[test]
fn a_panic_passes_and_the_next_call_computes() {
    static COMPUTED: Count = Count::new();

    #[cached("brittle")]
    fn brittle() -> u64 {
        let number = COMPUTED.up();
        assert!(number > 1, "the first one fails");
        number
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        let panicked = catch_unwind(AssertUnwindSafe(brittle)).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"the first one fails"));
        assert_eq!((brittle(), brittle()), (2, 2));
    });
}

#[test]
fn threads_that_call_at_once_compute_once() {
    static COMPUTED: Count = Count::new();

    #[cached("popular", wait_limit = 60s)]
    fn popular() -> u64 {
        COMPUTED.up()
    }
    let fixture = Fixture::new();
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                fixture.run(|| {
                    start.wait();
                    assert_eq!(popular(), 1);
                });
            });
        }
    });
    assert_eq!(COMPUTED.get(), 1);
}
