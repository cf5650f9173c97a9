//! One file for each command.

mod damage;
mod doctor;
mod get;
mod inspect;
mod invalidate;
mod list;
mod path;
pub(crate) mod policy;
mod preview;
mod put;
mod refusal;
mod stats;
mod sweep;
mod verify;

use std::process::ExitCode;

use crate::args::{Cli, Verb};
use crate::end::{DONE, ERROR, Outcome};
use crate::out::{Out, tell};
use crate::run;

pub(crate) fn dispatch(cli: &Cli) -> ExitCode {
    let outcome = match &cli.verb {
        // It has statuses of its own.
        Verb::Run(args) => return ExitCode::from(run::run(cli, args)),
        Verb::Put(args) => put::put(cli, args),
        Verb::Get(args) => get::get(cli, args),
        Verb::Invalidate(args) => invalidate::invalidate(cli, args),
        Verb::Ls(args) => list::ls(cli, args),
        Verb::Tags(args) => list::tags(cli, args),
        Verb::Inspect(args) => inspect::inspect(cli, args),
        Verb::Path(args) => path::path(cli, args),
        Verb::Stats(args) => stats::stats(cli, args),
        Verb::Sweep(args) => sweep::sweep(cli, args),
        Verb::Verify(args) => verify::verify(cli, args),
        Verb::Doctor(args) => doctor::doctor(cli, args),
        Verb::Completions { shell } => completions(*shell),
    };
    ExitCode::from(match outcome {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe => DONE,
        Err(failure) => {
            tell(failure.message);
            ERROR
        }
    })
}

fn completions(shell: clap_complete::Shell) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut crate::args::command(), "tagcache", &mut text);
    let mut out = Out::new();
    out.bytes(&text)?;
    out.finish()?;
    Ok(DONE)
}
