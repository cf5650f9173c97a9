//! What others do beside the cache: a backup that adds hard links, somebody who sets the clock.

use std::time::Duration;

use tagcache_fs::{Sys, Time};

use super::Program;
use crate::fault::CallKind;

impl<S: Sys> Program<S> {
    /// One more name, outside of the root, for some file of the cache.
    pub(super) fn backup(&mut self) {
        self.sim.pause(false);
        let count = self.sim.world().disk.files_to_back_up().len();
        if count == 0 {
            return;
        }
        let chosen = self.choose(count);
        let numbers = self.sim.world().disk.files_to_back_up();
        let Some(number) = numbers.get(chosen).copied() else { return };
        let name = format!("backup-{number}-{}", self.sim.process());
        // Nobody else runs between the choice and the call: the pause was before.
        let _ = self.sim.call_at_once(
            || format!("backs up inode {number} as {name}"),
            |world| world.disk.back_up(number, name.as_bytes()),
        );
    }

    /// The backup drops its oldest link.
    pub(super) fn forget(&mut self) {
        let _ =
            self.sim.call(CallKind::Look, || "drops a backup".into(), |world, _| world.disk.drop_backup());
    }

    /// Time passes. It does so in no other way: the clock stands still while the others run, which is when two changes
    /// look most alike.
    pub(super) fn pass(&mut self, millis: u16) {
        let _ = self.sim.call(
            CallKind::Look,
            || format!("lets {millis} ms pass"),
            |world, _| {
                world.disk.now = world.disk.now.after(Duration::from_millis(millis.into()));
                Ok(())
            },
        );
    }

    /// The clock is set, and it never meets a tick again that it showed before.
    pub(super) fn step_clock(&mut self, seconds: i32) {
        let _ = self.sim.call(
            CallKind::Look,
            || format!("sets the clock by {seconds} s"),
            |world, _| {
                let step = Duration::from_secs(u64::from(seconds.unsigned_abs()));
                let now = world.disk.now.after(Duration::from_nanos(world.disk.traits.tick));
                world.disk.now = if seconds < 0 {
                    Time::EPOCH.after(now.since(Time::EPOCH).saturating_sub(step))
                } else {
                    now.after(step)
                };
                Ok(())
            },
        );
    }
}
