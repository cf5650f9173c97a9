//! `run`: what is replayed, when the command is run, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::process::Stdio;

use common::{Ended, Place, until};

#[test]
fn output_errors_and_status_are_replayed_and_the_command_is_run_once() {
    let place = Place::new();
    for _ in 0..2 {
        let ended = place.counted("", "printf out; printf err >&2; printf ' more'");
        assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "out more", "err"));
    }
    assert_eq!(place.runs(), 1);
    assert_eq!(place.line("ls").out.lines().count(), 1, "it is an entry like any other");
    let key = place.line("ls").out.trim_end().to_owned();
    assert_eq!(place.run(["get", "-e", &key]).quietly(0).out, "out more", "get gives its standard output");
}

#[test]
fn the_pieces_of_both_streams_come_in_the_order_in_which_they_were_written() {
    let place = Place::new();
    // Each piece is written when the one before it was heard.
    let heard = |piece| format!("until grep -q {piece} both; do sleep 0.01; done");
    let script = format!("echo 1; {}; echo 2 >&2; {}; echo 3", heard(1), heard(2));
    for _ in 0..2 {
        // Both streams into one file, in the order in which they come.
        let file = std::fs::File::create(place.path("both")).unwrap();
        let mut command = place.command(place.counted_args("", &script));
        let status = command.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
        assert!(status.success());
        assert_eq!(place.read("both"), "1\n2\n3\n");
    }
    assert_eq!(place.runs(), 1);
}

#[test]
fn a_failure_is_passed_on_and_not_stored_unless_asked() {
    let place = Place::new();
    for _ in 0..2 {
        assert_eq!(place.counted("", "echo no; exit 7").quietly(7).out, "no\n");
    }
    assert_eq!(place.runs(), 2);
    for _ in 0..2 {
        assert_eq!(place.counted("--cache-failures", "echo no; exit 9").quietly(9).out, "no\n");
    }
    assert_eq!(place.runs(), 3);
}

#[test]
fn a_command_that_cannot_be_run_ends_as_in_a_shell() {
    let place = Place::new();
    place.line("run -- no-such-command").saying(127, "cannot run no-such-command: No such file");
    place.write("text", "no program");
    place.line("run -- ./text").saying(126, "cannot run ./text: Permission denied");
    place.line("run -- /").saying(126, "cannot run /");
    place.line("run -- ./text/below").saying(126, "cannot run ./text/below: Not a directory");
    std::os::unix::fs::symlink("loop", place.path("loop")).unwrap();
    place.line("run -- ./loop").saying(126, "cannot run ./loop: Too many levels");
    place.line("run --nonsense -- true").saying(125, "--nonsense");
    place.line("run").saying(125, "CMD");
    place.line("run --file missing -- true").saying(125, "cannot read missing");
    place.run(["run", "--key", "", "--", "true"]).saying(125, "a key must have at least one byte");
    place.line("run -x soon -- true").saying(125, "is no time");
    place
        .run(["run", "--env", "", "--", "true"])
        .saying(125, "--env takes only the name of a variable; its value is");
    let given = place.line("run --env TOKEN=secret -- true");
    assert!(!given.err.contains("secret"), "an error is no place for it either: {}", given.err);
    given.saying(
        125,
        "takes only the name of a variable (--env TOKEN); its value is read from the environment",
    );
    assert_eq!(place.line("ls").out, "", "none of it is in the cache");
    assert_eq!(place.line("run --help").quietly(0).out.lines().next(), Some(RUN_HELP));
}

const RUN_HELP: &str = "Run a command, or replay what it wrote and how it exited the last time";

#[test]
fn what_the_output_depends_on_is_part_of_the_key() {
    let place = Place::new();
    let run = |options: &str, lang: &str| {
        let args = place.counted_args(options, "echo $LANG; cat data");
        Ended::of(place.command(args).env("LANG", lang).output().unwrap()).quietly(0).out
    };
    place.write("data", "1");
    assert_eq!((run("", "C"), run("", "fr")), (String::from("C\n1"), String::from("C\n1")));
    assert_eq!(
        (run("--env LANG", "C"), run("--env LANG", "fr")),
        (String::from("C\n1"), String::from("fr\n1"))
    );
    assert_eq!(run("--file data", "C"), "C\n1");
    place.write("data", "2");
    assert_eq!((run("", "C"), run("--file data", "C")), (String::from("C\n1"), String::from("C\n2")));
    let runs = place.runs();
    let in_dir = |dir: &str| {
        std::fs::create_dir_all(place.path(dir)).unwrap();
        let mut command = place.command(["run", "--cwd", "--", "pwd"]);
        Ended::of(command.current_dir(place.path(dir)).output().unwrap()).quietly(0).out
    };
    assert_ne!(in_dir("a"), in_dir("b"));
    // The order in which they are given is no matter.
    run("--env LANG --env HOME", "C");
    run("--env HOME --env LANG", "C");
    assert_eq!(place.runs(), runs + 1);
    let keys = place.line("ls").quietly(0).out;
    assert!(
        keys.contains("--env LANG=sha256:") && !keys.contains("LANG=fr"),
        "no value stands in it: {keys}"
    );
}

