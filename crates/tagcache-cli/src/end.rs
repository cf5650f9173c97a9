//! How the program ends.

use std::error::Error;
use std::io;

/// Done, or a hit.
pub(crate) const DONE: u8 = 0;
/// A miss, or nothing matched.
pub(crate) const MISS: u8 = 1;
/// An error, or wrong usage.
pub(crate) const ERROR: u8 = 2;
/// `run` failed itself, and the command was not run, or not to its end.
pub(crate) const RUN_FAILED: u8 = 125;
/// The command cannot be executed.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// There is no such command.
pub(crate) const NOT_FOUND: u8 = 127;

/// Why something was not done, in words for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Nobody reads what is written: no error.
    pub(crate) is_closed_pipe: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_closed_pipe: false }
    }

    /// An error with what it was about.
    pub(crate) fn about(what: &str, error: &dyn Error) -> Self {
        Self::new(format!("{what}: {}", chain(error)))
    }

    /// Writing to standard output failed.
    pub(crate) fn output(error: &io::Error) -> Self {
        let is_closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { message: format!("cannot write to standard output: {error}"), is_closed_pipe }
    }
}

impl From<tagcache::Error> for Failure {
    fn from(error: tagcache::Error) -> Self {
        Self::new(in_words(&error))
    }
}

/// An error of the cache for somebody who has this program and not its code.
pub(crate) fn in_words(error: &tagcache::Error) -> String {
    match error {
        tagcache::Error::TooManyTags { given, limit } => {
            format!(
                "an entry with {given} tags has more than the {limit} that there may be; use fewer, coarser tags"
            )
        }
        error => chain(error),
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// What a command that went well exits with.
pub(crate) type Outcome = Result<u8, Failure>;
