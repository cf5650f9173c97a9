//! From an open entry to its payload in memory: read, check, and no copy that can be spared.

use tagcache_fs::{Entry, Sys};
use tagcache_record::{Head, ParseError, parse, parse_head, peek_head_len};

use crate::error::Error;
use crate::lookup::Miss;

/// A file larger than this is not read before its head says that it is one of ours, and is worth reading: a planted
/// sparse file costs no memory, and the payload comes into a buffer of its own. A smaller one is read in one call; where
/// its payload becomes the value it is moved to the front of the buffer, and no second one is needed.
const READ_AT_ONCE: u64 = 1 << 20;

/// Enough for most heads.
const HEAD_GUESS: u64 = 4096;

/// A payload that was checked: what its buffer holds from `start` on.
pub(crate) struct Payload {
    pub(crate) buffer: Vec<u8>,
    pub(crate) start: usize,
}

/// Reads a whole entry and has its head looked at; what the look refuses is a miss.
pub(crate) fn load<S: Sys, R>(
    entry: &Entry<S>,
    look: impl FnOnce(&Head<'_>) -> Result<R, Miss>,
) -> Result<Result<(R, Payload), Miss>, Error> {
    if entry.meta().size > READ_AT_ONCE { load_large(entry, look) } else { load_small(entry, look) }
}

/// Head, payload and table in one call, into one buffer.
fn load_small<S: Sys, R>(
    entry: &Entry<S>,
    look: impl FnOnce(&Head<'_>) -> Result<R, Miss>,
) -> Result<Result<(R, Payload), Miss>, Error> {
    let mut buffer = Vec::new();
    entry.read(&mut buffer, entry.meta().size)?;
    let (looked, start, end) = match parse(&buffer) {
        Ok(record) => {
            let start = record.head.len_bytes();
            (look(&record.head), start, start + record.payload.len())
        }
        Err(damage) => return Ok(Err(Miss::Damaged(damage))),
    };
    buffer.truncate(end);
    Ok(looked.map(|looked| (looked, Payload { buffer, start })))
}

/// The head first, then the payload and its table into a buffer of their own.
fn load_large<S: Sys, R>(
    entry: &Entry<S>,
    look: impl FnOnce(&Head<'_>) -> Result<R, Miss>,
) -> Result<Result<(R, Payload), Miss>, Error> {
    let mut begin = Vec::new();
    let looked = with_head(entry, &mut begin, |head| {
        look(head).map(|looked| (looked, head.len_bytes(), head.chunks()))
    })?;
    let (looked, head_len, chunks) = match looked {
        Ok(Ok(looked)) => looked,
        Ok(Err(miss)) => return Ok(Err(miss)),
        Err(damage) => return Ok(Err(Miss::Damaged(damage))),
    };
    let mut buffer = begin.split_off(head_len);
    let left = entry.meta().size.saturating_sub((head_len + buffer.len()) as u64);
    entry.read(&mut buffer, left)?;
    // The whole file was read, so where the length does not fit in a usize, it is not reached.
    let end = usize::try_from(chunks.payload_len()).unwrap_or(usize::MAX).min(buffer.len());
    let (payload, table) = buffer.split_at(end);
    if let Err(damage) = chunks.verify_all(payload, table) {
        return Ok(Err(Miss::Damaged(damage)));
    }
    buffer.truncate(end);
    Ok(Ok((looked, Payload { buffer, start: 0 })))
}

/// Reads no more than the head of a file, and looks at it.
pub(crate) fn with_head<S: Sys, R>(
    entry: &Entry<S>,
    bytes: &mut Vec<u8>,
    look: impl FnOnce(&Head<'_>) -> R,
) -> Result<Result<R, ParseError>, Error> {
    // Not beyond the end: a read that finds no more would cost a call.
    entry.read(bytes, HEAD_GUESS.min(entry.meta().size))?;
    let needed = match peek_head_len(bytes) {
        Ok(needed) => needed as u64,
        // Shorter than any head: the parser says so, with the length of the file.
        Err(ParseError::NeedBytes { .. }) => 0,
        Err(damage) => return Ok(Err(damage)),
    };
    entry.read(bytes, needed.saturating_sub(bytes.len() as u64))?;
    Ok(parse_head(bytes, entry.meta().size).map(|head| look(&head)))
}
