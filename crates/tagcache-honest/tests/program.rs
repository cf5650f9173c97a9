//! The program itself: what needs root is compared where there is root, and skipped with a reason elsewhere.

use std::process::{Command, Output};

fn honest(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_honest"));
    command.args(args);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_image_is_compared_or_skipped_with_a_reason() {
    let output = honest(&["--fs", "ext4-128", "--sequences", "20"]).output().expect("it starts");
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    match said.lines().find(|line| line.starts_with("SKIPPED: ext4-128: ")) {
        Some(reason) => println!("{reason}"),
        None => assert!(said.contains("ext4-128: 20 sequences agree"), "{said}"),
    }
}

#[test]
fn what_cannot_be_mounted_is_a_skip_and_with_require_a_failure() {
    let without_tools = |args: &[&str]| {
        let mut command = honest(&[&["--fs", "xfs", "--sequences", "1"], args].concat());
        command.env("PATH", "/nowhere").output().expect("it starts")
    };
    let skipped = without_tools(&[]);
    assert!(skipped.status.success(), "{}", said(&skipped));
    assert!(said(&skipped).contains("SKIPPED: xfs: "), "{}", said(&skipped));
    assert!(!without_tools(&["--require"]).status.success());
}

#[test]
fn a_wrong_option_is_an_error_with_the_usage() {
    for wrong in [&["--help"][..], &["--fs", "ext5"], &["--sequences", "many"], &["--seed"]] {
        let output = honest(wrong).output().expect("it starts");
        assert!(!output.status.success() && said(&output).contains("usage: honest"), "{wrong:?}");
    }
}
