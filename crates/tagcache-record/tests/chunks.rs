//! Payloads of several chunks: generated here, since they are too large to store.

mod common;

use common::seal;
use tagcache_record::header::{CHUNK_LEN, HEAD_CRC_LEN, MIN_RECORD_LEN, offset};
use tagcache_record::{Facts, ParseError, parse, parse_head};

/// The payload of `golden/make.py`: bytes that tell every place from its neighbours.
fn long_payload(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(((n * 7919) >> 3) & 0xff).expect("masked")).collect()
}

fn long_record(payload: &[u8]) -> Vec<u8> {
    seal::<&str>(&Facts::default(), b"long", &[], payload)
}

#[test]
fn payloads_around_the_chunk_size_have_the_pinned_bytes() {
    // As printed by golden/make.py: bytes of payload, bytes of record, crc32 of the record.
    for (payload_len, record_len, crc) in [
        (CHUNK_LEN - 1, 1_048_683, 0xc414_bcfb),
        (CHUNK_LEN, 1_048_684, 0x9854_2e2b),
        (CHUNK_LEN + 1, 1_048_689, 0xd239_2105),
        (3 * CHUNK_LEN + 5, 3_145_853, 0xbefd_e340),
    ] {
        let payload = long_payload(payload_len);
        let file = long_record(&payload);
        assert_eq!(file.len(), record_len);
        assert_eq!(crc32fast::hash(&file), crc, "payload of {payload_len} bytes");
        assert!(parse(&file).unwrap().payload == payload, "payload of {payload_len} bytes");
    }
}

#[test]
fn damage_is_found_in_the_chunk_where_it_is() {
    let valid = long_record(&long_payload(2 * CHUNK_LEN + 10));
    for chunk in 0..3 {
        let mut file = valid.clone();
        file[MIN_RECORD_LEN + chunk * CHUNK_LEN + 7] ^= 1;
        let error = parse(&file).unwrap_err();
        assert!(matches!(error, ParseError::ChunkChecksum { chunk: c, .. } if c == chunk as u64), "{error}");
    }
}

#[test]
fn damage_to_the_table_is_found_in_the_chunk_of_its_line() {
    let valid = long_record(&long_payload(2 * CHUNK_LEN + 10));
    for chunk in 0..3 {
        let mut file = valid.clone();
        let at = file.len() - 12 + chunk * 4;
        file[at] ^= 1;
        let error = parse(&file).unwrap_err();
        assert!(matches!(error, ParseError::ChunkChecksum { chunk: c, .. } if c == chunk as u64), "{error}");
    }
}

#[test]
fn chunks_that_changed_places_with_their_checksums_are_refused() {
    let mut file = long_record(&long_payload(2 * CHUNK_LEN));
    let (payload, table) = file[MIN_RECORD_LEN..].split_at_mut(2 * CHUNK_LEN);
    let (first, second) = payload.split_at_mut(CHUNK_LEN);
    first.swap_with_slice(second);
    let (first, second) = table.split_at_mut(4);
    first.swap_with_slice(second);
    assert!(matches!(parse(&file), Err(ParseError::ChunkChecksum { chunk: 0, .. })));
}

#[test]
fn a_payload_under_the_head_of_another_record_is_refused() {
    let later = Facts { created_at: 1, ..Facts::default() };
    let old = seal(&Facts::default(), b"key", &["tag"], b"the value before");
    let new = seal(&later, b"key", &["tag"], b"the value behind");
    let head_len = old.len() - 16 - 4;
    for (head, rest) in [(&old, &new), (&new, &old)] {
        let mixed = [&head[..head_len], &rest[head_len..]].concat();
        assert!(matches!(parse(&mixed), Err(ParseError::ChunkChecksum { chunk: 0, .. })));
    }
}

/// The streaming writer of `docs/FORMAT.md`: it holds one chunk at a time and learns the length of the
/// payload, hence the head's checksum, only at the end.
#[test]
fn a_writer_that_learns_the_length_last_makes_the_same_record() {
    let payload = long_payload(2 * CHUNK_LEN + 10);
    let mut file = long_record(b"")[..MIN_RECORD_LEN].to_vec();
    let mut passed = Vec::new();
    for (index, chunk) in (0_u64..).zip(payload.chunks(CHUNK_LEN)) {
        file.extend_from_slice(chunk);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&index.to_le_bytes());
        hasher.update(chunk);
        passed.push(hasher);
    }
    file[offset::PAYLOAD_LEN..][..8].copy_from_slice(&(payload.len() as u64).to_le_bytes());
    common::make_head_crc_right(&mut file, MIN_RECORD_LEN);
    let mut head = crc32fast::Hasher::new();
    head.update(&file[..MIN_RECORD_LEN - HEAD_CRC_LEN]);
    for chunk in passed {
        let mut whole = head.clone();
        whole.combine(&chunk);
        file.extend_from_slice(&whole.finalize().to_le_bytes());
    }
    assert!(file == long_record(&payload), "both writers make the same bytes");
}

#[test]
fn each_chunk_is_checked_alone_and_in_any_order() {
    let payload = long_payload(2 * CHUNK_LEN + 10);
    let file = long_record(&payload);
    let chunks = parse_head(&file, file.len() as u64).unwrap().chunks();
    let table = &file[file.len() - 12..];
    assert_eq!((chunks.count(), chunks.table_len()), (3, 12));
    for index in [2, 0, 1] {
        let at = index * CHUNK_LEN;
        let chunk = &payload[at..at + chunks.len_of(index as u64)];
        let line = *table[4 * index..].first_chunk().unwrap();
        chunks.verify(index as u64, chunk, line).unwrap();
        let other = chunks.verify(index as u64 + 1, chunk, line).unwrap_err();
        assert!(matches!(other, ParseError::ChunkChecksum { .. }), "in another place it is another chunk");
    }
    assert_eq!((chunks.len_of(2), chunks.len_of(3), chunks.len_of(u64::MAX)), (10, 0, 0));
}

#[test]
fn a_payload_of_another_length_than_the_head_says_is_cut_short() {
    let payload = long_payload(CHUNK_LEN + 10);
    let file = long_record(&payload);
    let chunks = parse_head(&file, file.len() as u64).unwrap().chunks();
    let table = &file[file.len() - 8..];
    chunks.verify_all(&payload, table).unwrap();
    for (payload, table) in [(&payload[1..], table), (&payload[..], &table[4..]), (&[], &[])] {
        let error = chunks.verify_all(payload, table).unwrap_err();
        assert!(matches!(error, ParseError::Truncated { .. }), "{error}");
    }
}
