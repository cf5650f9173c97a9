//! What is sent to `run` reaches the command, and what it does about it is passed on.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use common::{Ended, Place, signal, until};
use nix::sys::signal::Signal;

fn start(place: &Place, script: &str) -> Child {
    let args = place.counted_args("", script);
    let child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the command", || place.read("ready") == "ready\n");
    child
}

#[test]
fn a_signal_that_is_sent_to_us_reaches_the_command_which_does_what_it_likes() {
    for (which, name) in [
        (Signal::SIGTERM, "TERM"),
        (Signal::SIGINT, "INT"),
        (Signal::SIGHUP, "HUP"),
        (Signal::SIGQUIT, "QUIT"),
        (Signal::SIGUSR1, "USR1"),
        (Signal::SIGUSR2, "USR2"),
    ] {
        let place = Place::new();
        let script =
            format!("trap 'echo {name}; exit 0' {name}; echo ready > ready; while :; do sleep 0.02; done");
        let child = start(&place, &script);
        signal(&child, which);
        let ended = Ended::of(child.wait_with_output().unwrap()).quietly(0);
        assert_eq!(ended.out, format!("{name}\n"));
        assert_eq!(
            place.run(place.counted_args("", &script)).quietly(0).out,
            ended.out,
            "it exited with 0: stored"
        );
    }
}

#[test]
fn a_command_that_dies_of_a_signal_is_told_as_in_a_shell_and_not_stored() {
    let place = Place::new();
    let child = start(&place, "echo half; echo ready > ready; exec sleep 1000");
    signal(&child, Signal::SIGTERM);
    assert_eq!(Ended::of(child.wait_with_output().unwrap()).quietly(143).out, "half\n");
    let killed = place.run(["run", "--cache-failures", "--", "sh", "-c", "kill -KILL $$"]).quietly(137);
    assert_eq!(killed.out, "");
    assert_eq!(place.line("ls").out, "", "also where failures are stored");
}

#[test]
fn who_is_interrupted_is_told_so_and_no_old_output_stands_in() {
    for (script, code) in
        [("exec sleep 1000", 128), ("trap 'exit 3' TERM INT HUP QUIT; while :; do sleep 0.02; done", 3)]
    {
        for which in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT] {
            let place = Place::new();
            place.line("run --key k -- echo old").quietly(0);
            place.line("invalidate --key k --soft").quietly(0);
            let script = format!("trap '' USR1; ulimit -c 0; echo half; echo ready > ready; {script}");
            let args = ["run", "--key", "k", "--stale-if-error", "1h", "--", "sh", "-c", &script];
            let child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            until("the command", || place.read("ready") == "ready\n");
            signal(&child, which);
            let code = if code == 128 { 128 + which as i32 } else { code };
            assert_eq!(Ended::of(child.wait_with_output().unwrap()).quietly(code).out, "half\n", "{which}");
            let next = place.line("run --key k --stale-if-error 1h -- echo new").quietly(0).out;
            assert_eq!(next, "new\n", "it is no failure for which the next one would hold off");
        }
    }
}

#[test]
fn who_sends_a_signal_does_not_wait_for_what_the_command_has_started() {
    let cases =
        [("true", "wait", [143, 143]), ("trap 'exit 4' TERM", "wait", [4, 4]), ("true", "true", [0, 143])];
    for (begin, end, codes) in cases {
        let place = Place::new();
        let script = format!("{begin}; sleep 60 & echo $! > sleeper; echo half; echo ready > ready; {end}");
        let child = start(&place, &script);
        signal(&child, Signal::SIGTERM);
        let ended = Ended::of(child.wait_with_output().unwrap());
        let sleeper = nix::unistd::Pid::from_raw(place.read("sleeper").trim().parse().unwrap());
        nix::sys::signal::kill(sleeper, Signal::SIGKILL).expect("it sleeps on");
        assert!(
            codes.map(Some).contains(&ended.code) && ended.out.starts_with("half\n"),
            "{begin}; {end}: {ended:?}"
        );
        assert_eq!(place.line("ls").out, "", "{begin}; {end}: what is not all is not stored");
    }
}

#[test]
fn what_the_command_wrote_before_a_signal_is_heard_also_by_a_slow_reader() {
    let place = Place::new();
    // Our pipe is full, we cannot write the next byte, and the rest is in the command's pipe when the command ends.
    let script = "head -c 65536 /dev/zero; sleep 0.1; printf x; sleep 0.1; head -c 40000 /dev/zero; \
                  echo ready > ready; exec sleep 1000";
    let child = start(&place, script);
    signal(&child, Signal::SIGTERM);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.raw.len()), (Some(143), 105_537));
}

#[test]
fn what_we_were_started_with_as_ignored_the_command_ignores_too() {
    let place = Place::new();
    let script = "echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; echo alive";
    let args = place.counted_args("", script);
    let mut outer = std::process::Command::new("sh");
    outer.args(["-c", "trap '' HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_tagcache")]).args(args);
    outer.current_dir(place.path("")).env("TAGCACHE_ROOT", place.root()).process_group(0);
    let child = outer.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the command", || place.read("ready") == "ready\n");
    let group = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    // As a terminal does that is closed: the whole group.
    nix::sys::signal::killpg(group, Signal::SIGHUP).unwrap();
    place.write("go", "");
    assert_eq!(Ended::of(child.wait_with_output().unwrap()).quietly(0).out, "alive\n");
}

#[test]
fn a_run_that_is_killed_leaves_nothing_and_the_next_one_goes_on() {
    let place = Place::new();
    let child =
        start(&place, "echo half; echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; echo end");
    signal(&child, Signal::SIGKILL);
    assert_eq!(child.wait_with_output().unwrap().status.code(), None);
    place.write("go", "");
    let args = place
        .counted_args("", "echo half; echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; echo end");
    assert_eq!(place.run(&args).quietly(0).out, "half\nend\n");
    assert_eq!(place.runs(), 2);
    let swept: serde_json::Value = serde_json::from_str(&place.line("sweep --json").quietly(0).out).unwrap();
    assert_eq!((swept["drafts"].as_u64(), swept["kept"].as_u64()), (Some(1), Some(1)), "its draft is swept");
}

#[test]
fn a_signal_that_is_not_passed_on_ends_us_and_leaves_the_command_running() {
    let place = Place::new();
    let child = start(&place, "echo ready > ready; while [ ! -e go ]; do sleep 0.02; done; echo end > ended");
    signal(&child, Signal::SIGALRM);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, place.read("ended").as_str()), (None, ""), "{ended:?}");
    place.write("go", "");
    until("the end of the command", || place.read("ended") == "end\n");
}
