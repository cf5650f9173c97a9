//! What others do beside the cache: a backup that adds hard links, somebody who sets the clock. (For `rm -rf` see `remove`.)

use std::time::Duration;

use tagcache_fs::Time;

use super::{Op, Planted};
use crate::fault::CallKind;
use crate::sim::Sim;
use crate::world::{ROOT, names};

impl Sim {
    /// Does what is no affair of a program of the cache; `false` if it is one.
    pub(super) fn does(&self, op: Op) -> bool {
        match op {
            Op::Backup => self.backup(),
            Op::Forget => self.forget(),
            Op::Plant(planted) => self.put_in_the_way(planted),
            Op::Pass(millis) => self.pass(millis),
            Op::Clock(seconds) => self.step_clock(seconds),
            Op::RemoveRoot => self.remove_root(),
            _ => return false,
        }
        true
    }

    /// One more name, outside of the root, for some file of the cache.
    fn backup(&self) {
        self.pause(false);
        let count = self.world().disk.files_to_back_up().len();
        if count == 0 {
            return;
        }
        let chosen = self.choose(count);
        let numbers = self.world().disk.files_to_back_up();
        let Some(number) = numbers.get(chosen).copied() else { return };
        let name = format!("backup-{number}-{}", self.process());
        // Nobody else runs between the choice and the call: the pause was before.
        let _ = self.call_at_once(
            || format!("backs up inode {number} as {name}"),
            |world| world.disk.back_up(number, name.as_bytes()),
        );
    }

    /// The backup drops its oldest link.
    fn forget(&self) {
        let _ = self.call(CallKind::Look, || "drops a backup".into(), |world, _| world.disk.drop_backup());
    }

    /// From here on whatever fails has a reason.
    fn put_in_the_way(&self, planted: Planted) {
        let layout = self.world().layout;
        let path = match planted {
            Planted::FifoAsTag => names().tags.first().map(|tag| tag.path_in(layout)),
            Planted::Link | Planted::Fifo | Planted::Dir => {
                names().keys.first().map(|key| key.path_in(layout))
            }
        };
        let path = [ROOT.as_bytes(), b"/", path.unwrap_or_default().to_bytes()].concat();
        self.pause(false);
        let _ = self.call_at_once(
            || format!("plants {planted:?}"),
            |world| {
                (world.injected, world.planted) = (true, true);
                world.disk.put_in_the_way(&path, planted)
            },
        );
    }

    /// Time passes. It does so in no other way: the clock stands still while the others run, which is when two changes
    /// look most alike.
    fn pass(&self, millis: u16) {
        let _ = self.call(
            CallKind::Look,
            || format!("lets {millis} ms pass"),
            |world, _| {
                world.disk.now = world.disk.now.after(Duration::from_millis(millis.into()));
                Ok(())
            },
        );
    }

    /// The clock is set, and it never meets a tick again that it showed before.
    fn step_clock(&self, seconds: i32) {
        let _ = self.call(
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
