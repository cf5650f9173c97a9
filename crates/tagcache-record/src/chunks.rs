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

/// Compares each chunk of `payload` with its line in `table`, which has the right length.
pub(crate) fn verify(head_crc: u32, payload: &[u8], table: &[u8]) -> Result<(), ParseError> {
    let stored = table.chunks_exact(CHUNK_CRC_LEN).map(|line| u32::from_le_bytes(array(line, 0)));
    for ((index, chunk), expected) in (0..).zip(payload.chunks(CHUNK_LEN)).zip(stored) {
        let found = checksum(head_crc, index, chunk);
        if found != expected {
            return Err(ParseError::ChunkChecksum { chunk: index, expected, found });
        }
    }
    Ok(())
}
