//! The filesystems, and how much room each of them is made with.

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use tagcache_images::{Filesystem, Halt, Mounted, Workshop};

use crate::lower;

/// What is left on a tight one.
const LEFT: u64 = 8 << 20;
/// What is written at once to fill it.
const PIECE: usize = 1 << 20;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Image(Filesystem),
    Tmpfs,
    /// An overlay over a tmpfs: the caches lie in its upper layer.
    Overlay,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// More than the tests need.
    Wide,
    /// A few mebibytes, and then the disk is full.
    Tight,
}

impl Place {
    pub(crate) const ALL: [Self; 6] = [
        Self::Image(Filesystem::Ext4),
        Self::Image(Filesystem::Ext4SmallInodes),
        Self::Image(Filesystem::Xfs),
        Self::Image(Filesystem::Btrfs),
        Self::Tmpfs,
        Self::Overlay,
    ];

    /// Makes it and mounts it.
    pub(crate) fn mount(self, workshop: &Workshop, size: Size) -> Result<Mounted, Halt> {
        let name = format!("{self}{}", if size == Size::Wide { "" } else { "-" });
        let mounted = match self {
            Self::Image(filesystem) => {
                let image = workshop.room(&format!("{name}.img"));
                Workshop::make(filesystem, &image)?;
                workshop.mount_new(filesystem, &image, &name)?
            }
            Self::Tmpfs => tmpfs(workshop, &name, size)?,
            Self::Overlay => overlay(workshop, &name, size)?,
        };
        if size == Size::Tight && matches!(self, Self::Image(_)) {
            fill(mounted.path())?;
        }
        Ok(mounted)
    }
}

fn tmpfs(workshop: &Workshop, name: &str, size: Size) -> Result<Mounted, Halt> {
    let options = match size {
        Size::Wide => "size=2g",
        Size::Tight => "size=8m",
    };
    Mounted::new("tmpfs", Path::new("filesystems"), &workshop.room(name), options)
}

/// Its layers lie on a tmpfs of their own, which must not go before it: it goes with the workshop.
fn overlay(workshop: &Workshop, name: &str, size: Size) -> Result<Mounted, Halt> {
    let below = tmpfs(workshop, &format!("{name}-layers"), size)?;
    let layers = ["lower", "upper", "work"].map(|layer| below.path().join(layer));
    for layer in &layers {
        fs::create_dir_all(layer).map_err(Halt::at("make", layer))?;
    }
    lower::plant(&layers[0].join(lower::BAKED))?;
    let [lower, upper, work] = layers.map(|layer| layer.display().to_string());
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    let mounted = Mounted::new("overlay", Path::new("overlay"), &workshop.room(name), &options)
        .map_err(|halt| Halt::Skip(format!("no overlay: {halt}")));
    // Lazily: the overlay keeps it until it is unmounted itself.
    drop(below);
    mounted
}

/// Fills it up, but for what is left.
fn fill(folder: &Path) -> Result<(), Halt> {
    let path = folder.join("ballast");
    let failed = |error| Halt::at("fill", &path)(error);
    let mut ballast = File::create(&path).map_err(failed)?;
    let piece = vec![0x5a; PIECE];
    while ballast.write_all(&piece).and_then(|()| ballast.sync_data()).is_ok() {}
    let len = ballast.metadata().map_err(failed)?.len();
    ballast.set_len(len.saturating_sub(LEFT)).and_then(|()| ballast.sync_all()).map_err(failed)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(filesystem) => filesystem.fmt(f),
            Self::Tmpfs => f.write_str("tmpfs"),
            Self::Overlay => f.write_str("overlay"),
        }
    }
}
