//! Lines in, lines out.

use std::fmt::Display;
use std::io::{self, Write};
use std::process;

/// The next command. Without one the test is over, and so is this process.
pub(crate) fn hear() -> String {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => process::exit(0),
        Ok(_) => line,
    }
}

/// Answers. Nobody to hear it means that the test is over.
pub(crate) fn say(answer: impl Display) {
    let mut stdout = io::stdout().lock();
    if writeln!(stdout, "{answer}").and_then(|()| stdout.flush()).is_err() {
        process::exit(0);
    }
}
