//! The right to sweep and the right to evict, in a program of its own: it starts others, and whatever lock was held meanwhile
//! would be held a moment longer.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::Site;

/// A program that is being started has a copy of every open file of ours until it runs, and with it the lock.
#[test]
fn a_right_that_was_given_back_is_free_also_while_other_programs_are_being_started() {
    let site = Site::new();
    let (ledger, is_over) = (site.root.ledger(), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    assert!(Command::new("true").status().unwrap().success());
                }
            });
        }
        let until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < until {
            let (sweeps, evicts) = (site.root.try_sweep_lock().unwrap(), ledger.try_evict_lock().unwrap());
            if sweeps.is_none() || evicts.is_none() {
                is_over.store(true, Ordering::Relaxed);
            }
            assert!(sweeps.is_some() && evicts.is_some());
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
