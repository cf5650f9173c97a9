//! What a recorded run is: pieces of what the command wrote, in the order in which they came, and how it exited.
//!
//! A frame is a letter, the length of what follows (four bytes, the lowest first), and that: `o` standard output, `e`
//! standard error, and at the end `x` with the exit status, one byte. A record without its last frame was never stored.

use std::io::{self, BufRead, ErrorKind, Write};

use tagcache::EntryInfo;
use tagcache::codec::{Codec as _, Fingerprint, Raw};

/// The schema of such values: no reader takes them for plain bytes. Another form gets another name.
pub(crate) const SCHEMA: &str = "tagcache run 1";

/// Whether an entry holds a recorded run.
pub(crate) fn is_run(entry: &EntryInfo) -> bool {
    entry.codec == Raw::ID && entry.schema == Fingerprint::named(SCHEMA)
}

/// Where a command wrote something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

const EXIT: u8 = b'x';

impl Stream {
    const fn letter(self) -> u8 {
        match self {
            Self::Out => b'o',
            Self::Err => b'e',
        }
    }
}

/// No frame is longer, so no reader needs more memory than this.
pub(crate) const MAX_FRAME: usize = 64 << 10;

pub(crate) fn write(into: &mut impl Write, stream: Stream, bytes: &[u8]) -> io::Result<()> {
    bytes.chunks(MAX_FRAME).try_for_each(|piece| frame(into, stream.letter(), piece))
}

pub(crate) fn write_exit(into: &mut impl Write, status: u8) -> io::Result<()> {
    frame(into, EXIT, &[status])
}

fn frame(into: &mut impl Write, letter: u8, bytes: &[u8]) -> io::Result<()> {
    let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    into.write_all(&[letter])?;
    into.write_all(&len.to_le_bytes())?;
    into.write_all(bytes)
}

/// The frames of a recorded run, one after the other.
pub(crate) struct Frames<R> {
    from: R,
    piece: Vec<u8>,
    status: Option<u8>,
}

impl<R: BufRead> Frames<R> {
    pub(crate) fn new(from: R) -> Self {
        Self { from, piece: Vec::new(), status: None }
    }

    /// What comes next; `None` at the end, when the status is known.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Stream, &[u8])>> {
        let mut head = [0; 5];
        self.from.read_exact(&mut head)?;
        let [letter, len @ ..] = head;
        let len = u32::from_le_bytes(len) as usize;
        if len > MAX_FRAME {
            return Err(no_run());
        }
        self.piece.resize(len, 0);
        self.from.read_exact(&mut self.piece)?;
        match (letter, &self.piece[..]) {
            (b'o', piece) => Ok(Some((Stream::Out, piece))),
            (b'e', piece) => Ok(Some((Stream::Err, piece))),
            (EXIT, [status]) => {
                self.status = Some(*status);
                Ok(None)
            }
            _ => Err(no_run()),
        }
    }

    /// How the command exited, once the end was reached.
    pub(crate) fn status(&self) -> Option<u8> {
        self.status
    }
}

fn no_run() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "this is no recorded run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_piece_by_piece_and_then_the_status() {
        let mut record = Vec::new();
        let long = vec![7; MAX_FRAME + 1];
        write(&mut record, Stream::Out, b"one").unwrap();
        write(&mut record, Stream::Err, &long).unwrap();
        write(&mut record, Stream::Out, b"").unwrap();
        write_exit(&mut record, 3).unwrap();
        let mut frames = Frames::new(&record[..]);
        assert_eq!(frames.next().unwrap(), Some((Stream::Out, &b"one"[..])));
        assert_eq!(frames.next().unwrap(), Some((Stream::Err, &long[..MAX_FRAME])));
        assert_eq!(frames.next().unwrap(), Some((Stream::Err, &long[MAX_FRAME..])));
        assert_eq!(frames.next().unwrap(), None);
        assert_eq!(frames.status(), Some(3));
    }

    #[test]
    fn whatever_is_no_record_of_a_run_is_an_error_and_takes_no_memory() {
        let mut record = Vec::new();
        write(&mut record, Stream::Out, b"one").unwrap();
        write_exit(&mut record, 0).unwrap();
        for end in 0..record.len() {
            let mut frames = Frames::new(&record[..end]);
            let outcome = loop {
                match frames.next() {
                    Ok(Some(_)) => {}
                    other => break other.map(drop),
                }
            };
            assert!(outcome.is_err(), "cut at {end}");
        }
        assert!(Frames::new(&b"o\xff\xff\xff\xff"[..]).next().is_err());
        assert!(Frames::new(&b"q\0\0\0\0"[..]).next().is_err());
        assert!(Frames::new(&b"x\0\0\0\0"[..]).next().is_err());
    }
}
