//! What is written where: data to standard output, everything else to standard error.

use std::fmt::Display;
use std::io::{self, BufWriter, Read, StdoutLock, Write};

use serde::Serialize;

use crate::end::Failure;
use crate::names;

/// Standard output, for data. What is left in it is written by [`Out::finish`].
pub(crate) struct Out(BufWriter<StdoutLock<'static>>);

impl Out {
    pub(crate) fn new() -> Self {
        Self(BufWriter::with_capacity(64 << 10, io::stdout().lock()))
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write_all(bytes).map_err(|error| Failure::output(&error))
    }

    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        writeln!(self.0, "{line}").map_err(|error| Failure::output(&error))
    }

    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.0, value).map_err(|error| Failure::output(&error.into()))?;
        self.bytes(b"\n")
    }

    /// Everything that a value gives. What is wrong with the value is the inner error, what is wrong with the output the outer.
    pub(crate) fn copy(&mut self, mut from: impl Read) -> Result<io::Result<()>, Failure> {
        let mut piece = vec![0; 64 << 10];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return Ok(Ok(())),
                Ok(len) => self.bytes(piece.get(..len).unwrap_or_default())?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.0.flush().map_err(|error| Failure::output(&error))
    }
}

/// One report: as JSON or as lines.
pub(crate) fn report(json: bool, value: &impl Serialize, lines: &[(&str, String)]) -> Result<(), Failure> {
    let mut out = Out::new();
    if json {
        out.json(value)?;
    } else {
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in lines {
            out.line(format_args!("{name:width$}  {value}"))?;
        }
    }
    out.finish()
}

/// A word to the person, on standard error. If nobody hears it, nothing is lost.
pub(crate) fn tell(message: impl Display) {
    let _ = writeln!(io::stderr().lock(), "tagcache: {}", names::safe(&message.to_string()));
}
