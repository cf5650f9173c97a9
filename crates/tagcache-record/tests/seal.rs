//! Sealing: what is refused, and what the caller's buffer looks like afterwards.

mod common;

use common::{blog_home, seal};
use tagcache_record::header::{MAX_TAGS, NEVER};
use tagcache_record::{Facts, SealError, Unsealed, parse};

/// The error for fields that cannot become a record; the buffer must be as it was.
fn refusal<T: AsRef<[u8]>>(facts: &Facts, key: &[u8], tags: &[T]) -> SealError {
    let mut buffer = b"before".to_vec();
    let error = Unsealed::begin(&mut buffer, facts, key, tags).expect_err("these fields are refused");
    assert_eq!(buffer, b"before", "a refusal leaves the buffer alone");
    error
}

#[test]
fn an_empty_or_too_long_key_is_refused() {
    for found in [0, 4097] {
        let error = refusal::<&str>(&Facts::default(), &vec![b'k'; found], &[]);
        assert_eq!(error, SealError::KeyLength { found });
    }
}

#[test]
fn an_empty_or_too_long_tag_is_refused() {
    for found in [0, 4097] {
        let error = refusal(&Facts::default(), b"k", &[vec![1], vec![2; found]]);
        assert_eq!(error, SealError::TagLength { index: 1, found });
    }
}

#[test]
fn a_thousand_tags_are_allowed_and_one_more_is_refused() {
    let mut tags: Vec<String> = (0..MAX_TAGS).map(|n| format!("{n:05}")).collect();
    let file = seal(&Facts::default(), b"k", &tags, b"v");
    assert_eq!(parse(&file).unwrap().head.tags.len(), 1000);

    tags.push("x".to_owned());
    assert_eq!(refusal(&Facts::default(), b"k", &tags), SealError::TagCount { found: 1001 });
    let tags = vec!["x"; 70_000];
    assert_eq!(refusal(&Facts::default(), b"k", &tags), SealError::TagCount { found: 70_000 });
}

#[test]
fn tags_out_of_order_or_twice_are_refused() {
    for tags in [["b", "a"], ["a", "a"], ["aa", "a"]] {
        assert_eq!(refusal(&Facts::default(), b"k", &tags), SealError::TagOrder { index: 1 }, "{tags:?}");
    }
}

#[test]
fn a_value_kept_only_until_before_its_expiry_is_refused() {
    for (expires_at, keep_until) in [(1, 0), (NEVER, NEVER - 1)] {
        let facts = Facts { expires_at, keep_until, ..Facts::default() };
        let error = refusal::<&str>(&facts, b"k", &[]);
        assert_eq!(error, SealError::KeepUntil { expires_at, found: keep_until });
    }
}

#[test]
fn a_record_that_is_not_sealed_is_taken_back() {
    let mut buffer = b"before".to_vec();
    let mut unsealed = Unsealed::begin(&mut buffer, &Facts::default(), b"k", &["t"]).unwrap();
    unsealed.payload().extend_from_slice(b"an encoder that then failed");
    drop(unsealed);
    assert_eq!(buffer, b"before");
}

/// Runs a misbehaving encoder over a begun record.
fn disturbed(encode: impl FnOnce(&mut Vec<u8>)) -> (Result<usize, SealError>, Vec<u8>) {
    let mut buffer = b"before".to_vec();
    let mut unsealed = Unsealed::begin(&mut buffer, &Facts::default(), b"key", &["tag"])
        .expect("fields within their limits");
    encode(unsealed.payload());
    (unsealed.seal(), buffer)
}

#[test]
fn an_encoder_that_cuts_off_the_head_is_found_out() {
    for keep in [0, 3, 6, 7, 100, 117] {
        let (sealed, buffer) = disturbed(|out| out.truncate(keep));
        assert_eq!(sealed, Err(SealError::HeadDisturbed), "cut to {keep} bytes");
        assert_eq!(buffer, b"before"[..keep.min(6)], "cut to {keep} bytes");
    }
}

#[test]
fn an_encoder_that_overwrites_the_head_is_found_out() {
    for at in 6..118 {
        let (sealed, buffer) = disturbed(|out| out[at] ^= 1);
        assert_eq!(sealed, Err(SealError::HeadDisturbed), "byte {at} overwritten");
        assert_eq!(buffer, b"before");
    }
}

#[test]
fn an_encoder_that_starts_the_buffer_anew_is_found_out() {
    let (sealed, _) = disturbed(|out| *out = vec![b'x'; 4096]);
    assert_eq!(sealed, Err(SealError::HeadDisturbed));
}

#[test]
fn what_the_buffer_held_before_is_no_part_of_the_record() {
    let mut buffer = Vec::new();
    for _ in 0..3 {
        let start = buffer.len();
        let facts = common::blog_home_facts();
        let mut unsealed = Unsealed::begin(&mut buffer, &facts, b"blog-home", &["bio", "blog-new"]).unwrap();
        unsealed.payload().extend_from_slice(b"<h1>Blog</h1>");
        let len = unsealed.seal().unwrap();
        assert_eq!(buffer[start..], blog_home());
        assert_eq!(len, buffer.len() - start);
    }
}

#[test]
fn the_payload_stays_where_the_encoder_put_it() {
    let mut buffer = Vec::with_capacity(4096);
    let before = buffer.as_ptr();
    let mut unsealed = Unsealed::begin(&mut buffer, &Facts::default(), b"k", &["t"]).unwrap();
    unsealed.payload().extend_from_slice(&[b'x'; 1000]);
    let payload_len = 1000;
    let len = unsealed.seal().unwrap();
    assert_eq!(buffer.as_ptr(), before, "enough room, so nothing moved");
    assert_eq!(buffer[len - 4 - payload_len..][..payload_len], [b'x'; 1000]);
}