#[test]
fn a_time_that_was_taken_for_the_command_is_told_with_how_it_is_written() {
    let place = Place::new();
    let hint = "write --stale-while-refresh=1h";
    place.line("run --stale-while-refresh 1h -- true").saying(127, hint);
    place.line("--root /proc/none run --stale-while-refresh 1h -- true").saying(127, hint);
    for line in ["run --stale-while-refresh -- no-such-command", "run -- 1h"] {
        let ended = place.line(line);
        assert!(ended.code == Some(127) && !ended.err.contains("write --"), "{line}: {ended:?}");
    }
    place.write("1h", "");
    place.line("run --stale-while-refresh ./1h").saying(126, "cannot run ./1h: Permission denied");
}

#[test]
fn a_key_of_ones_own_stands_for_any_command_line() {
    let place = Place::new();
    assert_eq!(place.line("run --key report -- echo one").quietly(0).out, "one\n");
    assert_eq!(place.line("run --key report -- echo two").quietly(0).out, "one\n");
    assert_eq!(place.line("ls").quietly(0).out, "report\n");
    place.line("invalidate --key report").quietly(0);
    assert_eq!(place.line("run --key report -- echo two").quietly(0).out, "two\n");
}

#[test]
fn tags_expiry_and_force_say_when_it_is_run_again() {
    let place = Place::new();
    place.counted("--tag git -x 1h", "date +%N").quietly(0);
    place.counted("--tag git -x 1h", "date +%N").quietly(0);
    assert_eq!(place.runs(), 1);
    place.line("invalidate --tag git").quietly(0);
    place.counted("--tag git -x 1h", "date +%N").quietly(0);
    assert_eq!(place.runs(), 2);
    let forced = place.counted("--tag git -x 1h --force", "date +%N").quietly(0).out;
    assert_eq!(place.runs(), 3);
    assert_eq!(place.counted("--tag git", "date +%N").quietly(0).out, forced, "what was forced is stored");
    place.counted("-x 0s", "true").quietly(0);
    place.counted("-x 0s", "true").quietly(0);
    assert_eq!(place.runs(), 5);
}

#[test]
fn concurrent_runs_of_one_key_run_the_command_once() {
    let place = Place::new();
    let args = place.counted_args("", "echo begin; while [ ! -e go ]; do sleep 0.02; done; echo end");
    let start = || place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = start();
    until("the first run", || place.runs() == 1);
    let others: Vec<_> = (0..8).map(|_| start()).collect();
    place.write("go", "");
    for child in others.into_iter().chain([first]) {
        assert_eq!(Ended::of(child.wait_with_output().unwrap()).quietly(0).out, "begin\nend\n");
    }
    assert_eq!(place.runs(), 1);
}

#[test]
fn who_waits_for_a_run_that_fails_runs_the_command_itself() {
    let place = Place::new();
    let args = place.counted_args("", "while [ ! -e go ]; do sleep 0.02; done; exit $(wc -l < runs)");
    let start = || place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (first, second) = (start(), start());
    until("the first run", || place.runs() == 1);
    place.write("go", "");
    let ended = [first, second].map(|child| Ended::of(child.wait_with_output().unwrap()).code);
    let mut codes = ended.map(Option::unwrap);
    codes.sort_unstable();
    assert_eq!(codes, [1, 2]);
}

#[test]
fn who_will_not_wait_so_long_runs_it_side_by_side() {
    let place = Place::new();
    let args = place.counted_args("--wait 1ms", "while [ ! -e go ]; do sleep 0.02; done; echo end");
    let start = || place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = start();
    until("the first run", || place.runs() == 1);
    let second = start();
    until("the second run", || place.runs() == 2);
    place.write("go", "");
    for child in [first, second] {
        assert_eq!(Ended::of(child.wait_with_output().unwrap()).quietly(0).out, "end\n");
    }
}

