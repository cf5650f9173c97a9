//! What must hold for any bytes: one property, checked by the fuzzer (`fuzz/`), by its corpus
//! (`tests/corpus.rs`) and by proptest (`tests/round_trip.rs`).

use tagcache_record::header::{CHUNK_LEN, HEAD_CRC_LEN, HEADER_LEN, offset};
use tagcache_record::{ParseError, Record, Unsealed, parse, parse_head, peek_head_len};

/// Parsing `bytes` does not panic, and what it answers is consistent. The same for `bytes` with lengths and
/// checksums made right, since no fuzzer guesses a CRC.
pub(crate) fn record_parse(bytes: &[u8]) {
    match parse(bytes) {
        Ok(record) => parsed_is_what_was_sealed(bytes, &record),
        Err(error) => refusal_is_consistent(bytes, error),
    }
    if let Some(repaired) = repaired(bytes) {
        match parse(&repaired) {
            Ok(record) => parsed_is_what_was_sealed(&repaired, &record),
            Err(error) => {
                assert!(is_about_the_meaning_of_the_head(error), "lengths and checksums are right: {error}");
                refusal_is_consistent(&repaired, error);
            }
        }
    }
}

/// There is one byte string for a record: sealing what was parsed gives the bytes that were parsed. The head
/// alone says the same as the whole, and each shorter prefix asks for more.
fn parsed_is_what_was_sealed(bytes: &[u8], record: &Record<'_>) {
    let head = record.head;
    let tags: Vec<&[u8]> = head.tags.iter().collect();
    assert_eq!(tags.len(), head.tags.len(), "the iterator gives as many tags as it says");

    let mut again = Vec::new();
    let mut unsealed = Unsealed::begin(&mut again, &head.facts, head.key, &tags).expect("parsed, so allowed");
    unsealed.payload().extend_from_slice(record.payload);
    unsealed.seal().expect("parsed, so allowed");
    assert!(again == bytes, "sealing what was parsed gives other bytes");

    let head_len = peek_head_len(bytes).expect("a record that was parsed has a head");
    let file_len = bytes.len() as u64;
    assert_eq!(parse_head(&bytes[..head_len], file_len), Ok(head), "the head alone says the same");
    for found in [0, HEADER_LEN - 1, HEADER_LEN, head_len - 1] {
        let needed = if found < HEADER_LEN { HEADER_LEN } else { head_len };
        let expected = Err(ParseError::NeedBytes { needed, found });
        assert_eq!(parse_head(&bytes[..found], file_len), expected, "a short prefix asks for more");
    }
}

/// The head alone is refused for the same reason, unless the reason lies in the payload.
fn refusal_is_consistent(bytes: &[u8], error: ParseError) {
    assert!(!matches!(error, ParseError::NeedBytes { .. }), "a whole file is all there is: {error}");
    let head = parse_head(bytes, bytes.len() as u64);
    match error {
        ParseError::ChunkChecksum { .. } => assert!(head.is_ok(), "{head:?} though the payload was reached"),
        _ => assert_eq!(head, Err(error), "parse_head and parse disagree"),
    }
}

/// What can still be wrong with a record whose lengths and checksums are right.
fn is_about_the_meaning_of_the_head(error: ParseError) -> bool {
    matches!(
        error,
        ParseError::Flags { .. }
            | ParseError::Reserved { .. }
            | ParseError::KeepUntil { .. }
            | ParseError::Padding { .. }
            | ParseError::TagLength { .. }
            | ParseError::TagTruncated { .. }
            | ParseError::TagOrder { .. }
            | ParseError::TagsTrailing { .. }
    )
}

/// `bytes` as a record: its head with a right payload length and checksum, all that follows as the payload,
/// and a right table. None if there is no head of allowed lengths.
fn repaired(bytes: &[u8]) -> Option<Vec<u8>> {
    let head_len = peek_head_len(bytes).ok()?;
    let (head, payload) = bytes.split_at_checked(head_len)?;
    let mut file = head[..head_len - HEAD_CRC_LEN].to_vec();
    file[offset::PAYLOAD_LEN..][..8].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    let head_crc = crc32fast::hash(&file);
    file.extend_from_slice(&head_crc.to_le_bytes());
    file.extend_from_slice(payload);
    for (index, chunk) in (0_u64..).zip(payload.chunks(CHUNK_LEN)) {
        let mut hasher = crc32fast::Hasher::new_with_initial(head_crc);
        hasher.update(&index.to_le_bytes());
        hasher.update(chunk);
        file.extend_from_slice(&hasher.finalize().to_le_bytes());
    }
    Some(file)
}
