//! A worker: a process that uses the cache until it is killed.

use std::cell::RefCell;
use std::io::Read;
use std::process;
use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::thread;

use tagcache::Builder;
use tagcache_fs::Os;

use crate::author::{Author, complain, give_up};
use crate::event::THREADS;
use crate::hand::{Hand, StormyCache, errno};
use crate::hunger::Hunger;
use crate::place::Place;
use crate::plan::Plan;
use crate::script::Script;
use crate::sheet::Sheets;
use crate::storm::{Storm, StormySys};
use crate::tally::Tally;

/// What a process of a round is told on its command line.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The round.
    pub place: Place,
    /// Its settings.
    pub plan: Plan,
    /// The number of the process's first thread.
    pub first: u32,
    /// Its chance.
    pub seed: u64,
}

/// Works until the process is killed, or the supervisor is gone.
pub fn work(orders: &Orders) -> ! {
    end_with_supervisor();
    let cache = open(orders);
    let threads = orders.plan.threads.clamp(1, THREADS);
    // Nobody begins to eat descriptors before everybody has those that it cannot do without.
    let start = Arc::new(Barrier::new(threads as usize));
    for number in 1..threads {
        let (orders, cache, start) = (orders.clone(), cache.clone(), Arc::clone(&start));
        thread::spawn(move || hand(&orders, cache, number).run(&start));
    }
    hand(orders, cache, 0).run(&start)
}

/// A worker whose supervisor died would go on for ever. Its standard input is a pipe that the supervisor holds and never
/// writes to.
pub(crate) fn end_with_supervisor() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        process::exit(0)
    });
}

fn open(orders: &Orders) -> StormyCache {
    let storm = Arc::new(Storm::new(orders.plan.delays, orders.plan.lie));
    let limited = orders.plan.files > 0;
    let plan = &orders.plan;
    let builder =
        Builder::new(Sheets).durability(plan.durability).layout(plan.layout).on_fault(move |error| {
            if !(limited && errno(error) == Some(tagcache_fs::Errno::MFILE)) {
                complain(&format!("I7: a fault that should not be: {error}"));
            }
        });
    let opened = builder.open_on(StormySys::over(Os, &storm), orders.place.cache());
    opened.unwrap_or_else(|error| give_up("the cache cannot be opened", &error))
}

fn hand(orders: &Orders, cache: StormyCache, number: u32) -> Hand {
    let seed = orders.seed.wrapping_add(u64::from(number));
    let tally = Tally::open(&orders.place.tally()).unwrap_or_else(|error| give_up("the tally", &error));
    Hand {
        cache,
        place: orders.place.clone(),
        script: Rc::new(RefCell::new(Script::new(orders.plan.clone(), seed))),
        author: Rc::new(RefCell::new(Author::new(&orders.place, &orders.plan, orders.first + number))),
        tally,
        hunger: Hunger::new(orders.plan.files > 0, !seed),
    }
}
