//! A new log takes the place of an old one.
//!
//! Under the lock of the old log: retire it, write the successor, rename it into place. A process that dies between
//! two steps leaves a retired log at the path, and whoever meets it goes on from there.

use super::format::{Header, Serial};
use super::{BROKEN_MODE, CURRENT_MODE, PAUSE, RETIRED_MODE, ROTATE_BYTES, State, TRIES, state};
use crate::error::Error;
use crate::name::{LOG, RelPath};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Replace, Sys};

impl<S: Sys> Root<S> {
    /// Puts a successor in the place of the log at the path, if that needs one. Returns also when another process did it.
    pub(super) fn rotate(&self) -> Result<(), Error> {
        let sys = self.sys();
        // An open file of its own: a lock is shared by all who share the open file.
        let old = match sys.open(self.dir(), LOG, OpenMode::Read) {
            Err(Errno::NOENT) => return self.make_first_log(),
            other => other.map_err(self.failed("open", LOG))?,
        };
        match sys.try_lock(&old) {
            Err(Errno::AGAIN) => {
                sys.wait(PAUSE);
                return Ok(());
            }
            other => other.map_err(self.failed("lock", LOG))?,
        }
        let stat = self.stat_log(&old)?;
        match sys.stat_at(self.dir(), LOG) {
            Ok(named) if named.same_file(&stat) => {}
            // It has its successor already.
            Ok(_) | Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(self.failed("stat", LOG)(errno)),
        }
        let header = self.read_header(&old)?;
        let is_good = state(&stat) == State::Current && stat.size <= ROTATE_BYTES;
        if header.is_some() && is_good {
            // Another process rotated between our look and our lock. A second rotation would race every fill that was
            // marked before the first.
            return Ok(());
        }
        if stat.mode & 0o777 != BROKEN_MODE {
            sys.set_mode(&old, RETIRED_MODE).map_err(self.failed("retire", LOG))?;
        }
        self.place_log(header.map_or([0; 16], |header| header.serial), Replace::Any)
    }

    /// Makes a log where there is none. One that was removed from outside has no successor: whoever was marked in
    /// it is raced.
    pub(super) fn make_first_log(&self) -> Result<(), Error> {
        self.place_log([0; 16], Replace::Never)
    }

    fn place_log(&self, predecessor: Serial, replace: Replace) -> Result<(), Error> {
        for _ in 0..TRIES {
            let draft = match self.draft_log(predecessor) {
                // A sweep holds it, about to remove it.
                Err(error) if error.errno() == Errno::AGAIN => continue,
                other => other?,
            };
            match self.move_log(&draft.path, replace) {
                // A sweep took the draft in the instant before it was locked.
                Err(Errno::NOENT) => {}
                other => {
                    let _ = self.sys().unlink(self.dir(), draft.path.as_c_str());
                    return match other {
                        Ok(()) | Err(Errno::EXIST) => Ok(()),
                        Err(errno) => Err(self.failed("make", LOG)(errno)),
                    };
                }
            }
        }
        Err(self.failed("make", LOG)(Errno::NOENT))
    }

    /// A link refuses to replace on every system; the draft's own name is removed by the caller.
    fn move_log(&self, draft: &RelPath, replace: Replace) -> Result<(), Errno> {
        match replace {
            Replace::Any => self.sys().rename(self.dir(), draft.as_c_str(), LOG, Replace::Any),
            Replace::Never => self.sys().link(self.dir(), draft.as_c_str(), LOG),
        }
    }

    fn draft_log(&self, predecessor: Serial) -> Result<LogDraft<S>, Error> {
        let sys = self.sys();
        let path = scratch::log(sys.random());
        let failed = |doing| self.failed(doing, path.as_c_str());
        let file = sys.open(self.dir(), path.as_c_str(), OpenMode::Create).map_err(failed("create"))?;
        let draft = LogDraft { path, file };
        let mut serial = [0; 16];
        serial[..8].copy_from_slice(&sys.random().to_le_bytes());
        // Never zero, which means "none".
        serial[8..].copy_from_slice(&(sys.random() | 1).to_le_bytes());
        let header = Header { serial, predecessor }.print();
        let written = sys
            .try_lock(&draft.file)
            .and_then(|()| sys.set_mode(&draft.file, CURRENT_MODE))
            .and_then(|()| sys.write(&draft.file, &header));
        match written {
            Ok(count) if count == header.len() => Ok(draft),
            Ok(_) => Err(self.give_up(&draft, Errno::NOSPC)),
            Err(errno) => Err(self.give_up(&draft, errno)),
        }
    }

    fn give_up(&self, draft: &LogDraft<S>, errno: Errno) -> Error {
        let _ = self.sys().unlink(self.dir(), draft.path.as_c_str());
        self.failed("write", draft.path.as_c_str())(errno)
    }
}

struct LogDraft<S: Sys> {
    path: RelPath,
    /// Held for its lock, which tells a sweep that the draft is alive.
    file: S::File,
}