#[test]
fn big_output_streams_while_it_is_produced_and_is_replayed_whole() {
    let place = Place::new();
    let script = "echo first; while [ ! -e go ]; do sleep 0.02; done; head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2";
    let mut child = place
        .command(place.counted_args("", script))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert_eq!(line, "first\n", "it is heard while the command runs");
    place.write("go", "");
    assert_eq!(std::io::copy(&mut out, &mut std::io::sink()).unwrap(), 3_000_000);
    assert!(child.wait().unwrap().success());
    let replayed = place.counted("", script);
    assert_eq!((replayed.raw.len(), replayed.err.len(), place.runs()), (3_000_006, 2_000_000, 1));
}

#[test]
fn the_command_reads_nothing_and_knows_where_it_is() {
    let place = Place::new();
    assert_eq!(place.feed("run -- cat", "this is in no key").quietly(0).out, "");
    let out = place.run(["run", "--", "sh", "-c", "pwd -P; echo $TAGCACHE_ROOT"]).quietly(0).out;
    assert!(out.contains(place.root().to_str().unwrap()), "{out}");
}

#[test]
fn an_old_output_is_replayed_at_once_and_refreshed_behind() {
    let place = Place::new();
    let run = || place.counted("--key k -x 1h --stale-while-refresh", "cat data");
    place.write("data", "old");
    assert_eq!(run().quietly(0).out, "old");
    place.write("data", "new");
    place.line("invalidate --key k --soft").quietly(0);
    assert_eq!(run().quietly(0).out, "old", "at once");
    until("the refresh", || place.line("get k").out == "new");
    assert_eq!((run().quietly(0).out, place.runs()), (String::from("new"), 2));
}

#[test]
fn without_being_asked_for_an_old_output_is_not_replayed() {
    let place = Place::new();
    place.write("data", "old");
    place.line("run --key k -- cat data").quietly(0);
    place.write("data", "new");
    place.line("invalidate --key k --soft").quietly(0);
    assert_eq!(place.line("run --key k -- cat data").quietly(0).out, "new");
    place.line("run --key k -x 1h --stale-while-refresh=0s --force -- cat data").quietly(0);
    place.write("data", "newer");
    place.line("invalidate --key k --soft").quietly(0);
    let out = place.line("run --key k --stale-while-refresh=0s -- cat data").quietly(0).out;
    assert_eq!(out, "newer", "nor after the time that was given");
}

#[test]
fn an_old_output_stands_in_for_a_failure_and_nothing_of_the_failure_is_heard() {
    let place = Place::new();
    let script = "cat data || { echo half; exit 5; }";
    let run = |options: &str| place.counted(&format!("--key k {options}"), script);
    place.write("data", "old");
    assert_eq!(run("--stale-if-error 1h").quietly(0).out, "old");
    std::fs::remove_file(place.path("data")).unwrap();
    place.line("invalidate --key k --soft").quietly(0);
    let stood_in = run("--stale-if-error 1h");
    assert_eq!((stood_in.code, stood_in.out.as_str()), (Some(0), "old"));
    assert!(stood_in.err.contains("failed with status 5; this is its old output"), "{}", stood_in.err);
    let held_off = run("--stale-if-error 1h");
    assert_eq!((held_off.code, held_off.out.as_str()), (Some(0), "old"));
    assert_eq!(run("--quiet --stale-if-error 1h").quietly(0).out, "old");
    let raised = run("--force");
    assert_eq!(
        (raised.code, raised.out.as_str()),
        (Some(5), "half\n"),
        "who demands a new one hears the failure"
    );
    place.line("invalidate --key k").quietly(0);
    let raised = run("--stale-if-error 1h");
    assert_eq!(
        (raised.code, raised.out.as_str()),
        (Some(5), "half\n"),
        "what was invalidated never stands in"
    );
}

#[test]
fn a_success_that_was_held_back_is_heard_and_stored() {
    let place = Place::new();
    let run = || place.counted("--key k --stale-if-error 1h", "cat data; echo note >&2");
    place.write("data", "old");
    run();
    place.write("data", vec![b'n'; 3 << 20]);
    place.line("invalidate --key k --soft").quietly(0);
    for _ in 0..2 {
        let ended = run();
        assert_eq!((ended.code, ended.raw.len(), ended.err.as_str()), (Some(0), 3 << 20, "note\n"));
    }
    assert_eq!(place.runs(), 2);
}

