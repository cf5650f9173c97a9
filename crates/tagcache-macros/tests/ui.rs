//! What a mistake in the attribute is answered with: each `ui/*.rs` has mistakes of one kind, the `.stderr` beside it the
//! answers, with the place that each points at.
//!
//! After a change that is meant, `TRYBUILD=overwrite cargo test -p tagcache-macros --test ui` writes them anew.

use std::process::Command;

/// The answers in `types.rs` and `lints.rs` are the compiler's own, and each release may put them in other words.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn a_mistake_is_answered_where_it_stands() {
    let cases = trybuild::TestCases::new();
    for ours in ["options", "key", "function"] {
        cases.compile_fail(format!("tests/ui/{ours}.rs"));
    }
    if compiler_is(WRITTEN_WITH) {
        cases.compile_fail("tests/ui/types.rs");
        cases.compile_fail("tests/ui/lints.rs");
    } else {
        println!(
            "tests/ui/types.rs and lints.rs are left out: their answers were taken from {WRITTEN_WITH}x"
        );
    }
}

fn compiler_is(version: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().expect("the compiler that built this");
    String::from_utf8_lossy(&said.stdout).starts_with(version)
}
