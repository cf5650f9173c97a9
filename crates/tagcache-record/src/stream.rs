//! A record whose payload comes piece by piece, and is never in memory whole.

use crc32fast::Hasher;

use crate::error::SealError;
use crate::head::{Facts, Lengths};
use crate::header::{CHUNK_CRC_LEN, CHUNK_LEN, HEADER_LEN, MAX_PAYLOAD_LEN};
use crate::seal::{check_times, checked_lengths, close_head, write_head};

/// Accounts for a record that is being written piece by piece. It holds the head, and four bytes for each chunk.
///
/// The file is written in this order: a head of the right length, the payload, the table, and at last the true head over
/// the first one. Until then it is no record.
///
/// ```
/// use tagcache_record::{Facts, Stream, parse};
///
/// let mut stream = Stream::begin(b"film", &["movies"])?;
/// let mut file = stream.head().to_vec();
/// for piece in [&b"one reel"[..], b", and another"] {
///     stream.append(piece)?;
///     file.extend_from_slice(piece);
/// }
/// let ends = stream.finish(&Facts::default())?;
/// file.extend_from_slice(&ends.table);
/// file[..ends.head.len()].copy_from_slice(&ends.head);
/// assert_eq!(parse(&file)?.payload, b"one reel, and another");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a record that is not finished cannot be read"]
pub struct Stream {
    head: Vec<u8>,
    lengths: Lengths,
    /// Over the number and the bytes of the chunk that is being filled, as if nothing stood before it.
    chunk: Hasher,
    /// The same of the chunks that are full.
    full: Vec<u32>,
}

/// What is known of a record only at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The head, as long as the one in whose place it comes.
    pub head: Vec<u8>,
    /// The table that follows the payload.
    pub table: Vec<u8>,
}

impl Stream {
    /// A record with no payload yet.
    ///
    /// The tags must be in ascending order without duplicates, as they come from a `BTreeSet`.
    ///
    /// # Errors
    ///
    /// As for [`Unsealed::begin`](crate::Unsealed::begin).
    pub fn begin<T: AsRef<[u8]>>(key: &[u8], tags: &[T]) -> Result<Self, SealError> {
        let facts = Facts::default();
        let lengths = checked_lengths(&facts, key, tags)?;
        let mut head = Vec::new();
        write_head(&mut head, &facts, &lengths, key, tags);
        Ok(Self { head, lengths, chunk: begun(0), full: Vec::new() })
    }

    /// A head of the right length, to be written first. It is that of an empty payload, and the true one comes in its
    /// place.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// How many bytes the whole record has if nothing more is appended.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.lengths.record()
    }

    /// Accounts for the next bytes of the payload.
    ///
    /// # Errors
    ///
    /// [`SealError::PayloadLength`] if the payload would be longer than a record can hold; the bytes are not counted.
    pub fn append(&mut self, mut piece: &[u8]) -> Result<(), SealError> {
        let len = self.lengths.payload.saturating_add(piece.len() as u64);
        if len > MAX_PAYLOAD_LEN {
            return Err(SealError::PayloadLength { found: len });
        }
        while !piece.is_empty() {
            let (part, rest) = piece.split_at(piece.len().min(CHUNK_LEN - self.filled()));
            self.chunk.update(part);
            self.lengths.payload += part.len() as u64;
            piece = rest;
            if self.filled() == 0 {
                self.close_chunk();
            }
        }
        Ok(())
    }

    /// The true head, and the table.
    ///
    /// # Errors
    ///
    /// [`SealError::KeepUntil`] if `facts.keep_until` comes before `facts.expires_at`.
    pub fn finish(mut self, facts: &Facts) -> Result<Ends, SealError> {
        check_times(facts)?;
        let mut last = CHUNK_LEN;
        if self.filled() > 0 {
            last = self.filled();
            self.close_chunk();
        }
        let mut head = self.head;
        head[..HEADER_LEN].copy_from_slice(&facts.write(&self.lengths));
        let crc = close_head(&mut head);
        let mut table = Vec::with_capacity(self.full.len() * CHUNK_CRC_LEN);
        for (place, alone) in (1..).zip(&self.full) {
            let len = if place == self.full.len() { last } else { CHUNK_LEN };
            table.extend_from_slice(&behind(crc, *alone, len).to_le_bytes());
        }
        Ok(Ends { head, table })
    }

    /// How much of the chunk is filled; a full one is closed.
    fn filled(&self) -> usize {
        // A remainder of `CHUNK_LEN` fits.
        usize::try_from(self.lengths.payload % CHUNK_LEN as u64).unwrap_or(0)
    }

    fn close_chunk(&mut self) {
        let next = begun(self.full.len() as u64 + 1);
        self.full.push(std::mem::replace(&mut self.chunk, next).finalize());
    }
}

/// The checksum of a chunk that begins, with its number.
fn begun(index: u64) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(&index.to_le_bytes());
    hasher
}

/// What the checksum of a chunk of `len` bytes is when that of the head goes before it: FORMAT 2.4.
fn behind(head_crc: u32, alone: u32, len: usize) -> u32 {
    let numbered = (size_of::<u64>() + len) as u64;
    let mut whole = Hasher::new_with_initial(head_crc);
    whole.combine(&Hasher::new_with_initial_len(alone, numbered));
    whole.finalize()
}
