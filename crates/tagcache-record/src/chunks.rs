//! The chunks of a payload and their checksums.

use crc32fast::Hasher;

use crate::error::ParseError;
use crate::head::array;
use crate::header::{CHUNK_CRC_LEN, CHUNK_LEN};

/// Number of chunks of a payload.
pub(crate) const fn count(payload_len: u64) -> u64 {
    payload_len.div_ceil(CHUNK_LEN as u64)
}

/// Bytes of the chunk table of a payload.
pub(crate) const fn table_len(payload_len: u64) -> u64 {
    count(payload_len) * CHUNK_CRC_LEN as u64
}

/// The checksum of one chunk. It goes on from the checksum of the head and over the number of the chunk, so
/// that a chunk from another record, or from another place of this one, is not mistaken for this chunk.
pub(crate) fn checksum(head_crc: u32, index: u64, chunk: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(head_crc);
    hasher.update(&index.to_le_bytes());
    hasher.update(chunk);
    hasher.finalize()
}

/// The chunks of one record's payload, each of which can be checked alone: for a reader that does not hold all of it.
///
/// Comes from [`Head::chunks`](crate::Head::chunks), so the head has been checked.
///
/// ```
/// use tagcache_record::header::CHUNK_LEN;
/// use tagcache_record::{Facts, ParseError, Unsealed, parse_head, peek_head_len};
///
/// let mut file = Vec::new();
/// let mut unsealed = Unsealed::begin::<&str>(&mut file, &Facts::default(), b"film", &[])?;
/// unsealed.payload().extend_from_slice(&[b'x'; CHUNK_LEN + 10]);
/// unsealed.seal()?;
///
/// let head_len = peek_head_len(&file)?;
/// let chunks = parse_head(&file, file.len() as u64)?.chunks();
/// assert_eq!((chunks.count(), chunks.len_of(0), chunks.len_of(1)), (2, CHUNK_LEN, 10));
///
/// let (payload, table) = file[head_len..].split_at(CHUNK_LEN + 10);
/// let line = |index: usize| [0, 1, 2, 3].map(|byte| table[4 * index + byte]);
/// chunks.verify(1, &payload[CHUNK_LEN..], line(1))?;
/// let wrong = chunks.verify(0, &payload[..CHUNK_LEN], line(1));
/// assert!(matches!(wrong, Err(ParseError::ChunkChecksum { chunk: 0, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunks {
    head_crc: u32,
    payload_len: u64,
}

impl Chunks {
    pub(crate) const fn new(head_crc: u32, payload_len: u64) -> Self {
        Self { head_crc, payload_len }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        count(self.payload_len)
    }

    /// Bytes of a chunk: [`CHUNK_LEN`] for all but the last one, and none beyond it.
    #[must_use]
    pub fn len_of(&self, index: u64) -> usize {
        let before = index.saturating_mul(CHUNK_LEN as u64);
        usize::try_from(self.payload_len.saturating_sub(before)).unwrap_or(CHUNK_LEN).min(CHUNK_LEN)
    }

    /// Bytes of all of them: the payload.
    #[must_use]
    pub const fn payload_len(&self) -> u64 {
        self.payload_len
    }

    /// Bytes of the table behind the payload: [`CHUNK_CRC_LEN`] for each chunk.
    #[must_use]
    pub const fn table_len(&self) -> u64 {
        table_len(self.payload_len)
    }

    /// Compares a chunk with its line of the table.
    ///
    /// # Errors
    ///
    /// [`ParseError::ChunkChecksum`] when they differ: these are not the bytes that were sealed there.
    pub fn verify(&self, index: u64, chunk: &[u8], line: [u8; CHUNK_CRC_LEN]) -> Result<(), ParseError> {
        let (expected, found) = (u32::from_le_bytes(line), checksum(self.head_crc, index, chunk));
        if found == expected {
            Ok(())
        } else {
            Err(ParseError::ChunkChecksum { chunk: index, expected, found })
        }
    }

    /// Compares every chunk of a payload with its line.
    ///
    /// # Errors
    ///
    /// [`ParseError::Truncated`] when the payload or the table is not as long as the head says, and
    /// [`ParseError::ChunkChecksum`] for the first chunk that differs.
    pub fn verify_all(&self, payload: &[u8], table: &[u8]) -> Result<(), ParseError> {
        let expected = self.payload_len.saturating_add(self.table_len());
        let found = payload.len() as u64 + table.len() as u64;
        if payload.len() as u64 != self.payload_len || found != expected {
            return Err(ParseError::Truncated { expected, found });
        }
        let lines = table.chunks_exact(CHUNK_CRC_LEN).map(|line| array(line, 0));
        (0..)
            .zip(payload.chunks(CHUNK_LEN))
            .zip(lines)
            .try_for_each(|((index, chunk), line)| self.verify(index, chunk, line))
    }
}
