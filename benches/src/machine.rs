//! On what it was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");

/// The machine, the compiler and the commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many it has.
    pub processors: usize,
    /// Memory in MiB.
    pub memory: u64,
    /// The kernel's version.
    pub kernel: String,
    /// The compiler's.
    pub compiler: String,
    /// What was measured, and whether it was changed since.
    pub commit: String,
    /// How many files a process may open, if it asks; older lines do not say.
    #[serde(default)]
    pub open_files: Option<u64>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = value(&memory, "MemTotal:").trim_end_matches("kB").trim().parse().unwrap_or(0u64);
        Self {
            processor: value(&processors, "model name").trim_start_matches(':').trim().to_owned(),
            processors: processors.lines().filter(|line| line.starts_with("processor")).count(),
            memory: total / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            compiler: said("rustc", &["--version"]),
            commit: commit(),
            open_files: getrlimit(Resource::Nofile).maximum,
        }
    }
}

/// The load of the last minute: how many processes wanted a processor.
#[must_use]
pub fn load() -> f64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or(0.0)
}

/// The filesystem that a directory is on, with the options it is mounted with.
#[must_use]
pub fn filesystem(dir: &Path) -> String {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?, words.next()?))
    });
    let under = mounts.filter(|(point, ..)| dir.starts_with(point));
    let longest = under.max_by_key(|(point, ..)| point.len());
    longest.map_or_else(|| "unknown".into(), |(_, kind, options)| format!("{kind} ({options})"))
}

/// What stands after a name at the beginning of one of the lines.
#[must_use]
pub fn value<'a>(lines: &'a str, name: &str) -> &'a str {
    lines.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
}

/// Of the tree that this program was built from.
fn commit() -> String {
    let status = said("git", &["-C", SOURCE, "status", "--porcelain", "--untracked-files=no"]);
    let changed = if status.is_empty() { "" } else { ", changed" };
    format!("{}{changed}", said("git", &["-C", SOURCE, "rev-parse", "--short=12", "HEAD"]))
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_is_the_one_of_a_directory() {
        let found = filesystem(Path::new("/proc/self"));
        assert!(found.starts_with("proc "), "{found}");
    }
}
