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
    Ok(target_directory()?.join(host).join("dist/tagcache"))
}

/// Where cargo builds: the environment or a setting of the user may say another place than `target`.
fn target_directory() -> Result<PathBuf, String> {
    let mut command = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let said = command.output().map_err(|error| format!("cargo metadata: {error}"))?;
    if !said.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&said.stderr)));
    }
    let text = String::from_utf8_lossy(&said.stdout);
    target_in(&text).ok_or_else(|| String::from("cargo metadata names no target directory"))
}

/// The string behind `"target_directory":`. Within another string its quotes would have backslashes before them.
fn target_in(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once(r#""target_directory":""#)?;
    let (mut path, mut letters) = (String::new(), rest.chars());
    loop {
        match letters.next()? {
            '"' => return Some(PathBuf::from(path)),
            '\\' => path.push(letters.next().filter(|letter| matches!(letter, '"' | '\\' | '/'))?),
            letter => path.push(letter),
        }
    }
}

fn host() -> Result<String, String> {
    let said = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc -vV: {error}"))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| String::from("rustc -vV names no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_directory_is_read_as_it_is_and_never_from_within_another_string() {
        let read = |text| target_in(text).map(|path| path.display().to_string());
        assert_eq!(read(r#"{"a":[],"target_directory":"/t/x y","b":1}"#).as_deref(), Some("/t/x y"));
        assert_eq!(read(r#"{"target_directory":"/t/\"\\q"}"#).as_deref(), Some(r#"/t/"\q"#));
        let quoted = r#"{"about":"\"target_directory\":\"/wrong\"","target_directory":"/right"}"#;
        assert_eq!(read(quoted).as_deref(), Some("/right"));
        assert_eq!(read(r#"{"target_directory":"/t/\u0007"}"#), None, "no path is guessed");
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn the_tool_itself_lies_below_the_directory_that_cargo_names() {
        let here = std::env::current_exe().expect("a test has a file");
        let named = target_directory().expect("cargo is there");
        assert!(here.starts_with(&named), "{} is not below {}", here.display(), named.display());
    }
}
