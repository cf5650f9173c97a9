//! The program `tagcache`: a cache with tags for shells, scripts and cron jobs, and a window into the caches of programs
//! that use the library.
//!
//! It is a library only so that man pages and completions are made from the same definitions: [`command`]. What the
//! program does is told in `docs/CLI.md`, by `tagcache help`, and by its man pages.
//!
//! | file | what is decided there |
//! |---|---|
//! | `args.rs` | every command and option, with its help |
//! | `place.rs` | which directory, and how it is opened |
//! | `names.rs`, `units.rs`, `clock.rs` | keys and tags, times and sizes: as they are given, and as they are shown |
//! | `end.rs`, `out.rs` | the exit status, and what is written where |
//! | `commands/` | one file for each command |
//! | `run/` | the command `run`: `key` (which run is the same), `frames` (what a recorded run is), `replay` |
//! | | and of a command that is run: `live`, `ear`, `hold`, `signals`, `nested` |

mod args;
mod clock;
mod commands;
mod end;
mod input;
mod names;
mod out;
mod place;
mod progress;
mod run;
mod units;

use std::process::ExitCode;

/// All commands and options, for whoever writes man pages or completions.
#[must_use]
pub fn command() -> clap::Command {
    args::command()
}

/// Reads the arguments, does what they say, and tells how it ended.
#[must_use]
pub fn main() -> ExitCode {
    match args::parse() {
        Ok(cli) => commands::dispatch(&cli),
        Err(code) => code,
    }
}
