//! Progress is for a terminal, colours are for who wants them, and completions are for every shell.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use common::Place;
use nix::pty::openpty;

/// What a command writes to a terminal on its standard error.
fn on_a_terminal(command: &mut Command) -> String {
    let pty = openpty(None, None).unwrap();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::from(pty.slave)).spawn().unwrap();
    // The command's own copy of the other end goes with it.
    command.stderr(Stdio::null());
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    let mut terminal = File::from(pty.master);
    // A terminal that nobody writes to any more ends with an error.
    while let Ok(len @ 1..) = terminal.read(&mut piece) {
        bytes.extend_from_slice(&piece[..len]);
    }
    child.wait().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn filled() -> Place {
    let place = Place::new();
    for key in 0..20 {
        place.run(["put", &key.to_string()]).quietly(0);
    }
    place
}

#[test]
fn long_work_shows_how_far_it_is_on_a_terminal_and_leaves_a_clean_line() {
    let place = filled();
    for line in ["sweep", "verify"] {
        let mut command = place.command([line]);
        command.env("TERM", "xterm").env("TAGCACHE_PROGRESS_AFTER_MS", "0");
        let shown = on_a_terminal(&mut command);
        assert!(shown.contains(&format!("\r{line} [")) && shown.contains(" %"), "{line}: {shown:?}");
        assert!(shown.ends_with("\r\x1b[K"), "{line}: {shown:?}");
    }
}

#[test]
fn elsewhere_and_for_short_work_there_is_no_bar() {
    let place = filled();
    for line in ["sweep", "verify"] {
        place.command([line]).env("TAGCACHE_PROGRESS_AFTER_MS", "0");
        place.line(line).quietly(0);
        let mut short = place.command([line]);
        assert_eq!(on_a_terminal(short.env("TERM", "xterm").env("TAGCACHE_PROGRESS_AFTER_MS", "600000")), "");
        let mut dumb = place.command([line]);
        assert_eq!(on_a_terminal(dumb.env("TERM", "dumb").env("TAGCACHE_PROGRESS_AFTER_MS", "0")), "");
    }
}

#[test]
fn no_color_means_none() {
    let place = Place::new();
    let mut command = place.command(["nonsense"]);
    assert!(on_a_terminal(command.env("TERM", "xterm-256color")).contains('\x1b'), "a terminal has colours");
    let mut command = place.command(["nonsense"]);
    let shown = on_a_terminal(command.env("TERM", "xterm-256color").env("NO_COLOR", "1"));
    assert!(shown.contains("nonsense") && !shown.contains('\x1b'), "{shown:?}");
}

#[test]
fn every_shell_has_completions_that_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let out = place.run(["completions", shell]).quietly(0).out;
        for verb in ["put", "get", "run", "invalidate", "inspect", "doctor", "stale-while-refresh"] {
            assert!(out.contains(verb), "{shell}: {verb}");
        }
        assert!(!out.contains("refreshing"), "{shell}: what is hidden is not completed");
    }
    place.line("completions tcsh").saying(2, "tcsh");
    let script = place.run(["completions", "bash"]).out;
    place.write("completions.bash", script);
    let checked = Command::new("bash").arg("-n").arg(place.path("completions.bash")).status().unwrap();
    assert!(checked.success(), "bash reads them");
}

#[test]
fn a_command_that_is_interrupted_at_a_terminal_is_told_once() {
    let place = Place::new();
    // `script` gives it a terminal of its own, and types what it is fed.
    let program = env!("CARGO_BIN_EXE_tagcache");
    // A state of its own: that of the loop would be that of the `sleep` which the interrupt ends as well, if the
    // trap has been told of before the loop looks for `go` again.
    let inner =
        "trap 'echo once >> told' INT; echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; exit 7";
    place.write("inner.sh", inner);
    // In the place of the shell that `script` starts: some shells stay beside what they run, and are ended by the interrupt.
    let line = format!("exec {program} run -- sh inner.sh");
    let mut child = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(place.path(""))
        .env("SHELL", "/bin/sh")
        .env("TAGCACHE_ROOT", place.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("script, of util-linux, is installed");
    common::until("the command", || place.read("ready") == "ready\n");
    let mut keys = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut keys, b"\x03").unwrap();
    common::until("the interrupt", || !place.read("told").is_empty());
    place.write("go", "");
    drop(keys);
    assert_eq!(child.wait().unwrap().code(), Some(7), "what the command made of it is passed on");
    assert_eq!(place.read("told"), "once\n");
}
