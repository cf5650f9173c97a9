//! Records that are written piece by piece.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use common::seal;
use tagcache_record::header::{CHUNK_LEN, HEADER_LEN};
use tagcache_record::{Facts, SealError, Stream, parse};

/// Bytes that tell every place from its neighbours.
fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(((n * 7919) >> 3) & 0xff).expect("masked")).collect()
}

/// The file that comes of writing the payload in pieces of this size.
fn streamed(facts: &Facts, payload: &[u8], size: usize) -> Vec<u8> {
    let mut stream = Stream::begin(b"film", &["a", "b"]).unwrap();
    let mut file = stream.head().to_vec();
    for piece in payload.chunks(size) {
        stream.append(piece).unwrap();
        file.extend_from_slice(piece);
    }
    let len = stream.len_bytes();
    let ends = stream.finish(facts).unwrap();
    file.extend_from_slice(&ends.table);
    file[..ends.head.len()].copy_from_slice(&ends.head);
    assert_eq!(file.len() as u64, len, "it says how long the file becomes");
    file
}

#[test]
fn pieces_of_any_size_make_the_record_that_one_piece_makes() {
    let facts = Facts { codec: 1, created_at: 5, expires_at: 7, keep_until: 9, ..Facts::default() };
    for len in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN, 3 * CHUNK_LEN + 5] {
        let payload = payload(len);
        let whole = seal(&facts, b"film", &["a", "b"], &payload);
        for size in [777, 1 << 16, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 5 * CHUNK_LEN] {
            assert!(streamed(&facts, &payload, size) == whole, "{len} bytes in pieces of {size}");
        }
    }
}

#[test]
fn a_record_that_was_not_finished_is_not_read() {
    let mut stream = Stream::begin::<&str>(b"film", &[]).unwrap();
    let mut file = stream.head().to_vec();
    stream.append(b"reel").unwrap();
    file.extend_from_slice(b"reel");
    assert!(parse(&file).is_err(), "the first head tells of no payload");
}

#[test]
fn what_no_head_can_hold_is_refused_at_the_beginning_or_at_the_end() {
    assert!(matches!(Stream::begin::<&str>(b"", &[]), Err(SealError::KeyLength { found: 0 })));
    assert!(matches!(Stream::begin(b"k", &["b", "a"]), Err(SealError::TagOrder { .. })));
    let facts = Facts { expires_at: 2, keep_until: 1, ..Facts::default() };
    let finished = Stream::begin::<&str>(b"k", &[]).unwrap().finish(&facts);
    assert!(matches!(finished, Err(SealError::KeepUntil { .. })));
}

#[test]
fn the_head_keeps_its_length() {
    let stream = Stream::begin(b"k", &["tag"]).unwrap();
    let first = stream.head().len();
    let ends = stream.finish(&Facts::default()).unwrap();
    assert_eq!((ends.head.len(), ends.table.len()), (first, 0));
    assert!(first > HEADER_LEN);
}
