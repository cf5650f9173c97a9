//! The whole thing, for seconds instead of hours: real processes, really killed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

use std::process::{Command, Output};

/// What the program says, and the directory that it used.
fn torture(args: &str) -> (Output, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_torture"));
    let output = program.args(args.split_whitespace()).arg("--root").arg(dir.path()).output().unwrap();
    (output, dir)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The number that stands before these words in the report.
fn number(report: &str, words: &str) -> u64 {
    let line = report.lines().find(|line| line.trim_start().ends_with(words));
    let line = line.unwrap_or_else(|| panic!("`{words}` should be in\n{report}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn hundreds_of_killed_processes_break_no_rule_and_leave_nothing_behind() {
    let (output, dir) = torture("--kills 300 --time 60s --round 1s");
    let report = said(&output);
    assert!(output.status.success(), "{report}");
    assert_eq!(number(&report, " violations"), 0);
    assert_eq!(number(&report, " leaks"), 0);
    assert!(number(&report, " kills") >= 100, "somebody should have died:\n{report}");
    assert!(
        number(&report, "fresh values read and checked") > 100,
        "something should have been read:\n{report}"
    );
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "a clean round is not kept");
}

/// Those of the lies that are seen at once; `--break all` tries all of them.
#[test]
fn a_lie_of_the_kernel_is_found_out() {
    let dead = ["I2 dead stays dead", "I3 an overlapping invalidation wins"];
    let left = ["that nobody holds", "poisoned"];
    for (lie, findings) in [("poison", dead), ("log", dead), ("soft", dead), ("links", dead), ("sweep", left)]
    {
        let (output, dir) = torture(&format!("--break {lie} --time 60s --round 1s"));
        let report = said(&output);
        assert_eq!(output.status.code(), Some(1), "{lie} should be found out:\n{report}");
        assert!(findings.iter().any(|finding| report.contains(finding)), "{lie} as {findings:?}:\n{report}");
        let rounds: Vec<_> = dir.path().read_dir().unwrap().collect();
        let [Ok(round)] = rounds.as_slice() else { panic!("one round is kept, and not {rounds:?}") };

        let story =
            Command::new(env!("CARGO_BIN_EXE_torture")).arg("story").arg(round.path()).output().unwrap();
        assert!(said(&story).contains("stored"), "the story of {lie} should tell of a value");
    }
}

#[test]
fn arguments_that_make_no_sense_are_answered_with_the_usage() {
    let (output, _dir) = torture("--kill 3");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("usage: torture"), "{}", said(&output));
}
