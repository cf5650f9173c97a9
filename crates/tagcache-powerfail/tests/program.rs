//! The program itself: where the machine allows it the power is cut in earnest, elsewhere it says what is missing.

use std::process::{Command, Output};

fn powerfail(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_powerfail")).args(args).output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn three_states_of_ext4_are_inspected_or_skipped_with_a_reason() {
    let output =
        powerfail(&["--fs", "ext4", "--mode", "shutdown", "--durability", "invalidations", "--states", "3"]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let skipped = said.lines().find(|line| line.starts_with("SKIPPED: ext4"));
    match skipped {
        Some(reason) => println!("{reason}"),
        None => assert!(said.contains("3 of 3 states, 0 violations"), "{said}"),
    }
}

#[test]
fn a_missing_tool_is_a_skip_that_says_what_to_install_and_with_require_a_failure() {
    let without_tools = |args: &[&str]| {
        let args = [&["--fs", "xfs", "--states", "1"], args].concat();
        let mut command = Command::new(env!("CARGO_BIN_EXE_powerfail"));
        command.args(args).env("PATH", "/nowhere").output().expect("it starts")
    };
    let skipped = without_tools(&[]);
    let reason = said(&skipped);
    assert!(skipped.status.success(), "{reason}");
    assert!(
        reason.contains("SKIPPED: xfs") && (reason.contains("install") || reason.contains("root")),
        "{reason}"
    );
    assert!(!without_tools(&["--require"]).status.success());
}

#[test]
fn a_wrong_option_is_an_error_with_the_usage() {
    let output = powerfail(&["--help"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("usage: powerfail"));
}
