//! Mounting, in a mount namespace of our own, so that a run that is killed leaves nothing mounted and no loop device
//! taken: `mount -o loop` gives the device back with the last mount of it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::halt::Halt;
use crate::tool::{MOUNT, UMOUNT, UNSHARE};

/// Says that this process lives in its own namespace already.
const INSIDE: &str = "TAGCACHE_IMAGES_INSIDE";

/// Goes on only in a private mount namespace: starts the program anew in one, with the same arguments.
///
/// # Errors
/// Without root; when unshare(1) is missing, or the kernel refuses.
pub fn enter_namespace() -> Result<(), Halt> {
    let own = Path::new("/proc/self");
    let user = fs::metadata(own).map_err(Halt::at("look at", own))?.uid();
    if user != 0 {
        return Err(Halt::Skip("only root may mount; run it as root".into()));
    }
    if env::var_os(INSIDE).is_some() {
        return Ok(());
    }
    // A namespace that the kernel refuses must be a reason, not the end of the program that was replaced.
    let private = ["--mount", "--propagation", "private"];
    UNSHARE.run(&[&private[..], &["true"]].concat(), &[0]).map_err(|halt| Halt::Skip(halt.to_string()))?;
    let program = env::current_exe().map_err(Halt::at("find", own))?;
    let error = Command::new(UNSHARE.name)
        .args(private)
        .arg(program)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .exec();
    Err(UNSHARE.missing(&error))
}

/// Something that is mounted, until this is dropped.
#[derive(Debug)]
pub struct Mounted {
    path: PathBuf,
    done: bool,
}

impl Mounted {
    /// Mounts `source` at `path`, which is made if it is missing.
    ///
    /// # Errors
    /// When mount(8) is missing or fails.
    pub fn new(kind: &str, source: &Path, path: &Path, options: &str) -> Result<Self, Halt> {
        fs::create_dir_all(path).map_err(Halt::at("make", path))?;
        let words = ["-t", kind, "-o", options].map(OsStr::new);
        MOUNT.run(&[&words[..], &[source.as_os_str(), path.as_os_str()]].concat(), &[0])?;
        Ok(Self { path: path.to_owned(), done: false })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes it down, and says so when that fails; dropping it tries and says nothing.
    ///
    /// # Errors
    /// When umount(8) fails: something is still open there.
    pub fn unmount(mut self) -> Result<(), Halt> {
        self.done = true;
        UMOUNT.run(&[&self.path], &[0])
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if !self.done {
            // On the way out of an error; the namespace ends with this process in any case.
            let _ = UMOUNT.run(&["--lazy".as_ref(), self.path.as_os_str()], &[0]);
        }
    }
}
