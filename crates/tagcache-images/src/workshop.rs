//! Where a run takes place: a folder of its own, below which everything is mounted.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::filesystem::Filesystem;
use crate::halt::Halt;
use crate::mount::Mounted;

/// The outer filesystem; sparse, so it takes what is written to it.
const SHELF_BYTES: u64 = 16 << 30;
/// An xfs must have at least 300 MiB.
const IMAGE_BYTES: u64 = 512 << 20;

/// The folder. Dropped, it is taken down.
#[derive(Debug)]
pub struct Workshop {
    // In the order in which they must go.
    shelf: OnceCell<Mounted>,
    room: Mounted,
    dir: TempDir,
}

impl Workshop {
    /// Makes a folder below the system's folder for temporary files, and in it a room in memory. `name` is what the
    /// folder's name begins with.
    ///
    /// # Errors
    /// When the folder cannot be made; [`Halt::Skip`] outside of a namespace of our own, or where nothing can be mounted.
    pub fn new(name: &str) -> Result<Self, Halt> {
        let place = std::env::temp_dir();
        let dir = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir()
            .map_err(Halt::at("work in", &place))?;
        let room = Mounted::new("tmpfs", Path::new(name), &dir.path().join("room"), "mode=0700")
            .map_err(|halt| Halt::Skip(format!("nothing can be mounted: {halt}")))?;
        Ok(Self { shelf: OnceCell::new(), room, dir })
    }

    /// A path in memory: for the record, for mount points, and for images that need no snapshots.
    #[must_use]
    pub fn room(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    /// A path on an xfs, where a file can be copied in an instant while it is written to.
    ///
    /// # Errors
    /// When the xfs cannot be made or mounted.
    pub fn shelf(&self, name: &str) -> Result<PathBuf, Halt> {
        if let Some(shelf) = self.shelf.get() {
            return Ok(shelf.path().join(name));
        }
        let image = self.dir.path().join("shelf.img");
        Filesystem::Xfs.make(&image, SHELF_BYTES)?;
        let mounted = Mounted::new("xfs", &image, &self.room("shelf"), "loop,discard");
        // The loop device holds it from now on, so that even a run that is killed leaves no large file.
        fs::remove_file(&image).map_err(Halt::at("remove", &image))?;
        let mounted = mounted.map_err(|halt| Halt::Skip(format!("no loop mount: {halt}")))?;
        let path = mounted.path().join(name);
        // Nobody else can have set it in between: there is one thread.
        let _ = self.shelf.set(mounted);
        Ok(path)
    }

    /// Makes a new filesystem in `image`.
    ///
    /// # Errors
    /// When its mkfs is missing or fails.
    pub fn make(filesystem: Filesystem, image: &Path) -> Result<(), Halt> {
        filesystem.make(image, IMAGE_BYTES)
    }

    /// Mounts an image at the place of that name.
    ///
    /// # Errors
    /// When mount(8) fails.
    pub fn mount(&self, filesystem: Filesystem, image: &Path, name: &str) -> Result<Mounted, Halt> {
        Mounted::new(filesystem.kind(), image, &self.room(name), filesystem.options())
    }

    /// The first mount of a filesystem: what fails here is the machine's fault.
    ///
    /// # Errors
    /// [`Halt::Skip`] when mount(8) fails.
    pub fn mount_new(&self, filesystem: Filesystem, image: &Path, name: &str) -> Result<Mounted, Halt> {
        self.mount(filesystem, image, name)
            .map_err(|halt| Halt::Skip(format!("a new {filesystem} cannot be mounted: {halt}")))
    }
}
