//! Every command and option. The help, the man pages and the completions are made of this.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::end::{self, Failure, RUN_FAILED};
use crate::out::tell;
use crate::units::{duration, size};

const AFTER_HELP: &str = "\
Exit status: 0 done or hit, 1 miss or nothing matched, 2 error or wrong usage. \
`tagcache run` exits as the command did, with 125 when it failed itself, 126 when the command cannot be executed and 127 \
when it is not found.";

const JSON: &str = "As JSON, one object a line; schemas/COMMAND.json tells its form";

/// What the statuses of a command mean, under its own help.
mod exits {
    pub(super) const PUT: &str =
        "Exit status: 0 stored, 1 an invalidation came meanwhile, 2 an error or wrong usage.";
    pub(super) const GET: &str =
        "Exit status: 0 a hit, 1 a miss (a damaged entry is one, and told), 2 an error or wrong usage.";
    pub(super) const RUN: &str = "\
Exit status: that of the command, or 128 and the number of the signal that ended it; 125 tagcache failed itself, also by \
wrong usage; 126 the command cannot be executed; 127 there is no such command. A cache that cannot be used is no failure: \
the command runs without it.";
    pub(super) const INVALIDATE: &str = "\
Exit status: 0 something matched, 1 nothing did, 2 it could not be completed and something old may still be served, or wrong \
usage.";
    pub(super) const LS: &str = "\
Exit status: 0 listed, 1 there is no cache yet, or no entry with the tag; 2 an error (what could be read is listed) or wrong \
usage.";
    pub(super) const LOOK: &str = "Exit status: 0 done, 1 there is no cache yet, 2 an error (what could be read is told) or wrong usage.";
    pub(super) const INSPECT: &str =
        "Exit status: 0 there is an entry, whatever the verdict; 1 there is none; 2 an error or wrong usage.";
    pub(super) const PATH: &str =
        "Exit status: 0 done, whether it is there or not; 2 an error or wrong usage.";
    pub(super) const SWEEP: &str = "\
Exit status: 0 done, 1 there is no cache yet or another process is sweeping or verifying, 2 an error or wrong usage.";
    pub(super) const VERIFY: &str = "\
Exit status: 0 everything is sound, or is now; 1 something is wrong, there is no cache yet, or another process is sweeping or \
verifying; 2 an error or wrong usage.";
    pub(super) const DOCTOR: &str =
        "Exit status: 0 a cache can be there, 1 none can, 2 an error or wrong usage.";
    pub(super) const COMPLETIONS: &str = "Exit status: 0 done, 2 an error or wrong usage.";
}

/// A cache with tags: keep the output of commands and any bytes, and take away by tag what is no longer true.
#[derive(Debug, Parser)]
#[command(name = "tagcache", version, after_help = AFTER_HELP, disable_help_subcommand = false)]
#[command(propagate_version = false, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every command takes.
#[derive(Args, Debug)]
pub(crate) struct Common {
    #[arg(
        help = "The cache directory [default: $TAGCACHE_ROOT, else $XDG_CACHE_HOME/tagcache, else ~/.cache/tagcache]"
    )]
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,
    /// Keys and tags are given as listings show them: \n, \t, \\ and \xHH stand for bytes
    #[arg(short, long, global = true)]
    pub(crate) escaped: bool,
    /// Use a directory on a network or user-space filesystem, which is refused otherwise
    #[arg(long, global = true)]
    pub(crate) allow_remote: bool,
    /// A run behind another one: gives way when somebody else is at it.
    #[arg(skip)]
    pub(crate) refreshing: bool,
}

/// Only `run`, for its hits: to describe all the other commands takes longer than to replay an output.
#[derive(Debug, Parser)]
#[command(disable_help_flag = true, disable_help_subcommand = true)]
struct Quick {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: OnlyRun,
}

