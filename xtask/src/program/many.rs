//! `cargo xtask cli-bench --entries N`: what looks into a root of many entries, and how much memory it takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::bench::place;
use crate::command::{Outcome, cargo, run};

pub(super) fn many(tagcache: &Path, count: usize) -> Outcome {
    let place = place()?;
    for (name, count) in [("small", count.div_ceil(100)), ("large", count)] {
        let root = place.join(name);
        let fill = ["run", "--quiet", "-p", "tagcache-cli", "--example", "fill", "--"];
        run(cargo(&fill).arg(&root).arg(count.to_string()))?;
        println!("{count} entries with two tags each:");
        for line in ["inspect page/7", "ls", "ls --long --tag group/7", "stats", "tags", "verify", "sweep"] {
            let (took, memory) = measured(tagcache, &root, line)?;
            println!("  {line:24} {:6.2} s, at most {} KiB", took.as_secs_f64(), memory);
        }
    }
    std::fs::remove_dir_all(&place).map_err(|error| error.to_string())
}

/// How long it takes, and the most memory that was seen while it ran.
fn measured(tagcache: &Path, root: &Path, line: &str) -> Result<(Duration, String), String> {
    let began = Instant::now();
    let mut command = Command::new(tagcache);
    command.arg("--root").arg(root).args(line.split(' ')).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{line}: {error}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = String::from("?");
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        if let Some(seen) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) {
            most = seen.trim().trim_end_matches(" kB").to_owned();
        }
        match child.try_wait().map_err(|error| format!("{line}: {error}"))? {
            Some(ended) if ended.success() => return Ok((began.elapsed(), most)),
            Some(ended) => return Err(format!("{line}: {ended}")),
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}
