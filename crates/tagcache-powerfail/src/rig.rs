//! What both ways of cutting the power have in common: a crew that works, a record, an image to inspect.

use std::fs;
use std::path::{Path, PathBuf};

use tagcache::{Durability, Layout};
use tagcache_images::{Filesystem, Halt, Mounted, Workshop};

use crate::chance::Chance;
use crate::check::Case;
use crate::crew::{Crew, Shift};
use crate::history::History;
use crate::inspect::inspect;
use crate::power::Break;
use crate::record::{self, Cut, Recorder};
use crate::report::Tally;

/// One filesystem, under one durability and in one layout.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rig<'a> {
    pub(crate) workshop: &'a Workshop,
    pub(crate) filesystem: Filesystem,
    pub(crate) durability: Durability,
    pub(crate) layout: Layout,
    pub(crate) broken: Option<Break>,
    pub(crate) processes: u32,
}

impl Rig<'_> {
    fn record(&self) -> PathBuf {
        self.workshop.room("record")
    }

    /// Begins an empty record.
    pub(crate) fn new_record(&self) -> Result<Recorder, Halt> {
        let path = self.record();
        // There is none before the first round.
        let _ = fs::remove_file(&path);
        Recorder::open(&path).map_err(Halt::at("make", &path))
    }

    /// Sets the processes to work on a mounted filesystem.
    pub(crate) fn start(&self, mounted: &Mounted, boot: u64, chance: &mut Chance) -> Result<Crew, Halt> {
        let Self { durability, layout, broken, processes, .. } = *self;
        let (root, record) = (root(mounted), self.record());
        let shift = Shift { root: &root, record: &record, boot, durability, layout, broken, processes };
        Crew::start(&shift, chance)
    }

    /// Reads the whole record.
    pub(crate) fn history(&self) -> Result<History, Halt> {
        let path = self.record();
        let text = fs::read_to_string(&path).map_err(Halt::at("read", &path))?;
        record::parse(&text).and_then(History::new).map_err(Halt::Fail)
    }

    /// Mounts an image after a cut, as at the next boot. One that cannot be mounted is no fault of a cache: it stops
    /// the run.
    pub(crate) fn recover(&self, image: &Path) -> Result<Mounted, Halt> {
        self.filesystem.mend(image)?;
        self.workshop.mount(self.filesystem, image, "fs")
    }

    /// Inspects what was recovered.
    pub(crate) fn inspect(&self, mounted: &Mounted, history: &History, cut: Cut, boot: u64) -> Tally {
        let case =
            Case { history, cut, durability: self.durability, names_hold: self.filesystem.keeps_names() };
        inspect(&root(mounted), &case, boot)
    }
}

/// Not the filesystem's own root, which may hold `lost+found`.
fn root(mounted: &Mounted) -> PathBuf {
    mounted.path().join("cache")
}
