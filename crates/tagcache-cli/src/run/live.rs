//! The command itself: started, heard, waited for.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::ear::{Ear, Said};
use super::frames::{self, Stream};
use super::hold::Hold;
use super::nested::{Nested, VARIABLE};
use super::replay::{Cut, Target};
use super::signals::{Forwarding, INTERRUPTS};
use crate::end::{Failure, NOT_EXECUTABLE, NOT_FOUND, RUN_FAILED};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With a status of its own.
    Exited(u8),
    /// By a signal.
    Killed(u8),
}

impl Ended {
    fn of(status: ExitStatus) -> Self {
        let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(byte(code)),
            (None, signal) => Self::Killed(byte(signal.unwrap_or(0))),
        }
    }

    /// By a signal that asks for an end.
    fn is_interrupt(self) -> bool {
        matches!(self, Self::Killed(signal) if INTERRUPTS.contains(&i32::from(signal)))
    }

    /// As a shell tells it.
    pub(super) fn status(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) => 128u8.saturating_add(signal),
        }
    }
}

/// Why a command did not run, or not to its end.
#[derive(Debug)]
pub(super) struct NotRun {
    pub(super) status: u8,
    pub(super) message: String,
}

impl NotRun {
    fn itself(what: &str, error: &io::Error) -> Self {
        Self { status: RUN_FAILED, message: Failure::about(what, error).message }
    }

    fn spawn(program: &OsString, error: &io::Error) -> Self {
        let status = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENOENT) => NOT_FOUND,
            // These are about the machine, and not about the command.
            None | Some(Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE) => RUN_FAILED,
            Some(_) => NOT_EXECUTABLE,
        };
        Self { status, message: format!("cannot run {}: {error}", program.to_string_lossy()) }
    }
}

/// Where what the command writes goes: to the record, and to the caller unless it is held back.
pub(super) struct Heard<'a> {
    ears: Mutex<Ears<'a>>,
}

struct Ears<'a> {
    record: Option<&'a mut (dyn Write + Send)>,
    outcome: Outcome,
}

/// What is known of the output once the command has ended.
#[derive(Default)]
pub(super) struct Outcome {
    /// What the caller has not got yet, where all of it could be held back.
    pub(super) hold: Option<Hold>,
    /// Why it was held back no longer.
    pub(super) unheld: Option<io::Error>,
    /// Why there is no record of it.
    pub(super) unrecorded: Option<io::Error>,
    /// Why the caller got only a part of it.
    pub(super) unheard: Option<Cut>,
    /// It is not all that the command would have written, or wrote.
    pub(super) is_cut: bool,
}

impl<'a> Heard<'a> {
    pub(super) fn new(record: Option<&'a mut (dyn Write + Send)>, hold: Option<Hold>) -> Self {
        Self { ears: Mutex::new(Ears { record, outcome: Outcome { hold, ..Outcome::default() } }) }
    }

    fn ears(&self) -> MutexGuard<'_, Ears<'a>> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything of one stream. When the caller stops reading, so do we, and the command is told as it would be without us.
    fn hear(&self, stream: Stream, from: Option<Ear<'_, impl Read + AsFd>>, to: impl AsFd) {
        let Some(mut from) = from else { return };
        let (mut target, mut piece) = (Target::new(stream, to), vec![0; frames::MAX_FRAME]);
        loop {
            let bytes = match from.listen(&mut piece) {
                Ok(Said::Piece(bytes)) => bytes,
                Ok(Said::End) => return,
                Ok(Said::More) => {
                    self.ears().outcome.is_cut = true;
                    return;
                }
                Err(error) => {
                    self.ears().outcome.unrecorded = Some(error);
                    return;
                }
            };
            let is_held = self.ears().note(stream, bytes);
            // Not under the lock: the caller may read the other stream first.
            if !is_held && !self.pass_on(&mut target, bytes) {
                return;
            }
        }
    }

    /// Whether more is to be passed on.
    fn pass_on(&self, target: &mut Target<impl AsFd>, bytes: &[u8]) -> bool {
        let written = target.write(bytes);
        if written.is_ok() && target.is_open() {
            return true;
        }
        let outcome = &mut self.ears().outcome;
        outcome.is_cut = true;
        outcome.unheard = outcome.unheard.take().or(written.err().map(Cut::Unwritten));
        false
    }

    pub(super) fn finish(self) -> Outcome {
        self.ears.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
    }
}

