//! A process that does what it is told, one line at a time. The commands stand in the documentation of the library
//! beside it.

mod answers;
mod compute;
mod console;
mod forked;
mod hold;
mod session;
mod stops;

use std::env;
use std::path::PathBuf;

use session::Session;

fn main() {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    match (arguments.next(), arguments.next()) {
        (Some(root), Some(tally)) => Session::new(root, tally).run(),
        _ => console::say("error: it takes a root and a file to count computations in"),
    }
}
