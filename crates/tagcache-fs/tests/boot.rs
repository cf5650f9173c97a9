//! The identity of the boot. A program of its own, since that identity is remembered by the whole process.

use std::env;
use std::fs::{self, File};
use std::process::Command;

use tagcache_fs::Os;
use tagcache_fs::sys::Env;

const STARVED: &str = "TAGCACHE_TEST_STARVED";

/// The story: under `torture --files 64` a process asked for its boot for the first time when it had no descriptor left,
/// was given an identity of its own in place of it, and remembered that. For the rest of its life every value of a
/// volatile root was to it one of another boot: a miss, and for its sweeps something to remove.
#[test]
fn a_process_that_was_out_of_descriptors_learns_its_boot_later() {
    if env::var_os(STARVED).is_some() {
        return learn_late();
    }
    // The limit is for a child, so that it cannot harm the other threads of this test.
    let program = env::current_exe().expect("a test is a program");
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 40 && exec \"$0\" --test-threads=1"]).arg(program).env(STARVED, "yes");
    let status = shell.status().expect("there is a shell");
    assert!(status.success(), "the child says why");
}

fn learn_late() {
    let eaten: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let starved = Os.boot_id();
    drop(eaten);
    assert_ne!(starved, [0; 16], "zero would be trusted over a reboot");

    let learned = Os.boot_id();
    let Ok(text) = fs::read_to_string("/proc/sys/kernel/random/boot_id") else {
        return assert_eq!(learned, starved, "without a boot identity it is that of the process, always");
    };
    let hex: String = learned.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, text.trim().replace('-', ""), "it should not remember what it said while it was starved");
    assert_eq!(Os.boot_id(), learned, "and it should remember this");
}
