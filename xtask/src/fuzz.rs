//! Every fuzz target for a while.

use std::fs;

use crate::command::{Outcome, cargo, has_subcommand, root, run as execute};

const USAGE: &str =
    "usage: cargo xtask fuzz [--time 10m] [TARGET…]; the time is for each target: 90s, 10m, 1h";

/// Runs each target of `fuzz/`, or those that are named, for a while. What it finds worth keeping goes into
/// `fuzz/corpus-work`, which git ignores; the committed corpus is only read.
pub(crate) fn run(args: &[String]) -> Outcome {
    let (seconds, named) = match args {
        [option, time, named @ ..] if option == "--time" => (seconds(time).ok_or(USAGE)?, named),
        named => (60, named),
    };
    let known = targets()?;
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        return Err(format!("no target is called {unknown}; there are {}\n{USAGE}", known.join(", ")));
    }
    if !has_subcommand("fuzz") {
        return Err("cargo-fuzz is missing; install it with: cargo install cargo-fuzz (needs g++)".into());
    }
    for target in if named.is_empty() { &known } else { named } {
        let work = root().join("fuzz/corpus-work").join(target);
        fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        // Without a sanitizer it works on the stable compiler.
        let mut command = cargo(&["fuzz", "run", "-s", "none", target]);
        command.arg(&work).arg(root().join("fuzz/corpus").join(target));
        command.args(["--", &format!("-max_total_time={seconds}"), "-max_len=4096", "-timeout=10"]);
        execute(&mut command)?;
    }
    Ok(())
}

/// `90`, `90s`, `10m` or `1h` in seconds.
fn seconds(time: &str) -> Option<u32> {
    let (number, unit) = match time.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &time[number.len()..]),
        None => (time, "s"),
    };
    let unit = if unit == "h" {
        3600
    } else if unit == "m" {
        60
    } else {
        1
    };
    number.parse::<u32>().ok()?.checked_mul(unit)
}

fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut targets: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned)).collect();
    targets.sort_unstable();
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (time, expected) in [("90", 90), ("90s", 90), ("10m", 600), ("1h", 3600)] {
            assert_eq!(seconds(time), Some(expected), "{time}");
        }
        for nonsense in ["", "m", "ten", "-1s", "1d", "99999999h"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
    }
}
