//! Cutting the power by copying the device: at one instant, while the workload goes on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tagcache_images::{Halt, Workshop};

use crate::chance::Chance;
use crate::check::Violation;
use crate::kernel::clone_file;
use crate::neighbour::beside;
use crate::record::{Cut, Recorder};
use crate::report::Tally;
use crate::rig::Rig;

const FIRST_BOOT: u64 = 1;

/// A copy of the device, and when it was taken.
struct Snapshot {
    image: PathBuf,
    cut: Cut,
}

/// One round: a new filesystem, some seconds of work, so many crash states.
pub(crate) fn round(rig: &Rig<'_>, states: u64, chance: &mut Chance) -> Result<Tally, Halt> {
    let image = rig.workshop.shelf("fs.img")?;
    Workshop::make(rig.filesystem, &image)?;
    let mounted = rig.workshop.mount_new(rig.filesystem, &image, "fs")?;
    let recorder = rig.new_record()?;
    let outside = File::open(mounted.path()).map_err(Halt::at("open", mounted.path()))?;
    let crew = rig.start(&mounted, FIRST_BOOT, chance)?;
    let snapshots = beside(&outside, chance, |chance| take(rig, &image, &recorder, states, chance))?;
    drop(outside);
    crew.kill()?;
    // Two filesystems with one identity are not mounted at the same time: not every kernel bears it.
    mounted.unmount()?;
    fs::remove_file(&image).map_err(Halt::at("remove", &image))?;
    inspect_all(rig, snapshots)
}

fn take(
    rig: &Rig<'_>,
    image: &Path,
    recorder: &Recorder,
    states: u64,
    chance: &mut Chance,
) -> Result<Vec<Snapshot>, Halt> {
    let original = File::open(image).map_err(Halt::at("open", image))?;
    let mut snapshots = Vec::new();
    for number in 0..states {
        // From the first instants of a root to well behind the next commit of the journal.
        thread::sleep(Duration::from_millis(chance.between(1, 180)));
        let image = rig.workshop.shelf(&format!("{number}.img"))?;
        let copy = File::create_new(&image).map_err(Halt::at("make", &image))?;
        let now = || recorder.now().map_err(|error| Halt::Fail(format!("cannot read the record: {error}")));
        let returned = now()?;
        clone_file(&original, &copy).map_err(Halt::at("clone the image into", &image))?;
        snapshots.push(Snapshot { image, cut: Cut { returned, begun: now()? } });
    }
    Ok(snapshots)
}

fn inspect_all(rig: &Rig<'_>, snapshots: Vec<Snapshot>) -> Result<Tally, Halt> {
    let history = rig.history()?;
    let mut tally = Tally::default();
    let failures =
        history.failures().map(|act| Violation::new(format!("I7: nothing was cut, and yet: {act}")));
    tally.violations.extend(failures);
    for Snapshot { image, cut } in snapshots {
        let mounted = rig.recover(&image)?;
        tally.add(rig.inspect(&mounted, &history, cut, FIRST_BOOT + 1));
        mounted.unmount()?;
        fs::remove_file(&image).map_err(Halt::at("remove", &image))?;
    }
    Ok(tally)
}
