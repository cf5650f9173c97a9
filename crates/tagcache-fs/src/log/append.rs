//! The invalidator's side of the log.

use super::format::{Kind, RECORD_BYTES, Record};
use super::{BROKEN_MODE, OpenLog, PAUSE, ROTATE_BYTES, State, TRIES, state};
use crate::error::Error;
use crate::name::{Digest, LOG};
use crate::root::Root;
use crate::sys::{Errno, FileKind, OpenMode, Sys};

impl<S: Sys> Root<S> {
    /// Writes a record so that every fill which was marked before will see it: into the log that is current *after*
    /// the write, or by breaking that log.
    pub(crate) fn append(&self, kind: Kind, digest: Digest) -> Result<(), Error> {
        let record = Record { kind, at: self.sys().now(), digest }.print();
        for _ in 0..TRIES {
            let log = match self.log() {
                Ok(log) => log,
                // No log can be opened or made (a full disk, say): the one at the path may still be broken.
                Err(error) => return self.break_log_at_path().map_err(|_| error),
            };
            if self.append_to(&log, &record)? {
                return Ok(());
            }
            self.forget_log();
        }
        Err(self.failed("append to", LOG)(Errno::AGAIN))
    }

    /// Whether the record counts: the log was still the current one after the write.
    fn append_to(&self, log: &OpenLog<S>, record: &[u8; RECORD_BYTES]) -> Result<bool, Error> {
        let failed = match self.sys().write(&log.file, record) {
            Ok(RECORD_BYTES) => None,
            // Half a record: there was no space for the other half.
            Ok(_) => Some(Errno::NOSPC),
            Err(errno) => Some(errno),
        };
        if let Some(errno) = failed {
            self.break_log_at_path().map_err(|_| self.failed("append to", LOG)(errno))?;
            return Ok(true);
        }
        let stat = self.stat_log(&log.file)?;
        match state(&stat) {
            State::Current if stat.size > ROTATE_BYTES => {
                // Housekeeping: the record is safe where it is, and whoever comes next tries again.
                let _ = self.rotate();
                Ok(true)
            }
            State::Current => Ok(true),
            State::Retired => Ok(false),
            State::Broken => self.is_at_path(&log.file),
        }
    }

    /// A broken log at the path stands for every record: no fill that was marked in it is stored, and no fill can be
    /// marked before there is a new one.
    fn break_log_at_path(&self) -> Result<(), Errno> {
        let sys = self.sys();
        for _ in 0..TRIES {
            // An open file of its own: the lock ends with it.
            let file = sys.open(self.dir(), LOG, OpenMode::Read)?;
            if sys.stat(&file)?.kind != FileKind::File {
                // Planted, and not ours to change.
                return Err(Errno::INVAL);
            }
            // A rotation that looked at the mode before this, and changes it after this, would undo it.
            match sys.try_lock(&file) {
                Err(Errno::AGAIN) => {
                    sys.wait(PAUSE);
                    continue;
                }
                other => other?,
            }
            if self.is_at_path(&file).map_err(|error| error.errno())? {
                return sys.set_mode(&file, BROKEN_MODE);
            }
        }
        Err(Errno::AGAIN)
    }

    fn is_at_path(&self, file: &S::File) -> Result<bool, Error> {
        let open = self.stat_log(file)?;
        match self.sys().stat_at(self.dir(), LOG) {
            Ok(named) => Ok(named.same_file(&open)),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(self.failed("stat", LOG)(errno)),
        }
    }

    /// Everything that this process and all others removed before is on disk when the log is: the journal of ext4
    /// and xfs is one ordered sequence.
    pub(crate) fn sync_log(&self) -> Result<(), Error> {
        let log = self.log()?;
        self.sys().sync(&log.file).map_err(self.failed("sync", LOG))
    }
}
