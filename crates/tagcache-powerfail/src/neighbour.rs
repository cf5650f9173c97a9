//! Another program of the machine, which waits for its own data now and then and takes ours along. So old values are
//! on the disk, where only an invalidation that reached it, too, keeps them from being served.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::chance::Chance;
use crate::kernel::sync_filesystem;

/// Does something while the neighbour syncs the filesystem of `file`.
pub(crate) fn beside<T>(file: &File, chance: &mut Chance, action: impl FnOnce(&mut Chance) -> T) -> T {
    let (done, mut pauses) = (AtomicBool::new(false), Chance::new(chance.bits()));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(pauses.between(5, 150)));
                // What cannot be synced has lost its power.
                let _ = sync_filesystem(file);
            }
        });
        let outcome = action(chance);
        done.store(true, Ordering::Relaxed);
        outcome
    })
}
