//! The fill's side of the log.

use std::fmt;
use std::sync::Arc;

use super::format::{self, HEADER_BYTES};
use super::{OpenLog, State, TRIES, state};
use crate::error::Error;
use crate::name::{Key, LOG, Tag};
use crate::root::Root;
use crate::sys::{Errno, OpenMode, Stat, Sys};

/// More than this is not read for one fill: it counts as raced.
const MAX_GAINED: u64 = 8 << 20;

/// A place in the log, remembered before a computation starts.
///
/// Keep it until the value is ready and give it to [`Root::draft`]. Whatever is invalidated in between and concerns
/// the value keeps it from being stored.
#[must_use = "a value may be stored only under a mark that was taken before it was computed"]
pub struct Mark<S: Sys> {
    log: Arc<OpenLog<S>>,
    len: u64,
    /// The root that it was taken in.
    root: Root<S>,
}

impl<S: Sys> Clone for Mark<S> {
    fn clone(&self) -> Self {
        Self { log: Arc::clone(&self.log), len: self.len, root: self.root.clone() }
    }
}

impl<S: Sys> fmt::Debug for Mark<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mark").field("len", &self.len).finish_non_exhaustive()
    }
}

/// An invalidation overtook the computation: the value is its caller's, and nobody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raced;

impl fmt::Display for Raced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an invalidation overtook the computation, so its value was not stored")
    }
}

impl std::error::Error for Raced {}

impl<S: Sys> Root<S> {
    /// Remembers the place in the log. One call to the kernel, once the log is open.
    ///
    /// # Errors
    /// When the log can be neither opened nor made: nothing may be stored then.
    pub fn mark(&self) -> Result<Mark<S>, Error> {
        for _ in 0..TRIES {
            let log = self.log()?;
            let stat = self.stat_log(&log.file)?;
            if state(&stat) == State::Current {
                return Ok(Mark { log, len: stat.size, root: self.clone() });
            }
            self.forget_log();
        }
        Err(self.failed("mark", LOG)(Errno::AGAIN))
    }

    /// Whether anything that the log gained since the mark concerns the key or one of the tags.
    ///
    /// The links must be visible before this is asked: the order is kept by the type of a draft.
    pub(crate) fn check(&self, mark: &Mark<S>, key: &Key, tags: &[Tag]) -> Result<Result<(), Raced>, Error> {
        if !mark.root.is_same_opening(self) {
            // The root was opened anew since: what was invalidated in this one is not in the log of that one.
            return Ok(Err(Raced));
        }
        let stat = self.stat_log(&mark.log.file)?;
        let state = state(&stat);
        if state == State::Current && stat.size == mark.len {
            return Ok(Ok(()));
        }
        if state == State::Broken || self.gained(&mark.log.file, mark.len, stat.size, key, tags)? {
            return Ok(Err(Raced));
        }
        if state == State::Retired { self.check_successor(mark, &stat, key, tags) } else { Ok(Ok(())) }
    }

    /// The mark's own log is read to its end, and whoever appends to it from now on appends again to the next: read
    /// that one from its beginning. A second rotation is too much.
    fn check_successor(
        &self,
        mark: &Mark<S>,
        own: &Stat,
        key: &Key,
        tags: &[Tag],
    ) -> Result<Result<(), Raced>, Error> {
        let file = match self.sys().open(self.dir(), LOG, OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(Err(Raced)),
            other => other.map_err(self.failed("open", LOG))?,
        };
        let stat = self.stat_log(&file)?;
        if stat.same_file(own) {
            // Retired, and its successor not yet in place: nothing can have been written there.
            return Ok(Ok(()));
        }
        let follows = self.read_header(&file)?.is_some_and(|header| header.predecessor == mark.log.serial);
        let start = HEADER_BYTES as u64;
        if !follows || state(&stat) != State::Current || self.gained(&file, start, stat.size, key, tags)? {
            return Ok(Err(Raced));
        }
        Ok(Ok(()))
    }

    /// Whether a record between the two places concerns the key or one of the tags.
    fn gained(&self, file: &S::File, from: u64, to: u64, key: &Key, tags: &[Tag]) -> Result<bool, Error> {
        let wanted = match to.checked_sub(from) {
            Some(len) if len <= MAX_GAINED => usize::try_from(len).unwrap_or(usize::MAX),
            // Far too much, or the log shrank: somebody meddled with it.
            _ => return Ok(true),
        };
        let mut bytes = Vec::new();
        while bytes.len() < wanted {
            let at = from + bytes.len() as u64;
            let missing = wanted - bytes.len();
            if self.sys().read_at(file, at, &mut bytes, missing).map_err(self.failed("read", LOG))? == 0 {
                return Ok(true);
            }
        }
        let digests: Vec<_> = tags.iter().map(Tag::digest).collect();
        Ok(format::concerns(&bytes, key.digest(), &digests))
    }
}
