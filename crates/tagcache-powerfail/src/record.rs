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
    /// The power was cut behind this place of the record, and every process died. What is said to have returned behind
    /// it is not believed.
    Cut(u64),
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
        if let Some(place) = text.strip_prefix("cut ") {
            return place.parse().ok().map(Self::Cut);
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
            Self::Cut(place) => write!(f, "cut {place}"),
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

    /// Now, as a place in the record.
    ///
    /// # Errors
    /// When the file cannot be asked for its length.
    pub fn now(&self) -> io::Result<u64> {
        self.0.metadata().map(|metadata| metadata.len())
    }
}

/// All lines of a record, each with the place where it ends. What a killed process left of a line is skipped.
///
/// # Errors
/// The first line that is none.
pub fn parse(text: &str) -> Result<Vec<(u64, Line)>, String> {
    let mut lines = Vec::new();
    let mut end = 0u64;
    for line in text.split_inclusive('\n') {
        end += line.len() as u64;
        let Some(line) = line.strip_suffix('\n') else { break };
        lines.push((end, Line::parse(line).ok_or_else(|| format!("no line of a record: {line}"))?));
    }
    Ok(lines)
}