impl Ears<'_> {
    /// Whether it is kept from the caller.
    fn note(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        if let Some(record) = &mut self.record {
            if let Err(error) = frames::write(record, stream, bytes) {
                self.outcome.unrecorded = Some(error);
                self.record = None;
            }
        }
        let Some(hold) = &mut self.outcome.hold else { return false };
        let Err(error) = hold.keep(stream, bytes) else { return true };
        self.outcome.unheld = Some(error);
        self.let_go();
        false
    }

    /// What cannot be held back is passed on, in the order in which it came; this and what comes is not held.
    fn let_go(&mut self) {
        let Some(hold) = self.outcome.hold.take() else { return };
        if let Err(cut) = hold.release(0) {
            self.outcome.is_cut = true;
            self.outcome.unheard = Some(cut);
        }
    }
}

/// How a run of the command ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ran {
    pub(super) ended: Ended,
    /// Somebody wants it to end, so that it did not succeed says nothing of it.
    pub(super) was_interrupted: bool,
}

/// Runs a command to its end. It reads nothing: what it would read is not part of the key.
pub(super) fn run(
    command: &[OsString],
    heard: &Heard<'_>,
    nested: Option<&Nested<'_>>,
) -> Result<Ran, NotRun> {
    let Some((program, args)) = command.split_first() else {
        return Err(NotRun { status: RUN_FAILED, message: String::from("there is no command to run") });
    };
    let forwarding = Forwarding::begin().map_err(|error| NotRun::itself("cannot catch signals", &error))?;
    let given_up = UnixStream::pair().map_err(|error| NotRun::itself("cannot make a socket", &error))?;
    let mut child = std::process::Command::new(program)
        .args(args)
        .envs(nested.map(|nested| (VARIABLE, nested.value())))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| NotRun::spawn(program, &error))?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    forwarding.started(pid);
    let until_given_up = |hearing: &Receiver<Infallible>| {
        let is_killed = await_end(pid);
        forwarding.ended();
        await_silence(hearing, || is_killed || forwarding.was_interrupted());
    };
    hear_both(&mut child, heard, given_up, until_given_up)?;
    let status = child.wait().map_err(|error| NotRun::itself("cannot wait for the command", &error))?;
    let ended = Ended::of(status);
    Ok(Ran { ended, was_interrupted: ended.is_interrupt() || forwarding.was_interrupted() })
}

/// Whether a signal ended it. It stays a zombie, and keeps its number, until nobody sends it anything any more.
fn await_end(pid: Pid) -> bool {
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Err(Errno::EINTR) => {}
            status => return matches!(status, Ok(WaitStatus::Signaled(..))),
        }
    }
}

/// For so long others may go on writing when a signal has ended the command: those of its group that it reached, too.
const GRACE: Duration = Duration::from_millis(100);

/// What the command has started may hold its pipes for long after it. That is waited for, unless the end was asked for: who
/// sent a signal waits for us, and not for them.
fn await_silence(hearing: &Receiver<Infallible>, is_to_end: impl Fn() -> bool) {
    while hearing.recv_timeout(GRACE) == Err(RecvTimeoutError::Timeout) && !is_to_end() {}
}

/// Both streams, each to its end, or until it is given up.
fn hear_both(
    child: &mut Child,
    heard: &Heard<'_>,
    (give_up, given_up): (UnixStream, UnixStream),
    until_given_up: impl FnOnce(&Receiver<Infallible>),
) -> Result<(), NotRun> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (hears, hearing) = channel();
    let started = thread::scope(|scope| {
        let (given_up, hears_too) = (&given_up, hears.clone());
        let hear_out = move || {
            heard.hear(Stream::Out, out.map(|out| Ear::new(out, given_up)), io::stdout());
            drop(hears);
        };
        let hear_err = move || {
            heard.hear(Stream::Err, err.map(|err| Ear::new(err, given_up)), io::stderr());
            drop(hears_too);
        };
        let started = thread::Builder::new()
            .spawn_scoped(scope, hear_out)
            .and_then(|_| thread::Builder::new().spawn_scoped(scope, hear_err))
            .map(|_| until_given_up(&hearing));
        drop(give_up);
        started
    });
    started.map_err(|error| {
        // Without its ears it would block for ever.
        let _ = child.kill().and_then(|()| child.wait());
        NotRun::itself("cannot start a thread", &error)
    })
}
