//! What comes out of a pipe from the command, to its end, or until it is given up.

use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// So much is read still of a pipe that is given up, as far as it is there: no less than a pipe holds.
const REST: usize = 1 << 20;

pub(super) struct Ear<'a, R> {
    from: R,
    /// Its other end is closed to give up.
    given_up: &'a UnixStream,
    rest: usize,
}

pub(super) enum Said<'a> {
    Piece(&'a [u8]),
    /// All have closed it.
    End,
    /// It was given up before.
    More,
}

impl<'a, R: Read + AsFd> Ear<'a, R> {
    pub(super) fn new(from: R, given_up: &'a UnixStream) -> Self {
        Self { from, given_up, rest: REST }
    }

    pub(super) fn listen<'b>(&mut self, piece: &'b mut [u8]) -> io::Result<Said<'b>> {
        loop {
            let (has_more, is_given_up) = self.wait()?;
            if is_given_up && (!has_more || self.rest == 0) {
                return Ok(Said::More);
            }
            if !has_more {
                continue;
            }
            match self.from.read(piece) {
                Ok(0) => return Ok(Said::End),
                Ok(len) => {
                    self.rest = self.rest.saturating_sub(if is_given_up { len } else { 0 });
                    return Ok(Said::Piece(piece.get(..len).unwrap_or_default()));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether there is something to read, if only the end; and whether it is given up.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
        let mut fds = [self.from.as_fd(), self.given_up.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => {
                let [from, given_up] = &fds;
                Ok((ready(from), ready(given_up)))
            }
            Err(Errno::EINTR) => Ok((false, false)),
            Err(errno) => Err(errno.into()),
        }
    }
}
