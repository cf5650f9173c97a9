//! `tagcache run`: a command is run, or what it wrote and how it exited is replayed.

mod ear;
pub(crate) mod frames;
mod hold;
mod key;
mod live;
mod nested;
mod replay;
mod signals;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use tagcache::{
    AfterWait, BegunStream, Cache, Error, Fill, Policy, Raw, Reader, Source, Stored, Why, Writer,
};

use crate::args::{Cli, REFRESHING, Run};
use crate::commands::policy;
use crate::end::{self, Failure, NOT_FOUND, RUN_FAILED};
use crate::input;
use crate::out::tell;
use crate::place;
use crate::units::duration;
use hold::Hold;
use live::{Ended, Heard, NotRun, Outcome, Ran};
use nested::Nested;
use replay::Cut;

/// The status to exit with.
pub(crate) fn run(cli: &Cli, args: &Run) -> u8 {
    if cli.common.refreshing {
        // Whoever waits until the caller's files are closed, or unlocked, does not wait for us.
        input::close_inherited();
    }
    let job = Job { args, refreshing: cli.common.refreshing };
    match job.wanted(cli) {
        Ok((key, policy)) => match job.open(cli) {
            Some(cache) => job.through(&cache, &key, &policy),
            // A cache never fails its caller.
            None => job.uncached(),
        },
        Err(failure) => {
            tell(failure.message);
            RUN_FAILED
        }
    }
}

struct Job<'a> {
    args: &'a Run,
    /// Behind another run, which has replayed the old output.
    refreshing: bool,
}

