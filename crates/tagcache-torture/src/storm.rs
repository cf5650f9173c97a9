//! The system under the cache: the real one, with delays where a process could be interrupted anyway, and with the lie
//! of the round, if there is one.

use std::cell::RefCell;
use std::thread;
use std::time::Duration;

use tagcache_fs::sys::{Env, Result, Stat};
use tagcache_fs::{Errno, Os};
use tagcache_testkit::{At, Call, Layer, Layered};

use crate::doing::Doing;
use crate::lie::Lie;
use crate::random::Random;

/// The system that workers run on.
pub(crate) type StormySys = Layered<Os, Storm>;

/// Delays and lies.
#[derive(Debug)]
pub(crate) struct Storm {
    delays: u8,
    lie: Lie,
}

thread_local! {
    static CHANCE: RefCell<Random> = RefCell::new(Random::new(Os.random()));
}

impl Storm {
    pub(crate) const fn new(delays: u8, lie: Lie) -> Self {
        Self { delays, lie }
    }

    /// Between two calls a process may stand still for any time: other processes run meanwhile, and it may be killed.
    /// Left alone, the kernel rarely interrupts it just there.
    fn delay(&self, call: Call) {
        let rarity = match (self.delays, call) {
            (0, _) => return,
            (1, _) => 200,
            // Where processes meet.
            (_, Call::TryLock) => 5,
            (_, _) => 20,
        };
        CHANCE.with_borrow_mut(|chance| match chance.below(rarity) {
            0 => thread::sleep(Duration::from_micros(chance.below(2000))),
            1 => thread::yield_now(),
            _ => {}
        });
    }
}

impl Layer for Storm {
    fn before(&self, at: &At<'_>) -> Result<()> {
        self.delay(at.call);
        // An error is how a layer says that the call is not to be made; `answer` turns it into success.
        if self.lie.skips(at, Doing::now()) { Err(Errno::IO) } else { Ok(()) }
    }

    fn answer(&self, at: &At<'_>, outcome: Result<()>) -> Result<()> {
        if self.lie.skips(at, Doing::now()) { Ok(()) } else { outcome }
    }

    fn stat(&self, at: &At<'_>, stat: Stat) -> Stat {
        self.lie.tells(at, stat)
    }
}
