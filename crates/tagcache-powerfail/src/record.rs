//! The record: what every process was about to do and what had returned, in one file outside of the filesystem whose
//! power is cut.
//!
//! All processes append to the one file, so the place of a line is its time: a line that stands before another was
//! written before it. No clock is compared. The machine goes on running, hence nobody has to wait for the disk.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::deed::Deed;
use crate::value::Author;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A call is about to be made.
    Begin(Author, Deed),
    /// Its computation, if it has one, begins: the place in the log has been taken.
    Marked(Author),
    /// It returned.
    End(Author, Outcome),
    /// The power was cut, and every process died.
    Cut(Cut),
}

/// The instant of a power cut, as two places of the record between which it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What stands before this place had returned when the power went. What is said to have returned behind it is not
    /// believed.
    pub returned: u64,
    /// What stands behind this place began when there was no power any more.
    pub begun: u64,
}

/// How a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// A value was to be stored, and was not: there was one, or an invalidation overtook it.
    NotStored,
    /// With an error, or with a fault that was kept from the caller.
    Failed(String),
}

impl Line {
    /// Reads what [`Display`](fmt::Display) wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(places) = text.strip_prefix("cut ") {
            let (returned, begun) = places.split_once(' ')?;
            return Some(Self::Cut(Cut { returned: returned.parse().ok()?, begun: begun.parse().ok()? }));
        }
        let (author, rest) = text.split_once(' ')?;
        let (writer, step) = author.split_once('.')?;
        let author = Author { writer: writer.parse().ok()?, step: step.parse().ok()? };
        let (word, more) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(match word {
            "begin" => Self::Begin(author, Deed::parse(more)?),
            "marked" => Self::Marked(author),
            "done" => Self::End(author, Outcome::Done),
            "not-stored" => Self::End(author, Outcome::NotStored),
            "failed" => Self::End(author, Outcome::Failed(more.to_owned())),
            _ => return None,
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(author, deed) => write!(f, "{author} begin {deed}"),
            Self::Marked(author) => write!(f, "{author} marked"),
            Self::End(author, Outcome::Done) => write!(f, "{author} done"),
            Self::End(author, Outcome::NotStored) => write!(f, "{author} not-stored"),
            // One event, one line.
            Self::End(author, Outcome::Failed(why)) => {
                write!(f, "{author} failed {}", why.replace('\n', " "))
            }
            Self::Cut(Cut { returned, begun }) => write!(f, "cut {returned} {begun}"),
        }
    }
}

/// The file, open for appending.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<File>);

impl Recorder {
    /// Opens the record, made if it is missing.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self(Arc::new(file)))
    }

    /// Writes one line, in one call to the kernel, which gives the lines of all processes an order.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, line: &Line) -> io::Result<()> {
        (&*self.0).write_all(format!("{line}\n").as_bytes())
    }

    /// Writes down a cut, behind whatever the processes that it killed left of their last lines.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_cut(&self, cut: Cut) -> io::Result<()> {
        (&*self.0).write_all(format!("\n\n{}\n", Line::Cut(cut)).as_bytes())
    }

    /// Now, as a place in the record.
    ///
    /// # Errors
    /// When the file cannot be asked for its length.
    pub fn now(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }
}

/// All lines of a record, each with the place where it ends. Half a line in front of an empty one, or at the end, is what
/// a killed process left, and is skipped.
///
/// # Errors
/// The first line that is none.
pub fn parse(text: &str) -> Result<Vec<(u64, Line)>, String> {
    let mut lines = Vec::new();
    let mut end = 0u64;
    let mut rest = text.split_inclusive('\n').peekable();
    while let Some(line) = rest.next() {
        end += line.len() as u64;
        let Some(line) = line.strip_suffix('\n') else { break };
        match Line::parse(line) {
            Some(line) => lines.push((end, line)),
            None if line.is_empty() || rest.peek() == Some(&"\n") => {}
            None => return Err(format!("no line of a record: {line}")),
        }
    }
    Ok(lines)
}
