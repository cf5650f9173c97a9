//! The truth outside: one file that every process appends to, in the order in which things happened.
//!
//! A record is written by one `write` to a file opened with `O_APPEND`, so the kernel puts all records of all processes
//! into one order, whoever dies. The place of a record is its *ticket*: a ticket is unique, and of two records the one
//! that was written first has the lower one. All records have one length that divides a page, so a reader never finds
//! half of one.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::event::Event;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 32;

/// The place of a record.
pub type Ticket = u64;

/// The journal, open for one writer.
#[derive(Debug)]
pub struct Journal {
    end: File,
    pages: File,
    read: Ticket,
    buffer: Vec<u8>,
}

impl Journal {
    /// Opens the journal, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let end = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { end, pages: File::open(path)?, read: 0, buffer: vec![0; 128 * RECORD_BYTES] })
    }

    /// Opens a journal that is there.
    ///
    /// # Errors
    /// When it is not, or cannot be opened.
    pub fn open_existing(path: &Path) -> io::Result<Self> {
        File::open(path)?;
        Self::open(path)
    }

    /// Says what happens now, and returns the place of that in the order of all things.
    ///
    /// # Errors
    /// When it cannot be written whole.
    pub fn append(&mut self, event: Event) -> io::Result<Ticket> {
        let record = seal(event.encode());
        if self.end.write(&record)? != RECORD_BYTES {
            return Err(io::Error::new(io::ErrorKind::WriteZero, "half a record in the journal"));
        }
        // After a write with O_APPEND the position is the end of what was written, whoever wrote in between.
        let behind = self.end.stream_position()? / RECORD_BYTES as u64;
        behind.checked_sub(1).ok_or_else(|| io::Error::other("the journal has no record after a write"))
    }

    /// Tells what was written since this was asked last.
    ///
    /// # Errors
    /// When the journal cannot be read or holds something that is no record.
    pub fn news(&mut self, mut tell: impl FnMut(Ticket, Event)) -> io::Result<()> {
        loop {
            let got = self.pages.read_at(&mut self.buffer, self.read * RECORD_BYTES as u64)?;
            let whole = self.buffer.get(..got).unwrap_or_default();
            for record in whole.chunks_exact(RECORD_BYTES) {
                let event = open_seal(record).and_then(Event::decode);
                let event = event.ok_or_else(|| io::Error::other("the journal is damaged"))?;
                tell(self.read, event);
                self.read += 1;
            }
            if got < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

fn checksum(body: &[u8]) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish().to_le_bytes()
}

fn seal(body: [u8; 24]) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..24].copy_from_slice(&body);
    record[24..].copy_from_slice(&checksum(&body));
    record
}

fn open_seal(record: &[u8]) -> Option<[u8; 24]> {
    let (body, sum) = record.split_first_chunk::<24>()?;
    (*sum == checksum(body)).then_some(*body)
}
