//! Cutting the power again and again over one root: each boot goes on with what the one before left behind.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tagcache_images::{Filesystem, Halt, Mounted, Workshop};

use crate::chance::Chance;
use crate::kernel::{Shutdown, shut_down};
use crate::neighbour::beside;
use crate::record::{Cut, Recorder};
use crate::report::Tally;
use crate::rig::Rig;

/// What loses its power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The filesystem: nothing that it has in memory reaches its device any more.
    Filesystem,
    /// The drive: it forgets what it was given and not told to flush.
    Drive,
}

/// The drive is a file on an xfs of its own. When that is shut down, what it had not written is lost, and it has to write
/// only what the loop device asks it to fsync, which is what the filesystem above asks its drive to flush.
const DRIVE: Filesystem = Filesystem::Xfs;
const DRIVE_BYTES: u64 = 1 << 30;

/// One root through its boots.
struct Machine<'a> {
    rig: &'a Rig<'a>,
    recorder: Recorder,
    /// The file in which the drive lies, if that is the victim.
    drive: PathBuf,
    image: PathBuf,
}

/// One round: a new filesystem, and so many boots, each of which ends with a cut.
pub(crate) fn round(rig: &Rig<'_>, victim: Victim, states: u64, chance: &mut Chance) -> Result<Tally, Halt> {
    let drive = rig.workshop.room("drive.img");
    let recorder = rig.new_record()?;
    let mut under = None;
    let mut image = rig.workshop.room("fs.img");
    if victim == Victim::Drive {
        DRIVE.make(&drive, DRIVE_BYTES)?;
        let mounted = rig.workshop.mount_new(DRIVE, &drive, "drive")?;
        image = mounted.path().join("fs.img");
        under = Some(mounted);
    }
    Workshop::make(rig.filesystem, &image)?;
    let mut mounted = rig.workshop.mount_new(rig.filesystem, &image, "fs")?;
    let machine = Machine { rig, recorder, drive, image };
    let mut tally = Tally::default();
    for (number, how) in (0..states).zip(Shutdown::ALL.into_iter().cycle()) {
        // The one who inspects lives in a boot of its own.
        let boot = 2 * number + 1;
        let cut = machine.work_and_cut(mounted, &mut under, boot, how, chance)?;
        mounted = rig.recover(&machine.image)?;
        tally.add(machine.inspect(&mounted, cut, boot + 1)?);
    }
    mounted.unmount()?;
    under.map_or(Ok(()), Mounted::unmount)?;
    Ok(tally)
}

impl Machine<'_> {
    /// One boot. Answers when the power went.
    fn work_and_cut(
        &self,
        mounted: Mounted,
        under: &mut Option<Mounted>,
        boot: u64,
        how: Shutdown,
        chance: &mut Chance,
    ) -> Result<Cut, Halt> {
        let above = open(mounted.path())?;
        let crew = self.rig.start(&mounted, boot, chance)?;
        let cut = beside(&above, chance, |chance| {
            thread::sleep(Duration::from_millis(chance.between(20, 250)));
            // What returns while the power goes has promised nothing: a waiting fsync may answer that all is well when
            // the journal that it waits for is closed under it.
            let returned = self.now()?;
            match under {
                None => shut_down(&above, how).map_err(Halt::at("shut down", mounted.path()))?,
                Some(drive) => shut_down(&open(drive.path())?, Shutdown::AtOnce)
                    .map_err(Halt::at("shut down", drive.path()))?,
            }
            Ok(Cut { returned, begun: self.now()? })
        })?;
        thread::sleep(Duration::from_millis(chance.below(5)));
        // Whether one of them has ended by itself does not matter here: nothing can be done on a dead filesystem.
        drop(crew);
        drop(above);
        mounted.unmount()?;
        if let Some(drive) = under.take() {
            drive.unmount()?;
            *under = Some(self.rig.workshop.mount(DRIVE, &self.drive, "drive")?);
        }
        Ok(cut)
    }

    fn inspect(&self, mounted: &Mounted, cut: Cut, boot: u64) -> Result<Tally, Halt> {
        self.recorder.write_cut(cut).map_err(|error| lost(&error))?;
        Ok(self.rig.inspect(mounted, &self.rig.history()?, cut, boot))
    }

    fn now(&self) -> Result<u64, Halt> {
        self.recorder.now().map_err(|error| lost(&error))
    }
}

fn open(folder: &Path) -> Result<File, Halt> {
    File::open(folder).map_err(Halt::at("open", folder))
}

fn lost(error: &std::io::Error) -> Halt {
    Halt::Fail(format!("cannot use the record: {error}"))
}
