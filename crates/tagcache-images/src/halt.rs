//! Why a run, or a part of it, stops before its end.

use std::fmt;
use std::io;
use std::path::Path;

/// A reason to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// This machine cannot do it: no root, no tool, no such filesystem. No fault of what is tested.
    Skip(String),
    /// It should have worked.
    Fail(String),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip(why) | Self::Fail(why) => f.write_str(why),
        }
    }
}

impl Halt {
    /// A failed call that concerns a path.
    #[must_use = "it makes an error"]
    pub fn at<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| Self::Fail(format!("cannot {doing} {}: {error}", path.display()))
    }
}
