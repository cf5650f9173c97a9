//! Fields and payload to bytes, in one buffer and without a copy of the payload.

use crate::chunks;
use crate::error::SealError;
use crate::head::{Facts, Lengths};
use crate::header::{self, CHUNK_CRC_LEN, CHUNK_LEN, HEAD_CRC_LEN, offset};
use crate::tags;

/// A record whose payload is being written: the head already stands at the end of the caller's buffer, the
/// payload is appended behind it, and [`seal`](Unsealed::seal) completes both.
///
/// Dropped without `seal`, or when `seal` fails, it takes its bytes back, and the buffer ends where it ended
/// before.
///
/// ```
/// use tagcache_record::{Facts, Unsealed, parse};
///
/// let mut file = Vec::new();
/// let mut unsealed = Unsealed::begin(&mut file, &Facts::default(), b"answer", &["life", "universe"])?;
/// unsealed.payload().extend_from_slice(b"42"); // or: codec.encode(&value, unsealed.payload())?
/// let len = unsealed.seal()?;
///
/// assert_eq!(len, file.len());
/// assert_eq!(parse(&file)?.payload, b"42");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A record that is not sealed cannot be used, as the buffer is borrowed until then:
///
/// ```compile_fail,E0505
/// # use tagcache_record::{Facts, Unsealed};
/// let mut file = Vec::new();
/// let unsealed = Unsealed::begin::<&str>(&mut file, &Facts::default(), b"answer", &[]).unwrap();
/// drop(file);
/// unsealed.seal().unwrap();
/// ```
///
/// A sealed one cannot be appended to:
///
/// ```compile_fail,E0382
/// # use tagcache_record::{Facts, Unsealed};
/// # let mut file = Vec::new();
/// let mut unsealed = Unsealed::begin::<&str>(&mut file, &Facts::default(), b"answer", &[]).unwrap();
/// unsealed.seal().unwrap();
/// unsealed.payload().push(0);
/// ```
#[derive(Debug)]
#[must_use = "a record that is not sealed is taken back from the buffer"]
pub struct Unsealed<'v> {
    buffer: &'v mut Vec<u8>,
    /// Where the record begins in the buffer.
    start: usize,
    /// Where the payload begins in the buffer.
    payload_start: usize,
    /// The checksum of the head as it was begun, with a payload length of zero.
    begun_crc: u32,
    sealed: bool,
}

impl<'v> Unsealed<'v> {
    /// Appends the head of a record to `buffer`. What the buffer holds already stays and is no part of the
    /// record.
    ///
    /// The tags must be in ascending order without duplicates, as they come from a `BTreeSet`.
    ///
    /// # Errors
    ///
    /// The buffer is as before, and
    /// - [`SealError::KeyLength`] if the key is empty or too long;
    /// - [`SealError::TagCount`], [`SealError::TagLength`] or [`SealError::TagOrder`] if there are too many
    ///   tags, or one is empty, too long or not greater than the one before it;
    /// - [`SealError::KeepUntil`] if `facts.keep_until` comes before `facts.expires_at`.
    pub fn begin<T: AsRef<[u8]>>(
        buffer: &'v mut Vec<u8>,
        facts: &Facts,
        key: &[u8],
        tags: &[T],
    ) -> Result<Self, SealError> {
        let lengths = checked_lengths(facts, key, tags)?;
        let start = buffer.len();
        let payload_start = start + lengths.head();
        let begun_crc = write_head(buffer, facts, &lengths, key, tags);
        Ok(Self { buffer, start, payload_start, begun_crc, sealed: false })
    }

    /// The buffer, for the encoder of the value to append to. What stands in it must be left alone.
    pub fn payload(&mut self) -> &mut Vec<u8> {
        self.buffer
    }