#[test]
fn a_cache_that_cannot_be_used_keeps_no_command_from_running() {
    let place = Place::new();
    place.write("cache", "a file in the place of the cache");
    let ended = place.counted("", "echo out; exit 3");
    assert_eq!((ended.code, ended.out.as_str()), (Some(3), "out\n"));
    assert!(ended.err.contains("running without a cache"), "{}", ended.err);
    place.counted("--quiet", "exit 4").quietly(4);
    place.line("get k").saying(2, "is not a cache");
}

#[test]
fn a_disk_that_takes_no_more_keeps_nobody_from_the_output() {
    let place = Place::new();
    place.line("run -- true").quietly(0);
    // A limit on the size of files is met as a full disk is: in the middle of a write.
    let limited = "trap '' XFSZ; ulimit -f 100; exec \"$0\" run --key large -- head -c 3000000 /dev/zero";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_tagcache")]).env("TAGCACHE_ROOT", place.root());
    let ended = Ended::of(shell.stdin(Stdio::null()).output().unwrap());
    assert_eq!((ended.code, ended.raw.len()), (Some(0), 3_000_000), "{}", ended.err);
    assert!(ended.err.contains("not stored: ") && ended.err.contains("File too large"), "{}", ended.err);
    place.line("get large").quietly(1);
    let left = common::files_below(&place.root().join("tmp"));
    assert!(left.is_empty(), "something is left of it: {left:?}");
}

#[test]
fn a_record_that_is_damaged_is_told_and_the_command_is_run() {
    let place = Place::new();
    place.line("run --key k -- echo one").quietly(0);
    let path = place.entry("k");
    let expiry = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len() - 6;
    bytes[end] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(expiry).unwrap();
    let ended = place.line("run --key k -- echo two");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "two\n"));
    assert!(ended.err.contains("the stored output is damaged"), "{}", ended.err);
    assert_eq!(place.line("run --key k -- echo three").quietly(0).out, "two\n");
}

#[test]
fn a_reader_that_is_gone_stops_the_command_as_it_would_without_us_and_nothing_is_stored() {
    let place = Place::new();
    let args = place.counted_args("", "while echo line; do :; done");
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut out, &mut [0; 5]).unwrap();
    drop(out);
    let ended = Ended::of(child.wait_with_output().unwrap());
    // The shell is killed, or its echo fails, as the shell has it.
    assert!(matches!(ended.code, Some(0 | 1 | 141)), "{ended:?}");
    assert_eq!(place.line("ls").out, "", "half of an output is none");
    // A replay to nobody is done.
    place.counted("", "head -c 1000000 /dev/zero").quietly(0);
    let args = place.counted_args("", "head -c 1000000 /dev/zero");
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Ended::of(child.wait_with_output().unwrap()).quietly(0);
}

