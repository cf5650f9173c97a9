//! Where the process stops and waits for `go`: a layer between the cache and the kernel.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tagcache_fs::sys::Result;
use tagcache_testkit::{At, Call, Layer};

use crate::console::{hear, say};

/// Stops before the calls that it was told, and says which boot of the machine this is.
#[derive(Debug, Default)]
pub(crate) struct Stops(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stops: Vec<Stop>,
    boot: Option<u8>,
}

#[derive(Debug)]
struct Stop {
    at: Place,
    prefix: String,
    once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Any,
    /// A call that changes what others find.
    Change,
    Call(Call),
    /// Somebody lets time pass.
    Wait,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "any" => Some(Self::Any),
            "change" => Some(Self::Change),
            "wait" => Some(Self::Wait),
            _ => Call::ALL.iter().copied().find(|call| dashed(*call) == text).map(Self::Call),
        }
    }

    fn is_at(self, call: Call) -> bool {
        match self {
            Self::Any => true,
            Self::Change => call.changes(),
            Self::Call(this) => this == call,
            Self::Wait => false,
        }
    }
}

/// One word.
fn dashed(call: Call) -> String {
    call.text().replace(' ', "-")
}

impl Stops {
    /// Stops before such calls from now on, the next one or all of them. `false` when there is no such call.
    pub(crate) fn stop(&self, call: &str, prefix: &str, once: bool) -> bool {
        let Some(at) = Place::parse(call) else { return false };
        self.state().stops.push(Stop { at, prefix: prefix.into(), once });
        true
    }

    pub(crate) fn set_boot(&self, boot: u8) {
        self.state().boot = Some(boot);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to stop here; a stop for one time is used up.
    fn applies(&self, matches: impl Fn(&Stop) -> bool) -> bool {
        let stops = &mut self.state().stops;
        let Some(found) = stops.iter().position(matches) else { return false };
        if stops.get(found).is_some_and(|stop| stop.once) {
            stops.remove(found);
        }
        true
    }

    fn pause(&self, at: &str) {
        say(format_args!("at {at}"));
        loop {
            match hear().trim() {
                "go" => return,
                "run" => {
                    self.state().stops.clear();
                    return;
                }
                other => say(format_args!("error: stopped at {at}, where `{other}` means nothing")),
            }
        }
    }
}

impl Layer for Stops {
    fn before(&self, at: &At<'_>) -> Result<()> {
        let here = |stop: &Stop| stop.at.is_at(at.call) && at.is_below(&stop.prefix);
        if self.applies(here) {
            self.pause(&format!("{} {}", dashed(at.call), at.path.to_string_lossy()));
        }
        Ok(())
    }

    fn wait(&self, duration: Duration, below: &dyn Fn(Duration)) {
        if self.applies(|stop| stop.at == Place::Wait) {
            self.pause("wait");
        }
        below(duration);
    }

    fn boot_id(&self, below: &dyn Fn() -> [u8; 16]) -> [u8; 16] {
        let boot = self.state().boot;
        boot.map_or_else(below, |boot| [boot; 16])
    }
}
