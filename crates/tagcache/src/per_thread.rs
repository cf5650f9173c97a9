//! Something that all threads write to, in several copies: each thread has one of them, most of the time to itself.
//!
//! A counter that several processors move at once travels from one to the other at every step, which takes longer than all
//! else that a hit from memory does beside its call.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than that share.
const COPIES: usize = 16;

/// The copies, none of which lies in the same line of a processor's cache as another (two lines of 64 bytes are fetched at
/// once).
#[derive(Debug)]
pub(crate) struct PerThread<T>(Box<[Apart<T>; COPIES]>);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T: Default> Default for PerThread<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> PerThread<T> {
    /// That of this thread.
    pub(crate) fn here(&self) -> &T {
        &self.0[number() % COPIES].0
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|copy| &copy.0)
    }
}

/// The number of this thread: threads are numbered as they come by.
fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const NONE: usize = usize::MAX;
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(NONE) });

    // A thread that is ending still counts, somewhere.
    let numbered = NUMBER.try_with(|number| {
        if number.get() == NONE {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed) % COPIES);
        }
        number.get()
    });
    numbered.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_always_finds_the_same_copy_and_nothing_is_lost() {
        let counter = PerThread::<AtomicU64>::default();
        thread::scope(|scope| {
            for _ in 0..2 * COPIES {
                scope.spawn(|| {
                    let mine = counter.here();
                    for _ in 0..100 {
                        assert!(std::ptr::eq(mine, counter.here()));
                        counter.here().fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let sums: Vec<u64> = counter.iter().map(|copy| copy.load(Ordering::Relaxed)).collect();
        assert_eq!(sums.iter().sum::<u64>(), 200 * COPIES as u64);
        assert!(
            sums.iter().filter(|&&sum| sum > 0).count() > 1,
            "threads have copies of their own: {sums:?}"
        );
    }

    #[test]
    fn no_two_copies_share_a_line() {
        assert_eq!(size_of::<Apart<AtomicU64>>(), 128);
    }
}