/// `run` with its standard output to a device that is always full.
fn to_a_full_disk(place: &Place, line: &str) -> Ended {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = place.command(line.split(' '));
    Ended::of(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
}

const FULL: &str = "tagcache: cannot write to standard output: No space left on device";

#[test]
fn output_that_cannot_be_written_is_a_failure_on_a_miss_and_on_a_hit() {
    let place = Place::new();
    for line in ["run --key k -- echo hi", "run --key k -- head -c 300000 /dev/zero"] {
        for _ in 0..2 {
            to_a_full_disk(&place, line).saying(125, FULL);
        }
        assert_eq!(place.line("ls").out, "", "what the caller has not heard may not be all");
        place.line(line).quietly(0);
        to_a_full_disk(&place, line).saying(125, FULL);
        to_a_full_disk(&place, &line.replace("run", "run --quiet")).saying(125, FULL);
        place.line("invalidate --key k --soft").quietly(0);
        to_a_full_disk(&place, &line.replace("run", "run --stale-if-error 1h")).saying(125, FULL);
        place.line("invalidate --key k").quietly(0);
    }
    place.write("cache2", "no cache");
    to_a_full_disk(&place, "--root cache2 run -- echo hi").saying(125, FULL);
    to_a_full_disk(&place, "--help").saying(2, FULL);
    to_a_full_disk(&place, "--version").saying(2, FULL);
    to_a_full_disk(&place, "run --help").saying(125, FULL);
}

#[test]
fn a_standard_output_that_does_not_block_is_waited_for() {
    let place = Place::new();
    let line = "run -- head -c 300000 /dev/zero";
    for _ in 0..2 {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut child =
            place.command(line.split(' ')).stdout(std::os::fd::OwnedFd::from(theirs)).spawn().unwrap();
        // Long enough for it to be full before anybody reads.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let mut read = Vec::new();
        std::io::Read::read_to_end(&mut &ours, &mut read).unwrap();
        assert_eq!((read.len(), child.wait().unwrap().code()), (300_000, Some(0)));
    }
}

#[test]
fn what_cannot_be_held_back_is_heard_and_stored() {
    let place = Place::new();
    place.line("run --key k -- echo old").quietly(0);
    place.line("invalidate --key k --soft").quietly(0);
    let script = "echo note >&2; head -c 3000000 /dev/zero; exit $(cat status)";
    let run = |status: &str| {
        place.write("status", status);
        let args = place.counted_args("--key k --stale-if-error 1h", script);
        Ended::of(place.command(args).env("TMPDIR", "/nonexistent").output().unwrap())
    };
    let failed = run("3");
    assert_eq!((failed.code, failed.raw.len()), (Some(3), 3_000_000), "{}", failed.err);
    assert!(failed.err.contains("note\n") && failed.err.contains("was not held back"), "{}", failed.err);
    let succeeded = run("0");
    assert_eq!((succeeded.code, succeeded.raw.len()), (Some(0), 3_000_000), "{}", succeeded.err);
    let replayed = run("0");
    assert_eq!((replayed.code, replayed.err.as_str()), (Some(0), "note\n"));
    assert_eq!((replayed.raw.len(), place.runs()), (3_000_000, 2));
}

#[test]
fn a_refresh_that_fails_is_not_tried_again_at_once() {
    let place = Place::new();
    let run = || place.counted("--key k --stale-while-refresh=1h", "cat data");
    place.write("data", "old");
    assert_eq!(run().quietly(0).out, "old");
    std::fs::remove_file(place.path("data")).unwrap();
    place.line("invalidate --key k --soft").quietly(0);
    let began = std::time::Instant::now();
    let mut calls = 0;
    until("calls enough", || {
        assert_eq!(run().quietly(0).out, "old", "nobody is told of it");
        calls += 1;
        calls >= 20 && place.runs() > 1
    });
    // The first run, a refresh, and one more after each second.
    let most = 2 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(place.runs() <= most, "{} runs for {calls} calls", place.runs());
    place.write("data", "new");
    until("a refresh that succeeds", || run().quietly(0).out == "new");
}

#[test]
fn a_command_that_asks_for_its_own_output_is_told_so_and_waits_for_nobody() {
    let place = Place::new();
    std::fs::create_dir(place.path("bin")).unwrap();
    // In the place of the command, which it calls by the same name.
    let shim =
        place.write("bin/foo", format!("#!/bin/sh\nexec {} run -- foo\n", env!("CARGO_BIN_EXE_tagcache")));
    std::fs::set_permissions(&shim, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = place.command(["run", "--", "foo"]);
    let ended = Ended::of(command.env("PATH", path).output().unwrap());
    ended.saying(125, "the command asks for its own output");
    // Other keys in between, and an output of its own that is there already.
    let program = env!("CARGO_BIN_EXE_tagcache");
    let below = |key: &str, rest: &str| format!("{program} run --key {key} -- {rest}");
    let deep = below("a", &below("b", &below("a", "echo reached")));
    place.run(deep.split(' ').skip(1)).saying(125, "the command asks for its own output");
    place.line("run --key a -- echo there").quietly(0);
    let forced = deep.replacen("--key a", "--key a --force", 1);
    assert_eq!(place.run(forced.split(' ').skip(1)).quietly(0).out, "there\n");
}

#[test]
fn a_refresh_behind_keeps_nothing_of_the_caller_open() {
    let place = Place::new();
    let script = "for i in $(seq 500); do [ -e go ] && break; sleep 0.02; done; cat data; echo >> ended";
    let args = place.counted_args("--key k --stale-while-refresh", script);
    place.write("go", "");
    place.write("data", "old");
    assert_eq!(place.run(&args).quietly(0).out, "old");
    place.write("data", "new");
    std::fs::remove_file(place.path("go")).unwrap();
    place.line("invalidate --key k --soft").quietly(0);
    // The seventh descriptor is that of a pipe, which has ended when everybody has closed it.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 7>&1", env!("CARGO_BIN_EXE_tagcache")]).args(&args);
    shell.current_dir(place.path("")).env("TAGCACHE_ROOT", place.root()).stdin(Stdio::null());
    assert_eq!(Ended::of(shell.output().unwrap()).quietly(0).out, "old");
    assert_eq!(place.read("ended"), "\n", "the refresh goes on");
    place.write("go", "");
    until("the refresh", || place.line("get k").out == "new");
}