#[derive(Debug, Subcommand)]
enum OnlyRun {
    #[command(disable_help_flag = true)]
    Run(Box<Run>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Store the bytes of a file, or of standard input, under a key
    #[command(after_help = exits::PUT)]
    Put(Put),
    /// Write what is stored under a key to standard output
    #[command(after_help = exits::GET)]
    Get(Get),
    /// Run a command, or replay what it wrote and how it exited the last time
    #[command(after_help = exits::RUN)]
    Run(Box<Run>),
    /// Make entries invalid, by tag, by key, or all of them
    #[command(after_help = exits::INVALIDATE)]
    Invalidate(Invalidate),
    /// List the keys of the entries
    #[command(after_help = exits::LS)]
    Ls(Ls),
    /// List the tags, with the number of entries that have each
    #[command(after_help = exits::LOOK)]
    Tags(Listing),
    /// Tell everything about one entry: record, links, verdict and a preview of the value
    #[command(after_help = exits::INSPECT)]
    Inspect(Inspect),
    /// Tell where the entry of a key, or the folder of a tag, lies below the cache directory
    #[command(after_help = exits::PATH)]
    Path(PathOf),
    /// Tell how much there is
    #[command(after_help = exits::LOOK)]
    Stats(Report),
    /// Remove what can never be served again, and evict down to limits
    #[command(after_help = exits::SWEEP)]
    Sweep(Sweep),
    /// Examine every name and every byte; exits with 1 when something is wrong
    #[command(after_help = exits::VERIFY)]
    Verify(Verify),
    /// Tell what the filesystem can do, and what follows; exits with 1 where no cache can be
    #[command(after_help = exits::DOCTOR)]
    Doctor(Report),
    /// Write the completions of a shell to standard output
    #[command(after_help = exits::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// With which tags, and for how long.
#[derive(Args, Debug)]
pub(crate) struct Terms {
    /// A tag, by which it can be invalidated; may be repeated
    #[arg(short, long = "tag", value_name = "T")]
    pub(crate) tags: Vec<OsString>,
    /// A tag that is a path, a/b/c say, which `invalidate --under a/b` finds, too; each level is a tag: a/, a/b/; may be repeated
    #[arg(long = "tag-path", value_name = "PATH")]
    pub(crate) tag_paths: Vec<OsString>,
    /// Fresh for so long: 90s, 1h30m, 7d [default: until it is invalidated]
    #[arg(short = 'x', long, value_name = "TIME", value_parser = duration)]
    pub(crate) expire: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Put {
    /// The key
    pub(crate) key: OsString,
    /// The file; - or nothing is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) terms: Terms,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// The key
    pub(crate) key: OsString,
    /// Also what has expired, or was softly expired; never what was invalidated
    #[arg(long)]
    pub(crate) stale: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The key, in place of the command line
    #[arg(short, long, value_name = "K")]
    pub(crate) key: Option<OsString>,
    #[command(flatten)]
    pub(crate) terms: Terms,
    /// Once expired, replay the old output at once and refresh it behind; up to a day after the expiry, or TIME
    #[arg(long, value_name = "TIME", value_parser = duration, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "1d")]
    pub(crate) stale_while_refresh: Option<Duration>,
    /// When the command fails, replay the old output up to TIME after its expiry
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) stale_if_error: Option<Duration>,
    /// An environment variable that the output depends on; may be repeated
    #[arg(long = "env", value_name = "NAME")]
    pub(crate) envs: Vec<OsString>,
    /// The output depends on the current directory
    #[arg(long)]
    pub(crate) cwd: bool,
    /// A file whose content the output depends on; may be repeated
    #[arg(long = "file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Run it although there is a fresh output
    #[arg(long)]
    pub(crate) force: bool,
    /// Also store the output of a command that exits with another status than 0
    #[arg(long)]
    pub(crate) cache_failures: bool,
    /// While another process runs it, wait at most so long, then run it side by side [default: for its end]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// Do not tell on standard error what the cache could not do
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Invalidate {
    /// What has this tag; may be repeated
    #[arg(short, long = "tag", value_name = "T", group = "what")]
    pub(crate) tags: Vec<OsString>,
    /// What has all of these tags, which are separated by commas; may be repeated
    #[arg(long, value_name = "T,T", group = "what")]
    pub(crate) all_of: Vec<OsString>,
    /// The entry of this key; may be repeated
    #[arg(short, long = "key", value_name = "K", group = "what")]
    pub(crate) keys: Vec<OsString>,
    /// What was stored with this path, or one under it, as its --tag-path (or with this path as a --tag); may be repeated
    #[arg(long, value_name = "PATH", group = "what")]
    pub(crate) under: Vec<OsString>,
    /// Everything
    #[arg(long, group = "what", conflicts_with_all = ["tags", "all_of", "keys", "under", "soft"])]
    pub(crate) all: bool,
    /// Let it be refreshed, and be served meanwhile where that is allowed, in place of never again
    #[arg(long)]
    pub(crate) soft: bool,
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Listing {
    #[arg(long, help = JSON, conflicts_with = "zero")]
    pub(crate) json: bool,
    /// Names as they are, each ended by a zero byte
    #[arg(short = '0', long = "null", id = "zero")]
    pub(crate) zero: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Ls {
    /// Only entries with this tag
    #[arg(short, long, value_name = "T")]
    pub(crate) tag: Option<OsString>,
    /// With state, size, expiry and tags
    #[arg(short, long, conflicts_with = "zero")]
    pub(crate) long: bool,
    /// Also entries that can never be served again, and that no sweep has removed yet
    #[arg(short, long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Args, Debug)]
pub(crate) struct Inspect {
    /// The key
    pub(crate) key: OsString,
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("name").required(true))]
pub(crate) struct PathOf {
    /// The key
    #[arg(group = "name")]
    pub(crate) key: Option<OsString>,
    /// The folder of this tag
    #[arg(short, long, value_name = "T", group = "name")]
    pub(crate) tag: Option<OsString>,
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Report {
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Sweep {
    /// Evict until it takes at most so much disk space: 500MB, 1GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_bytes: Option<u64>,
    /// Evict until there are at most so many entries
    #[arg(long, value_name = "N")]
    pub(crate) max_files: Option<u64>,
    /// Stop after about so long; the next sweep goes on
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "dry_run")]
    pub(crate) at_most: Option<Duration>,
    /// Also remove what this program did not make
    #[arg(long)]
    pub(crate) remove_foreign: bool,
    /// Change nothing, and tell what would be removed (a copy of another cache begins empty all the same)
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// For cron: no report, and no word when there is no cache yet or another process is at it; only what is wrong
    #[arg(short, long, conflicts_with_all = ["json", "dry_run"])]
    pub(crate) quiet: bool,
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    /// Remove what is wrong, so that it is computed anew
    #[arg(long)]
    pub(crate) repair: bool,
    /// When repairing, also remove what this program did not make
    #[arg(long, requires = "repair")]
    pub(crate) remove_foreign: bool,
    #[arg(long, help = JSON)]
    pub(crate) json: bool,
}

pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// The first argument of a run that another run has started behind itself. It is nobody else's business, so it stands in no
/// help.
pub(crate) const REFRESHING: &str = "--refreshing-behind";

/// The arguments, or how the program ends without any.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let refreshing = args.get(1).is_some_and(|arg| arg == REFRESHING);
    if refreshing {
        args.remove(1);
    }
    let mut cli = parsed(args)?;
    cli.common.refreshing = refreshing;
    Ok(cli)
}

fn parsed(args: Vec<OsString>) -> Result<Cli, ExitCode> {
    let is_run = is_run(args.iter().skip(1));
    if is_run {
        // What is wrong, and what is asked about, is answered by the whole.
        if let Ok(Quick { common, verb: OnlyRun::Run(run) }) = Quick::try_parse_from(&args) {
            return Ok(Cli { common, verb: Verb::Run(run) });
        }
    }
    Cli::try_parse_from(args).map_err(|error| {
        let code = match error.exit_code() {
            0 => 0,
            _ if is_run => RUN_FAILED,
            code => u8::try_from(code).unwrap_or(end::ERROR),
        };
        let printed = error.print().and_then(|()| std::io::stdout().flush());
        match printed.map_err(|error| Failure::output(&error)) {
            // What was asked for, help or the version, is not there.
            Err(failure) if code == 0 && !failure.is_closed_pipe => {
                tell(failure.message);
                ExitCode::from(if is_run { RUN_FAILED } else { end::ERROR })
            }
            _ => ExitCode::from(code),
        }
    })
}

/// Whether wrong usage is that of `run`, whose own failures have a status of their own.
fn is_run<'a, I: Iterator<Item = &'a OsString>>(mut args: I) -> bool {
    while let Some(arg) = args.next() {
        if arg == "--root" {
            args.next();
        } else if !arg.as_encoded_bytes().starts_with(b"-") {
            return arg == "run";
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_do_not_contradict_themselves() {
        command().debug_assert();
    }

    #[test]
    fn usage_is_that_of_run_when_run_is_the_first_word_that_is_no_option() {
        let is = |args: &str| is_run(args.split(' ').map(OsString::from).collect::<Vec<_>>().iter());
        assert!(is("run") && is("--root run run") && is("-e run --bad"));
        assert!(!is("get run") && !is("--root run get") && !is("--bad"));
    }
}