    /// Completes the record, and says how many bytes it has.
    ///
    /// # Errors
    ///
    /// The buffer ends where it ended before [`begin`](Unsealed::begin), and
    /// - [`SealError::HeadDisturbed`] if the encoder cut off or overwrote what it should have appended to;
    /// - [`SealError::PayloadLength`] if the payload is longer than a record can hold.
    pub fn seal(mut self) -> Result<usize, SealError> {
        if !self.head_is_intact() {
            return Err(SealError::HeadDisturbed);
        }
        let payload_end = self.buffer.len();
        let payload_len = (payload_end - self.payload_start) as u64;
        if payload_len > header::MAX_PAYLOAD_LEN {
            return Err(SealError::PayloadLength { found: payload_len });
        }
        let crc = self.complete_head(payload_len);
        self.append_table(crc, payload_end);
        self.sealed = true;
        Ok(self.buffer.len() - self.start)
    }

    /// Whether the head is still what `begin` wrote.
    fn head_is_intact(&self) -> bool {
        let head = self.buffer.get(self.start..self.payload_start);
        head.and_then(<[u8]>::split_last_chunk::<HEAD_CRC_LEN>).is_some_and(|(covered, crc)| {
            *crc == self.begun_crc.to_le_bytes() && crc32fast::hash(covered) == self.begun_crc
        })
    }

    /// Puts the length of the payload and the checksum into the head.
    fn complete_head(&mut self, payload_len: u64) -> u32 {
        let head = &mut self.buffer[self.start..self.payload_start];
        head[offset::PAYLOAD_LEN..][..8].copy_from_slice(&payload_len.to_le_bytes());
        close_head(head)
    }

    /// Appends the checksum of each chunk of the payload.
    fn append_table(&mut self, head_crc: u32, payload_end: usize) {
        let starts = (self.payload_start..payload_end).step_by(CHUNK_LEN);
        self.buffer.reserve(starts.len() * CHUNK_CRC_LEN);
        for (index, start) in (0..).zip(starts) {
            let end = payload_end.min(start + CHUNK_LEN);
            let crc = chunks::checksum(head_crc, index, &self.buffer[start..end]);
            self.buffer.extend_from_slice(&crc.to_le_bytes());
        }
    }
}

impl Drop for Unsealed<'_> {
    fn drop(&mut self) {
        if !self.sealed {
            self.buffer.truncate(self.start);
        }
    }
}

/// Appends a head, and gives its checksum.
pub(crate) fn write_head<T: AsRef<[u8]>>(
    buffer: &mut Vec<u8>,
    facts: &Facts,
    lengths: &Lengths,
    key: &[u8],
    tags: &[T],
) -> u32 {
    let start = buffer.len();
    buffer.reserve(lengths.head());
    buffer.extend_from_slice(&facts.write(lengths));
    buffer.extend_from_slice(key);
    tags::write_section(tags, buffer);
    buffer.resize(start + lengths.head(), 0);
    close_head(&mut buffer[start..])
}

/// Puts the checksum of a head at its end.
pub(crate) fn close_head(head: &mut [u8]) -> u32 {
    let (covered, crc) = head.split_at_mut(head.len() - HEAD_CRC_LEN);
    let head_crc = crc32fast::hash(covered);
    crc.copy_from_slice(&head_crc.to_le_bytes());
    head_crc
}

/// Whether the times of a record can be read back.
pub(crate) fn check_times(facts: &Facts) -> Result<(), SealError> {
    let Facts { expires_at, keep_until, .. } = *facts;
    if keep_until < expires_at { Err(SealError::KeepUntil { expires_at, found: keep_until }) } else { Ok(()) }
}

/// Checks everything that can be wrong with a head before its first byte is written.
pub(crate) fn checked_lengths<T: AsRef<[u8]>>(
    facts: &Facts,
    key: &[u8],
    tags: &[T],
) -> Result<Lengths, SealError> {
    if key.is_empty() || key.len() > header::MAX_KEY_LEN {
        return Err(SealError::KeyLength { found: key.len() });
    }
    check_times(facts)?;
    let tag_count = u16::try_from(tags.len()).map_err(|_| SealError::TagCount { found: tags.len() })?;
    Ok(Lengths { payload: 0, key: key.len(), tags: tags::section_len(tags)?, tag_count })
}
