//! What a command wrote, kept from the caller until it is known how the command ended.

use std::io::{self, BufReader, Read as _, Seek as _};

use tempfile::SpooledTempFile;

use super::frames::{self, Stream};
use super::replay::{self, Cut};

/// So much is held in memory; the rest goes to a file without a name.
const IN_MEMORY_AT_MOST: usize = 1 << 20;

pub(super) struct Hold {
    spool: SpooledTempFile,
    /// Up to here it is whole frames, whatever a failed write left behind them.
    whole: u64,
}

impl Hold {
    pub(super) fn new() -> Self {
        Self { spool: SpooledTempFile::new(IN_MEMORY_AT_MOST), whole: 0 }
    }

    pub(super) fn keep(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        frames::write(&mut self.spool, stream, bytes)?;
        self.whole = self.spool.stream_position()?;
        Ok(())
    }

    /// Gives the caller all of it, and then the status.
    pub(super) fn release(mut self, status: u8) -> Result<u8, Cut> {
        let mut end = Vec::new();
        let ready = frames::write_exit(&mut end, status).and_then(|()| self.spool.rewind());
        ready.map_err(Cut::Unfinished)?;
        replay::replay(BufReader::new(self.spool.take(self.whole)).chain(&end[..]))
    }
}
