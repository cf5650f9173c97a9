//! The budgets of the kernel's own count: what `strace` sees of a hit, a miss and a put.

use std::fs;
use std::process::{Command, Stdio};

/// The calls that a hit from disk makes, in order; each by all the names that a C library has for it.
const HIT: [&[&str]; 4] = [&["openat", "openat2"], &["fstat", "newfstatat", "statx"], &["read"], &["close"]];

/// The calls of a put with two tags over a missing key, whose folders are there.
const PUT_BUDGET: usize = 11 + 2;

#[test]
fn a_hit_is_four_calls_a_miss_is_one_and_a_put_keeps_its_budget() {
    let Some(trace) = trace() else { return };
    let hit = calls(&trace, "hit", "miss");
    assert_eq!(hit.len(), HIT.len(), "a hit: {hit:?}");
    for (call, names) in hit.iter().zip(HIT) {
        assert!(names.contains(&call.as_str()), "a hit should make one of {names:?} here: {hit:?}");
    }
    let miss = calls(&trace, "miss", "done");
    assert_eq!(miss.len(), 1, "a miss: {miss:?}");
    assert!(HIT[0].contains(&miss[0].as_str()), "a miss opens a file and does no more: {miss:?}");
    let put = calls(&trace, "put", "hit");
    assert!(put.len() <= PUT_BUDGET, "a put should make at most {PUT_BUDGET} calls: {put:?}");
}

/// The trace of the program, one call a line; `None` where nothing can be traced.
#[expect(
    clippy::print_stdout,
    reason = "whoever reads the log of a test run should know that this was skipped"
)]
fn trace() -> Option<String> {
    match Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status() {
        Err(_) => {
            println!("SKIPPED: strace is not installed");
            return None;
        }
        Ok(status) if !status.success() => {
            println!("SKIPPED: strace may not trace here");
            return None;
        }
        Ok(_) => {}
    }
    let dir = tempfile::tempdir().expect("a place for temporary files");
    let file = dir.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&file)
        .arg(env!("CARGO_BIN_EXE_traced"))
        .arg(dir.path().join("root"))
        .stderr(Stdio::null())
        .status()
        .expect("strace, which ran a moment ago");
    assert!(status.success(), "the traced program should succeed: {status}");
    Some(fs::read_to_string(file).expect("the trace that strace wrote"))
}

/// The names of the calls between two marks.
fn calls(trace: &str, from: &str, to: &str) -> Vec<String> {
    let is_mark = |line: &str, name: &str| line.contains(&format!("write(2, \"traced {name}"));
    let between = trace.lines().skip_while(|line| !is_mark(line, from)).skip(1);
    let mut ended = false;
    let names = between
        .take_while(|line| {
            ended = is_mark(line, to);
            !ended
        })
        .filter(|line| !is_debug_check(line))
        .map(name_of_call)
        .collect();
    assert!(ended, "the mark `{to}` should follow the mark `{from}` in\n{trace}");
    names
}

/// `1234 openat(3, …` is a call of `openat`.
fn name_of_call(line: &str) -> String {
    let call = line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    call.split('(').next().unwrap_or_default().to_owned()
}

/// In debug builds the standard library looks whether a descriptor is open before it closes it.
fn is_debug_check(line: &str) -> bool {
    cfg!(debug_assertions) && line.contains(" fcntl(") && line.contains("F_GETFD")
}
