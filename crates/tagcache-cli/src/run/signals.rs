//! Signals that are sent to us go on to the command.
//!
//! The command is in our process group, so what a terminal sends (an interrupt, a hangup) reaches it by itself; only what a
//! process sends to us goes on. We stay until the command has ended: what it does about a signal is its own business.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::backend::Handle;
use signal_hook::iterator::{SignalsInfo, exfiltrator::origin::WithOrigin};

use crate::input;

const FORWARDED: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Those that ask for an end.
pub(super) const INTERRUPTS: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// From before the command is started until it has ended.
pub(super) struct Forwarding {
    command: Arc<Mutex<Command>>,
    handle: Handle,
    thread: Option<JoinHandle<()>>,
    /// An interrupt came, from whomever. Set by its handler: it is known when the command that it ended is seen to have ended.
    interrupted: Arc<AtomicBool>,
    flags: Vec<SigId>,
}

/// Who gets them.
enum Command {
    /// Not started: they are kept.
    Coming(Vec<Signal>),
    Runs(Pid),
    /// Its number may be another process's by now.
    Ended,
}

impl Forwarding {
    /// What we were told to ignore stays ignored, by us and by the command.
    pub(super) fn begin() -> io::Result<Self> {
        let ignored = input::ignored_signals();
        let is_wanted = |signal: &i32| ignored >> (signal - 1) & 1 == 0;
        let mut signals = SignalsInfo::<WithOrigin>::new(FORWARDED.into_iter().filter(is_wanted))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = |signal| signal_hook::flag::register(signal, Arc::clone(&interrupted));
        let flags = INTERRUPTS.into_iter().filter(is_wanted).map(flag).collect::<io::Result<_>>()?;
        let handle = signals.handle();
        let command = Arc::new(Mutex::new(Command::Coming(Vec::new())));
        let receiver = Arc::clone(&command);
        let work = move || {
            for origin in signals.forever() {
                // A terminal has no process, and has told the command itself.
                if let (Some(_), Ok(signal)) = (origin.process, Signal::try_from(origin.signal)) {
                    forward(&receiver, signal);
                }
            }
        };
        let thread = std::thread::Builder::new().spawn(work)?;
        Ok(Self { command, handle, thread: Some(thread), interrupted, flags })
    }

    pub(super) fn started(&self, pid: Pid) {
        let mut command = self.command.lock().unwrap_or_else(PoisonError::into_inner);
        if let Command::Coming(kept) = std::mem::replace(&mut *command, Command::Runs(pid)) {
            for signal in kept {
                let _ = kill(pid, signal);
            }
        }
    }

    /// It has ended, and was not waited for yet: until then its number is its own.
    pub(super) fn ended(&self) {
        *self.command.lock().unwrap_or_else(PoisonError::into_inner) = Command::Ended;
    }

    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

fn forward(command: &Mutex<Command>, signal: Signal) {
    match &mut *command.lock().unwrap_or_else(PoisonError::into_inner) {
        Command::Coming(kept) => kept.push(signal),
        Command::Runs(pid) => drop(kill(*pid, signal)),
        Command::Ended => {}
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for flag in self.flags.drain(..) {
            signal_hook::low_level::unregister(flag);
        }
    }
}
