//! Invalidations by the ten thousand, as far as the log is concerned.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

/// A little less than what a log may hold: the next invalidation or the one after rotates it.
const RECORDS: usize = 32_760;

/// `Done` of FORMAT 1.5: an invalidation came to its end, which concerns nobody.
const DONE: u8 = 6;

/// Appends records to the log of a cache until it is as good as full.
///
/// # Errors
/// When there is no log that can be written.
pub(crate) fn fill_log(cache: &Path) -> io::Result<()> {
    let mut record = [0; 32];
    record[0] = DONE;
    // One write: it may be cut by a kill, but only between two pages, and so between two records.
    let mut log = OpenOptions::new().append(true).open(cache.join("log"))?;
    let wanted = (1 << 20) - usize::try_from(log.metadata()?.len()).unwrap_or(0).min(1 << 20);
    let records = (wanted / 32).min(RECORDS);
    log.write(&record.repeat(records)).map(drop)
}
