//! What only several processes can show, each test with real ones.

use tagcache_actors::Stage;

mod backup;
mod death;
mod doors;
mod flight;
mod lease;
mod memory;
mod nested;
mod opening;
mod pairs;
mod publish;
mod raced;
mod reader;
mod reboot;
mod removed;
mod stale;
mod sweep;

/// A fresh root for one test.
fn stage() -> Stage {
    Stage::new(env!("CARGO_BIN_EXE_actor"))
}
