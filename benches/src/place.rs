//! Where the benches measure.

use std::path::{Path, PathBuf};

use rustix::fs::statfs;
use tempfile::TempDir;

/// A directory of its own on one filesystem, removed when it is dropped.
#[derive(Debug)]
pub struct Place {
    name: String,
    dir: TempDir,
}

impl Place {
    fn below(parent: &Path) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("tagcache-bench-").tempdir_in(parent).ok()?;
        Some(Self { name: filesystem(parent), dir })
    }

    /// The filesystem, as it stands in the names of benches: `ext4`, `tmpfs`, …
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of something in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The directory in `TAGCACHE_BENCH_DIR`; without it the temporary directory, and `/dev/shm` if that is another
/// filesystem: most of what the disk's filesystem does is missing there, so the share of our own code is larger.
///
/// # Panics
/// When there is no directory to measure in.
#[must_use]
pub fn places() -> Vec<Place> {
    let parents = match std::env::var_os("TAGCACHE_BENCH_DIR") {
        Some(chosen) => vec![PathBuf::from(chosen)],
        None => vec![std::env::temp_dir(), PathBuf::from("/dev/shm")],
    };
    let mut places: Vec<Place> = parents.iter().filter_map(|parent| Place::below(parent)).collect();
    places.dedup_by(|a, b| a.name == b.name);
    assert!(!places.is_empty(), "no directory can be made in any of {parents:?}");
    places
}

/// Numbers of statfs(2).
fn filesystem(path: &Path) -> String {
    let Ok(stat) = statfs(path) else { return "unknown".into() };
    match stat.f_type {
        0xef53 => "ext4".into(),
        0x5846_5342 => "xfs".into(),
        0x9123_683e => "btrfs".into(),
        0x0102_1994 => "tmpfs".into(),
        0x794c_7630 => "overlay".into(),
        other => format!("fs-{other:x}"),
    }
}
