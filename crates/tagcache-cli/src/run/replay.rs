//! A recorded run, written as the command wrote it.

use std::fmt;
use std::io::{self, BufRead};
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::frames::{Frames, Stream};

/// How a replay ended early.
#[derive(Debug)]
pub(super) enum Cut {
    /// The record cannot be read, and nothing was written yet: the command can be run.
    Unread(io::Error),
    /// The record cannot be read to its end.
    Unfinished(io::Error),
    /// It cannot be passed on.
    Unwritten(Unwritten),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(error) | Self::Unfinished(error) => {
                write!(f, "the stored output cannot be read to its end: {error}")
            }
            Self::Unwritten(unwritten) => unwritten.fmt(f),
        }
    }
}

/// Somebody reads, and does not get it all: the disk is full, the terminal is gone.
#[derive(Debug)]
pub(super) struct Unwritten {
    stream: Stream,
    error: io::Error,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.stream {
            Stream::Out => "output",
            Stream::Err => "error",
        };
        write!(f, "cannot write to standard {name}: {}", self.error)
    }
}

/// Writes it all, and tells the status of the command. A reader that is gone is no error: the rest is only read.
pub(super) fn replay(from: impl BufRead) -> Result<u8, Cut> {
    let mut frames = Frames::new(from);
    let mut out = Target::new(Stream::Out, io::stdout());
    let mut err = Target::new(Stream::Err, io::stderr());
    let mut written = false;
    loop {
        let passed_on = match frames.next() {
            Ok(Some((Stream::Out, bytes))) => out.write(bytes),
            Ok(Some((Stream::Err, bytes))) => err.write(bytes),
            Ok(None) => return Ok(frames.status().unwrap_or_default()),
            Err(error) if written => return Err(Cut::Unfinished(error)),
            Err(error) => return Err(Cut::Unread(error)),
        };
        passed_on.map_err(Cut::Unwritten)?;
        written = true;
    }
}

/// Somewhere to write to, as long as somebody reads there.
pub(super) struct Target<W> {
    stream: Stream,
    to: W,
    is_open: bool,
}

impl<W: AsFd> Target<W> {
    pub(super) fn new(stream: Stream, to: W) -> Self {
        Self { stream, to, is_open: true }
    }

    /// At once, also what does not end with a line.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        if !self.is_open {
            return Ok(());
        }
        match self.write_all(bytes) {
            Err(Errno::EPIPE) => {
                self.is_open = false;
                Ok(())
            }
            written => written.map_err(|errno| Unwritten { stream: self.stream, error: errno.into() }),
        }
    }

    /// Past the buffer of the standard library: after an error it does not tell how much it has written.
    fn write_all(&self, mut bytes: &[u8]) -> nix::Result<()> {
        while !bytes.is_empty() {
            match nix::unistd::write(&self.to, bytes) {
                Ok(0) => return Err(Errno::EIO),
                Ok(len) => bytes = bytes.get(len..).unwrap_or_default(),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => self.wait()?,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Somebody who shares it has made it non-blocking.
    fn wait(&self) -> nix::Result<()> {
        match poll(&mut [PollFd::new(self.to.as_fd(), PollFlags::POLLOUT)], PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}
