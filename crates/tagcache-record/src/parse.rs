//! Bytes to record, with every check.

use crate::error::ParseError;
use crate::head::{Head, Lengths};
use crate::header::{HEADER_LEN, MIN_RECORD_LEN};

/// A record, checked from its first byte to its last; it borrows the bytes that it was parsed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What stands in front of the payload.
    pub head: Head<'a>,
    /// The encoded value.
    pub payload: &'a [u8],
}

/// Parses a whole file and checks all of it, the payload included.
///
/// ```
/// use tagcache_record::{Facts, ParseError, Unsealed, parse};
///
/// let mut file = Vec::new();
/// let mut unsealed = Unsealed::begin(&mut file, &Facts::default(), b"blog-home", &["bio"])?;
/// unsealed.payload().extend_from_slice(b"<h1>Blog</h1>");
/// unsealed.seal()?;
///
/// let record = parse(&file)?;
/// assert_eq!(record.head.key, b"blog-home");
/// assert_eq!(record.payload, b"<h1>Blog</h1>");
///
/// *file.last_mut().unwrap() ^= 1;
/// assert!(matches!(parse(&file), Err(ParseError::ChunkChecksum { chunk: 0, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The first check that fails, in the order of the variants of [`ParseError`], but never
/// [`ParseError::NeedBytes`].
pub fn parse(bytes: &[u8]) -> Result<Record<'_>, ParseError> {
    let file_len = bytes.len() as u64;
    let (head, behind) = split_head(bytes, file_len)?;
    // The file has exactly the length that its head asks for, so this split cannot fail.
    let (payload, table) = usize::try_from(head.payload_len)
        .ok()
        .and_then(|payload_len| behind.split_at_checked(payload_len))
        .ok_or(ParseError::Truncated { expected: head.payload_len, found: file_len })?;
    head.chunks().verify_all(payload, table)?;
    Ok(Record { head, payload })
}

/// Parses and checks the head alone, from the first bytes of a file of `file_len` bytes.
///
/// This is what a listing or a sweep needs: the head has a checksum of its own, and a file that was cut off
/// is seen by its length. A damaged payload is not seen.
///
/// ```
/// use tagcache_record::{Facts, ParseError, Unsealed, parse_head};
///
/// let mut file = Vec::new();
/// let mut unsealed = Unsealed::begin(&mut file, &Facts::default(), b"blog-home", &["bio"])?;
/// unsealed.payload().extend_from_slice(&[b'x'; 1_000_000]);
/// let file_len = unsealed.seal()? as u64;
///
/// // A first read that was too short says how long the next one must be.
/// let Err(ParseError::NeedBytes { needed, .. }) = parse_head(&file[..100], file_len) else { panic!() };
/// let head = parse_head(&file[..needed], file_len)?;
/// assert_eq!(head.key, b"blog-home");
/// assert_eq!(head.payload_len, 1_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`ParseError::NeedBytes`] if `prefix` ends before the head does, though the file goes on;
/// - any other variant but [`ParseError::ChunkChecksum`], by the first check that fails.
pub fn parse_head(prefix: &[u8], file_len: u64) -> Result<Head<'_>, ParseError> {
    split_head(prefix, file_len).map(|(head, _)| head)
}

/// How many bytes from the beginning of the file [`parse_head`] needs, read from the first
/// [`header::HEADER_LEN`](crate::header::HEADER_LEN) of them.
///
/// The answer is at most [`header::MAX_HEAD_LEN`](crate::header::MAX_HEAD_LEN), whatever the bytes are. The
/// checksum has not been looked at yet.
///
/// # Errors
///
/// - [`ParseError::NeedBytes`] if `prefix` is shorter than the fixed header;
/// - [`ParseError::Magic`] to [`ParseError::PayloadLength`] if this is not a record of our version, or one
///   of its lengths is beyond its limit.
pub fn peek_head_len(prefix: &[u8]) -> Result<usize, ParseError> {
    fixed_header(prefix).and_then(Lengths::read).map(|lengths| lengths.head())
}

/// Parses the head; gives the bytes behind it, too.
fn split_head(prefix: &[u8], file_len: u64) -> Result<(Head<'_>, &[u8]), ParseError> {
    if file_len < MIN_RECORD_LEN as u64 {
        return Err(ParseError::Truncated { expected: MIN_RECORD_LEN as u64, found: file_len });
    }
    let lengths = Lengths::read(fixed_header(prefix)?)?;
    match lengths.record() {
        expected if expected > file_len => return Err(ParseError::Truncated { expected, found: file_len }),
        expected if expected < file_len => {
            return Err(ParseError::TrailingBytes { expected, found: file_len });
        }
        _ => {}
    }
    let needed = lengths.head();
    let (head, behind) =
        prefix.split_at_checked(needed).ok_or(ParseError::NeedBytes { needed, found: prefix.len() })?;
    Ok((Head::read(head, &lengths)?, behind))
}

/// The fixed header at the beginning of `prefix`.
fn fixed_header(prefix: &[u8]) -> Result<&[u8; HEADER_LEN], ParseError> {
    prefix.first_chunk().ok_or(ParseError::NeedBytes { needed: HEADER_LEN, found: prefix.len() })
}
