//! The stored records of version 1 stay readable, and sealing their fields still gives their bytes. They were
//! written by `golden/make.py`, a second implementation that knows only `docs/FORMAT.md`.

mod common;
#[path = "property/mod.rs"]
mod property;

use common::{blog_home_facts, seal};
use tagcache_record::{Facts, parse};

/// Checks both directions between a stored file and what it means.
fn check<T: AsRef<[u8]>>(file: &[u8], facts: &Facts, key: &[u8], tags: &[T], payload: &[u8]) {
    assert!(seal(facts, key, tags, payload) == file, "sealing gives other bytes than the stored record");

    let record = parse(file).expect("a stored record stays readable");
    assert_eq!(record.head.facts, *facts, "the facts");
    assert_eq!(record.head.key, key, "the key");
    assert!(record.head.tags.iter().eq(tags.iter().map(AsRef::as_ref)), "the tags: {:?}", record.head.tags);
    assert_eq!(record.payload, payload, "the payload");
    assert_eq!(record.head.payload_len, payload.len() as u64, "the length of the payload");

    property::record_parse(file);
}

#[test]
fn the_blog_home_page_stays_readable() {
    let file = include_bytes!("golden/blog_home.bin");
    check(file, &blog_home_facts(), b"blog-home", &["bio", "blog-new"], b"<h1>Blog</h1>");
}

#[test]
fn an_empty_payload_without_tags_stays_readable() {
    check::<&str>(include_bytes!("golden/empty_payload.bin"), &Facts::default(), b"k", &[], b"");
}

#[test]
fn a_record_of_128_tags_stays_readable() {
    let tags: Vec<String> = (0..128).map(|n| format!("tag-{n:03}")).collect();
    check(include_bytes!("golden/tags_128.bin"), &Facts::default(), b"many", &tags, b"128 tags");
}

#[test]
fn a_key_of_4096_bytes_stays_readable() {
    let key: Vec<u8> = (0..=255).cycle().take(4096).collect();
    check(include_bytes!("golden/key_4096.bin"), &Facts::default(), &key, &["t"], b"long key");
}

#[test]
fn tags_of_4096_bytes_stay_readable() {
    let (zeros, mut next) = ([0; 4096], [0; 4096]);
    next[4095] = 1;
    check(include_bytes!("golden/tag_4096.bin"), &Facts::default(), b"k", &[zeros, next], b"long tags");
}

#[test]
fn keys_tags_and_payloads_of_any_bytes_stay_readable() {
    let tags: [&[u8]; 4] = [b"\x00", b"\x00\x00", b"/", b"\xff"];
    let payload: Vec<u8> = (0..=255).collect();
    check(include_bytes!("golden/any_bytes.bin"), &Facts::default(), b"../\n\x00", &tags, &payload);
}

#[test]
fn the_extremes_of_every_number_stay_readable() {
    let facts = Facts {
        codec: u32::MAX,
        schema: u64::MAX,
        created_at: u64::MAX,
        expires_at: 0,
        keep_until: 0,
        boot: std::array::from_fn(|n| 0xf0 + u8::try_from(n).unwrap()),
        compute_time: u64::MAX,
    };
    check(include_bytes!("golden/extremes.bin"), &facts, b"extremes", &["x"], b"!");
}

#[test]
fn a_head_that_needs_no_padding_stays_readable() {
    let file = include_bytes!("golden/no_padding.bin");
    check::<&str>(file, &Facts::default(), b"1234", &[], b"head of 104 bytes");
}
