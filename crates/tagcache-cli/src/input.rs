//! Files of the user: the only place of the program that opens any. The cache itself is reached through the library.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A file to be stored, or to be hashed. A directory is refused here, since it can be opened and not read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    Ok(file)
}

/// Which signals this process was started with as ignored, one bit each from signal 1 on; none where the system does not
/// tell. Whoever starts a program under nohup, or behind a shell, wants the command to ignore them, too.
pub(crate) fn ignored_signals() -> u64 {
    let mut text = String::new();
    let read = File::open("/proc/self/status").and_then(|file| file.take(64 << 10).read_to_string(&mut text));
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    read.ok().and(mask).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Closes what this process was given beside the three standard streams. Only at its beginning, when nothing is open that is
/// its own.
pub(crate) fn close_inherited() {
    let open = fs::read_dir("/proc/self/fd").or_else(|_| fs::read_dir("/dev/fd"));
    let numbers = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let given: Vec<i32> =
        open.into_iter().flatten().flatten().filter_map(numbers).filter(|fd| *fd > 2).collect();
    for fd in given {
        // One of them was that of the directory, and is closed already.
        let _ = nix::unistd::close(fd);
    }
}

/// Whether there is such a directory, and the nearest one above a path that is not there yet.
pub(crate) fn nearest_directory(path: &Path) -> Option<&Path> {
    path.ancestors()
        .map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above })
        .find(|above| fs::metadata(above).is_ok_and(|found| found.is_dir()))
}

/// What has the name of a path, or of one above it, and is no directory.
pub(crate) fn no_directory(path: &Path) -> Option<&Path> {
    let nearest = path.ancestors().find(|above| is_there(above))?;
    fs::metadata(nearest).map_or(true, |found| !found.is_dir()).then_some(nearest)
}

/// Whether anything has this name, be it a link to nowhere.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A name in a directory that is like this; none where it cannot be read.
pub(crate) fn first_name(dir: &Path, matches: impl Fn(&[u8]) -> bool) -> Option<OsString> {
    let names = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.file_name());
    names.into_iter().find(|name| matches(name.as_bytes()))
}
