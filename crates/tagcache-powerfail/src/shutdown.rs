//! Cutting the power by telling the filesystem to stop, again and again over one root: each boot goes on with what
//! the one before left behind.

use std::fs::File;
use std::thread;
use std::time::Duration;

use crate::chance::Chance;
use crate::halt::Halt;
use crate::history::Cut;
use crate::kernel::{Shutdown, shut_down, sync_filesystem};
use crate::mount::Mounted;
use crate::record::Line;
use crate::report::Tally;
use crate::rig::Rig;
use crate::workshop::Workshop;

/// One round: a new filesystem, and so many boots, each of which ends with a cut.
pub(crate) fn round(rig: &Rig<'_>, states: u64, chance: &mut Chance) -> Result<Tally, Halt> {
    let image = rig.workshop.room("fs.img");
    Workshop::make(rig.filesystem, &image)?;
    let recorder = rig.new_record()?;
    let mut mounted = rig.workshop.mount_new(rig.filesystem, &image)?;
    let mut tally = Tally::default();
    for (number, how) in (0..states).zip(Shutdown::ALL.into_iter().cycle()) {
        // The one who inspects lives in a boot of its own.
        let boot = 2 * number + 1;
        work_and_cut(rig, mounted, boot, how, chance)?;
        let lost = |error| Halt::Fail(format!("cannot use the record: {error}"));
        recorder.write(&Line::Cut).map_err(lost)?;
        // What returned after the shutdown has promised as much as what returned before: it could have failed.
        let now = recorder.now().map_err(lost)?;
        mounted = rig.recover(&image)?;
        tally.add(rig.inspect(&mounted, &rig.history()?, Cut { returned: now, begun: now }, boot + 1));
    }
    mounted.unmount()?;
    Ok(tally)
}

fn work_and_cut(
    rig: &Rig<'_>,
    mounted: Mounted,
    boot: u64,
    how: Shutdown,
    chance: &mut Chance,
) -> Result<(), Halt> {
    let outside = File::open(mounted.path()).map_err(Halt::at("open", mounted.path()))?;
    let crew = rig.start(&mounted, boot, chance)?;
    thread::sleep(Duration::from_millis(chance.between(20, 200)));
    if chance.one_in(2) {
        // As another program may, see the snapshots.
        sync_filesystem(&outside).map_err(Halt::at("sync", mounted.path()))?;
        thread::sleep(Duration::from_millis(chance.between(1, 100)));
    }
    shut_down(&outside, how).map_err(Halt::at("shut down", mounted.path()))?;
    thread::sleep(Duration::from_millis(chance.below(5)));
    // Whether one of them has ended by itself does not matter here: nothing can be done on a dead filesystem.
    drop(crew);
    drop(outside);
    mounted.unmount()
}
