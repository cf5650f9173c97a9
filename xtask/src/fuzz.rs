//! Every fuzz target for a while.

use std::fs;

use crate::command::{Outcome, cargo, has_subcommand, root, run as execute};

/// Runs each target of `fuzz/` for `seconds`. What it finds worth keeping goes into `fuzz/corpus-work`, which git
/// ignores; the committed corpus is only read.
pub(crate) fn run(seconds: Option<&str>) -> Outcome {
    let seconds: u32 = match seconds.unwrap_or("60").trim_end_matches('s').parse() {
        Ok(seconds) => seconds,
        Err(_) => return Err("say how many seconds each target may run, as in: cargo xtask fuzz 60".into()),
    };
    if !has_subcommand("fuzz") {
        return Err("cargo-fuzz is missing; install it with: cargo install cargo-fuzz (needs g++)".into());
    }
    for target in targets()? {
        let work = root().join("fuzz/corpus-work").join(&target);
        fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        // Without a sanitizer it works on the stable compiler.
        let mut command = cargo(&["fuzz", "run", "-s", "none", &target]);
        command.arg(&work).arg(root().join("fuzz/corpus").join(&target));
        command.args(["--", &format!("-max_total_time={seconds}"), "-max_len=4096", "-timeout=10"]);
        execute(&mut command)?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut targets: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned)).collect();
    targets.sort_unstable();
    Ok(targets)
}
