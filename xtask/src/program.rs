//! The program `tagcache`: built as it is given to people, and measured.

mod bench;
mod many;

use std::path::PathBuf;
use std::process::Command;

use crate::command::{Outcome, cargo, root, run};

pub(crate) use bench::bench;

/// `cargo xtask dist`: the program, its man pages, its completions and the schemas of its JSON, in `target/program/`.
pub(crate) fn dist() -> Outcome {
    let program = build()?;
    let place = root().join("target/program");
    let to = place.join("tagcache");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    std::fs::copy(&program, &to).map_err(|error| format!("{}: {error}", to.display()))?;
    let pages = ["run", "--quiet", "-p", "tagcache-cli", "--example", "dist", "--"];
    run(cargo(&pages).arg("target/program"))?;
    println!("target/program: tagcache, man/, completions/, schemas/");
    Ok(())
}

/// Linked statically where that is known to work: a program that is started for every line of a script has no time to look
/// for libraries.
fn build() -> Result<PathBuf, String> {
    let host = host()?;
    let mut command = cargo(&["build", "--profile", "dist", "-p", "tagcache-cli", "--bin", "tagcache"]);
    command.args(["--target", &host]);
    if host.ends_with("-linux-gnu") {
        command.env("RUSTFLAGS", "-C target-feature=+crt-static");
    }
    run(&mut command)?;
    Ok(root().join("target").join(host).join("dist/tagcache"))
}

fn host() -> Result<String, String> {
    let said = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc -vV: {error}"))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| String::from("rustc -vV names no host"))
}
