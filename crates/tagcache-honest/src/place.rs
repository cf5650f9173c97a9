//! Where it is compared: directories that are there, and images that are made for it.

use std::fmt;
use std::path::{Path, PathBuf};

use tagcache_images::{Filesystem, Halt, Mounted, Workshop};

use crate::lower;

/// Where a cache lies in the lower layer of the overlay.
pub(crate) const BAKED: &str = "baked";

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The machine's folder for temporary files.
    Disk,
    /// The machine's tmpfs for shared memory.
    Memory,
    /// An image.
    Image(Filesystem),
    /// An overlay over a tmpfs.
    Overlay,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Disk,
        Self::Memory,
        Self::Image(Filesystem::Ext4),
        Self::Image(Filesystem::Ext4SmallInodes),
        Self::Image(Filesystem::Xfs),
        Self::Image(Filesystem::Btrfs),
        Self::Overlay,
    ];

    /// Whether it must be made and mounted first.
    #[must_use]
    pub const fn is_mounted(self) -> bool {
        matches!(self, Self::Image(_) | Self::Overlay)
    }

    /// The folder that is there without that.
    ///
    /// # Errors
    /// [`Halt::Skip`], where the machine has none.
    pub fn folder(self) -> Result<PathBuf, Halt> {
        match self {
            Self::Disk => Ok(std::env::temp_dir()),
            Self::Memory => {
                let path = Path::new("/dev/shm");
                let there = path.is_dir().then(|| path.to_owned());
                there.ok_or_else(|| Halt::Skip("no tmpfs for shared memory".into()))
            }
            Self::Image(_) | Self::Overlay => Err(Halt::Skip("it is not mounted".into())),
        }
    }

    /// Makes and mounts what is not there.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn mount(self, workshop: &Workshop) -> Result<Mounted, Halt> {
        let name = self.to_string();
        match self {
            Self::Image(filesystem) => {
                let image = workshop.room(&format!("{name}.img"));
                Workshop::make(filesystem, &image)?;
                workshop.mount_new(filesystem, &image, &name)
            }
            _ => overlay(workshop, &name),
        }
    }
}

fn overlay(workshop: &Workshop, name: &str) -> Result<Mounted, Halt> {
    let layers = ["lower", "upper", "work"].map(|layer| workshop.room(&format!("{name}-{layer}")));
    for layer in &layers {
        std::fs::create_dir_all(layer).map_err(Halt::at("make", layer))?;
    }
    lower::plant(&layers[0].join(BAKED))?;
    let [lower, upper, work] = layers.map(|layer| layer.display().to_string());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    Mounted::new("overlay", Path::new("overlay"), &workshop.room(name), &options)
        .map_err(|halt| Halt::Skip(format!("no overlay: {halt}")))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk => f.write_str("disk"),
            Self::Memory => f.write_str("memory"),
            Self::Image(filesystem) => filesystem.fmt(f),
            Self::Overlay => f.write_str("overlay"),
        }
    }
}
