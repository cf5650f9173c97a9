//! The command itself: started, heard, waited for.

use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::errno::Errno;
use nix::unistd::Pid;

use super::frames::{self, Stream};
use super::replay::Target;
use super::signals::Forwarding;
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

/// Where what the command writes goes: to the record, and to the caller unless it is withheld.
pub(super) struct Heard<'a> {
    record: Mutex<Recorder<'a>>,
    withheld: bool,
}

struct Recorder<'a> {
    to: Option<&'a mut (dyn Write + Send)>,
    failed: Option<io::Error>,
    /// The caller stopped reading, so the command could not write all that it would have.
    cut: bool,
}

impl<'a> Heard<'a> {
    pub(super) fn new(record: Option<&'a mut (dyn Write + Send)>, withheld: bool) -> Self {
        Self { record: Mutex::new(Recorder { to: record, failed: None, cut: false }), withheld }
    }

    fn recorder(&self) -> MutexGuard<'_, Recorder<'a>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, stream: Stream, bytes: &[u8]) {
        let mut recorder = self.recorder();
        let Some(to) = &mut recorder.to else { return };
        if let Err(error) = frames::write(to, stream, bytes) {
            recorder.failed = Some(error);
            recorder.to = None;
        }
    }

    /// Everything of one stream. When the caller stops reading, so do we, and the command is told as it would be without us.
    fn hear(&self, stream: Stream, mut from: impl Read, to: impl Write) {
        let (mut target, mut piece) = (Target::new(to), vec![0; frames::MAX_FRAME]);
        loop {
            let len = match from.read(&mut piece) {
                Ok(0) => return,
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.recorder().failed = Some(error);
                    return;
                }
            };
            let bytes = piece.get(..len).unwrap_or_default();
            // Not while the caller is written to: it may read the other stream first.
            self.note(stream, bytes);
            if !self.withheld {
                target.write(bytes);
                if !target.is_open() {
                    self.recorder().cut = true;
                    return;
                }
            }
        }
    }

    /// Whether the record is whole; an error if it could not be written.
    pub(super) fn finish(self) -> io::Result<bool> {
        let recorder = self.record.into_inner().unwrap_or_else(PoisonError::into_inner);
        match recorder.failed {
            Some(error) => Err(error),
            None => Ok(!recorder.cut && recorder.to.is_some()),
        }
    }
}

/// Runs a command to its end. It reads nothing: what it would read is not part of the key.
pub(super) fn run(command: &[OsString], heard: &Heard<'_>) -> Result<Ended, NotRun> {
    let Some((program, args)) = command.split_first() else {
        return Err(NotRun { status: RUN_FAILED, message: String::from("there is no command to run") });
    };
    let forwarding = Forwarding::begin().map_err(|error| NotRun::itself("cannot catch signals", &error))?;
    let mut child = std::process::Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| NotRun::spawn(program, &error))?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    forwarding.started(pid);
    hear_both(&mut child, heard)?;
    // It stays a zombie, and keeps its number, until nobody sends it anything any more.
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(nix::errno::Errno::EINTR) {
    }
    forwarding.ended();
    let status = child.wait().map_err(|error| NotRun::itself("cannot wait for the command", &error))?;
    Ok(Ended::of(status))
}

fn hear_both(child: &mut Child, heard: &Heard<'_>) -> Result<(), NotRun> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let heard = thread::scope(|scope| {
        let other = move || {
            if let Some(err) = err {
                heard.hear(Stream::Err, err, io::stderr());
            }
        };
        thread::Builder::new().spawn_scoped(scope, other).map(|_| {
            if let Some(out) = out {
                heard.hear(Stream::Out, out, io::stdout());
            }
        })
    });
    heard.map_err(|error| {
        // Without its ears it would block for ever.
        let _ = child.kill().and_then(|()| child.wait());
        NotRun::itself("cannot start a thread", &error)
    })
}
