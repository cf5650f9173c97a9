//! A recorded run, written as the command wrote it.

use std::io::{self, BufRead, Write};

use super::frames::{Frames, Stream};

/// How a replay ended early.
#[derive(Debug)]
pub(super) enum Cut {
    /// The record cannot be read, and nothing was written yet: the command can be run.
    Unread(io::Error),
    /// The record cannot be read to its end.
    Unfinished(io::Error),
}

/// Writes it all, and tells the status of the command. A reader that is gone is no error: the rest is only read.
pub(super) fn replay(from: impl BufRead) -> Result<u8, Cut> {
    let mut frames = Frames::new(from);
    let (mut out, mut err) = (Target::new(io::stdout().lock()), Target::new(io::stderr().lock()));
    let mut written = false;
    loop {
        match frames.next() {
            Ok(Some((Stream::Out, bytes))) => out.write(bytes),
            Ok(Some((Stream::Err, bytes))) => err.write(bytes),
            Ok(None) => return Ok(frames.status().unwrap_or_default()),
            Err(error) if written => return Err(Cut::Unfinished(error)),
            Err(error) => return Err(Cut::Unread(error)),
        }
        written = true;
    }
}

/// Somewhere to write to, as long as somebody reads there.
pub(super) struct Target<W> {
    to: W,
    is_open: bool,
}

impl<W: Write> Target<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, is_open: true }
    }

    /// At once, also what does not end with a line.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.is_open {
            self.is_open = self.to.write_all(bytes).and_then(|()| self.to.flush()).is_ok();
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}