impl Job<'_> {
    /// The key and the policy. What is wrong with the arguments is told before anything is done.
    fn wanted(&self, cli: &Cli) -> Result<(Vec<u8>, Policy), Failure> {
        let key = key::of(self.args, cli.common.escaped)?;
        policy::check(&key, &self.args.terms, cli.common.escaped)?;
        Ok((key, self.policy(cli.common.escaped)?))
    }

    /// What is wrong with the cache is told, and done without.
    fn open(&self, cli: &Cli) -> Option<Cache<Raw>> {
        let cache = place::open_quietly(cli, self.args.quiet);
        let cache =
            cache.map_err(|failure| self.tell(format_args!("{}; running without a cache", failure.message)));
        cache.ok().map(|cache| cache.with_schema(frames::SCHEMA))
    }

    fn policy(&self, escaped: bool) -> Result<Policy, Failure> {
        let args = self.args;
        let mut policy = policy::of(&args.terms, escaped)?
            .stale_while_refresh(args.stale_while_refresh.is_some() && !self.refreshing)
            .wait_limit(args.wait.unwrap_or(Duration::MAX));
        if let Some(time) = args.stale_while_refresh {
            policy = policy.keep_stale(time);
        }
        if let Some(grace) = args.stale_if_error {
            policy = policy.stale_if_error(grace);
        }
        if self.refreshing {
            // The old output was replayed already, so it stands in for a failure, which keeps the next ones from trying at once.
            policy =
                policy.stale_if_error(args.stale_if_error.max(args.stale_while_refresh).unwrap_or_default());
            policy = policy.wait_limit(Duration::ZERO).after_wait(AfterWait::Fail);
        }
        Ok(policy)
    }

    /// From the cache, or run and stored.
    fn through(&self, cache: &Cache<Raw>, key: &[u8], policy: &Policy) -> u8 {
        // Not the root itself: the command may run for long, and the cache may be made anew meanwhile.
        let root = cache.root().path().to_owned();
        let nested = Nested::new(&root, key);
        let within = nested.runs_in().filter(|_| self.args.wait.is_none() && !self.refreshing);
        // Whoever would wait for itself fails at once.
        let impatient = within.map(|_| policy.clone().wait_limit(Duration::ZERO).after_wait(AfterWait::Fail));
        let policy = impatient.as_ref().unwrap_or(policy);
        let request = || cache.at(key).policy(policy);
        let forced = self.args.force && !self.refreshing;
        let begun = if forced { request().forced().begin_stream() } else { request().begin_stream_behind() };
        match begun {
            Ok(BegunStream::Reader(reader, source)) => self.replay_or_run(cache, key, policy, reader, source),
            Ok(BegunStream::Refresh(reader, source, fill)) => {
                // The other process takes the lease.
                drop(fill);
                self.refresh_behind();
                self.replay_or_run(cache, key, policy, reader, source)
            }
            Ok(BegunStream::Fill(fill)) => self.compute(fill, &nested),
            Err(Error::WaitedTooLong { .. }) => within.map_or(end::DONE, waits_for_itself),
            Err(error) => {
                self.tell(format_args!("{}; running without a cache", end::in_words(&error)));
                self.uncached()
            }
        }
    }

    /// A record that turns out to be damaged before anything of it was written is as good as none.
    fn replay_or_run(
        &self,
        cache: &Cache<Raw>,
        key: &[u8],
        policy: &Policy,
        reader: Reader,
        source: Source,
    ) -> u8 {
        if let Source::StandIn(_) = source {
            self.tell("the command failed a short while ago; this is its old output");
        }
        match replay::replay(reader) {
            Ok(status) => status,
            Err(cut @ (Cut::Unfinished(_) | Cut::Unwritten(_))) => cut_short(&cut),
            Err(Cut::Unread(error)) => {
                self.tell(format_args!("the stored output is damaged ({error}); running the command"));
                match cache.at(key).policy(policy).forced().begin_stream() {
                    Ok(BegunStream::Fill(fill)) => self.compute(fill, &Nested::new(cache.root().path(), key)),
                    _ => self.uncached(),
                }
            }
        }
    }

    fn uncached(&self) -> u8 {
        let heard = Heard::new(None, None);
        match live::run(&self.args.command, &heard, None) {
            Ok(ran) => self.passed_on(heard.finish(), ran.ended.status()),
            Err(not_run) => self.failed(&not_run),
        }
    }

    /// The turn to run the command. What it writes goes to the caller while it is produced, unless an old output may have to
    /// stand in for it.
    fn compute(&self, fill: Fill<Raw>, nested: &Nested<'_>) -> u8 {
        let mut writer = self.writer(&fill);
        let hold = self.may_stand_in(&fill).then(Hold::new);
        let heard = Heard::new(writer.as_mut().map(|writer| writer as _), hold);
        let ran = live::run(&self.args.command, &heard, Some(nested));
        let outcome = heard.finish();
        if let Some(error) = &outcome.unheld {
            self.tell(format_args!(
                "the output was not held back to its end, so no old one stands in: {error}"
            ));
        }
        match &ran {
            Ok(ran) if self.is_to_store(ran.ended) => {
                self.store(writer.filter(|_| self.is_whole(&outcome)), ran.ended);
                drop(fill);
            }
            // No failure: whoever wanted it to end wants to be told so, and the next one may try at once.
            Ok(Ran { was_interrupted: true, .. }) => drop(fill),
            _ => {
                let status = ran.as_ref().map_or_else(|not_run| not_run.status, |ran| ran.ended.status());
                if let Some(status) = self.stand_in(fill, &outcome, status) {
                    return status;
                }
            }
        }
        match ran {
            Ok(ran) => self.passed_on(outcome, ran.ended.status()),
            Err(not_run) => self.failed(&not_run),
        }
    }

    /// Nobody hears a refresh, so nothing of it has to be held back.
    fn may_stand_in(&self, fill: &Fill<Raw>) -> bool {
        self.args.stale_if_error.is_some() && !self.refreshing && matches!(fill.why(), Why::Stale(_))
    }

    /// The old output in place of a failure of which nothing was heard. It also leaves word for the others, who will not
    /// try again at once.
    fn stand_in(&self, fill: Fill<Raw>, outcome: &Outcome, status: u8) -> Option<u8> {
        if outcome.hold.is_none() && !self.refreshing {
            return None;
        }
        let (old, _) = fill.fail_stream()?;
        if self.refreshing {
            return Some(status);
        }
        self.tell(format_args!("the command failed with status {status}; this is its old output"));
        match replay::replay(old) {
            Ok(status) => Some(status),
            Err(Cut::Unread(_)) => None,
            Err(cut) => Some(cut_short(&cut)),
        }
    }

    /// What the caller has not heard yet, and the status to exit with.
    fn passed_on(&self, outcome: Outcome, status: u8) -> u8 {
        match (outcome.unheard, outcome.hold) {
            (Some(cut), _) => cut_short(&cut),
            (None, Some(hold)) => hold.release(status).unwrap_or_else(|cut| cut_short(&cut)),
            (None, None) => status,
        }
    }

    fn is_to_store(&self, ended: Ended) -> bool {
        match ended {
            Ended::Exited(status) => status == 0 || self.args.cache_failures,
            Ended::Killed(_) => false,
        }
    }

    /// `None`, and a word, where nothing can be stored: the command runs all the same.
    fn writer(&self, fill: &Fill<Raw>) -> Option<Writer> {
        fill.writer().unwrap_or_else(|error| {
            self.tell(format_args!("not stored: {}", end::in_words(&error)));
            None
        })
    }

    fn is_whole(&self, outcome: &Outcome) -> bool {
        if let Some(error) = &outcome.unrecorded {
            self.tell(format_args!("not stored: {error}"));
        }
        outcome.unrecorded.is_none() && !outcome.is_cut
    }

    fn store(&self, writer: Option<Writer>, ended: Ended) {
        let Some(mut writer) = writer.filter(|_| self.is_to_store(ended)) else { return };
        let written = frames::write_exit(&mut writer, ended.status());
        let stored = written.map_err(Error::Source).and_then(|()| writer.commit());
        match stored {
            Ok(Stored::Yes) => {}
            Ok(_) => self.tell("not stored: an invalidation came while the command ran"),
            Err(error) => self.tell(format_args!("not stored: {}", end::in_words(&error))),
        }
    }

    /// Another process of ours, which outlives this one. Where none can be started, a later run finds the old output again.
    fn refresh_behind(&self) {
        let program = std::env::current_exe();
        let args: Vec<OsString> = std::env::args_os().skip(1).collect();
        let started = program.and_then(|program| {
            Command::new(program)
                .arg(REFRESHING)
                .args(args)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                // Neither an interrupt nor the end of this one's group is meant for it.
                .process_group(0)
                .spawn()
        });
        if let Err(error) = started {
            self.tell(format_args!("the old output is not refreshed: {error}"));
        }
    }

    fn failed(&self, not_run: &NotRun) -> u8 {
        match self.time_as_command().filter(|_| not_run.status == NOT_FOUND) {
            Some(time) => tell(format_args!(
                "{}; if {time} is no command, write --stale-while-refresh={time}",
                not_run.message
            )),
            None => tell(&not_run.message),
        }
        not_run.status
    }

    /// What stands where the command does and reads like the time of the one option that takes its value only behind a `=`.
    fn time_as_command(&self) -> Option<&str> {
        self.args.stale_while_refresh?;
        self.args.command.first()?.to_str().filter(|word| duration(word).is_ok())
    }

    fn tell(&self, message: impl std::fmt::Display) {
        if !self.args.quiet {
            tell(message);
        }
    }
}

/// A script that was put in the place of the command and calls it by the same name, most often.
fn waits_for_itself(process: i32) -> u8 {
    tell(format_args!(
        "the command asks for its own output, which process {process} is waiting for; name the command by its whole path, or \
         give one of both a --key of its own"
    ));
    RUN_FAILED
}

fn cut_short(cut: &Cut) -> u8 {
    tell(cut);
    RUN_FAILED
}
