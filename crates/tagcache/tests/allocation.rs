//! What a read allocates: its bytes, once.

use std::io::Read;

use allocation_counter::{AllocationInfo, measure};
use tagcache::codec::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};
use tagcache::{Builder, Cache, Durability, Layout, Policy, Raw};

/// A codec that decodes without allocating: the length of the text.
#[derive(Clone, Copy)]
struct Length;

impl Codec for Length {
    const ID: CodecId = CodecId::outside(0x8001);
    const NAME: &'static str = "length";
}

impl Encode<usize> for Length {
    fn encode(&self, value: &usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.resize(out.len() + value, b'x');
        Ok(())
    }
}

impl Decode<'_, usize> for Length {
    fn decode(&self, bytes: &[u8]) -> Result<usize, DecodeError> {
        Ok(bytes.len())
    }
}

impl Schema<usize> for Length {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        Ok(Fingerprint::named("length"))
    }
}

fn with_page(len: usize) -> (tempfile::TempDir, Cache<Length>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Builder::new(Length).open(dir.path()).expect("a cache");
    cache.put("page", &len, &Policy::new().tags(["blog", "bio"])).expect("a put");
    (dir, cache)
}

#[test]
fn a_hit_allocates_once_before_it_is_decoded() {
    for len in [0, 1, 4096, 1 << 19] {
        let (_dir, cache) = with_page(len);
        let mut hit = None;
        let allocated = measure(|| hit = cache.get::<usize>("page").expect("no fault"));
        assert_eq!(hit.map(|hit| *hit), Some(len));
        assert_eq!(allocated.count_total, 1, "{len} bytes");
        assert_eq!(allocated.count_current, 0, "and gives them back");
    }
}

#[test]
fn a_hit_through_compute_through_allocates_no_more() {
    let (_dir, cache) = with_page(100);
    let policy = Policy::new();
    let allocated = measure(|| assert_eq!(*cache.get_with("page", &policy, |_| 0usize), 100));
    assert_eq!(allocated.count_total, 1);
}

/// What reading a value of `len` raw bytes allocates.
fn read_raw(len: usize) -> AllocationInfo {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Builder::new(Raw).open(dir.path()).expect("a cache");
    let value = vec![b'x'; len];
    cache.put("page", &value, &Policy::new().tag("blog")).expect("a put");
    let mut hit = None;
    let allocated = measure(|| hit = cache.get::<Vec<u8>>("page").expect("no fault"));
    assert!(*hit.expect("it was just put") == value, "{len} bytes come back as they were");
    allocated
}

#[test]
fn raw_bytes_come_in_the_buffer_that_they_were_read_into() {
    for len in [1, 4096, 1 << 19] {
        assert_eq!(read_raw(len).count_total, 1, "{len} bytes");
    }
}

#[test]
fn a_large_raw_value_is_never_in_memory_twice() {
    let len = 8 << 20;
    let most = read_raw(len).bytes_max;
    assert!(most < (len + (64 << 10)) as u64, "{most} bytes at most at one time for a value of {len}");
}

#[test]
fn a_stream_takes_the_same_memory_whatever_its_length() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Builder::new(Raw).durability(Durability::Volatile).open(dir.path()).expect("a cache");
    let most = |mebibytes: u64| {
        let film = std::io::repeat(b'x').take(mebibytes << 20);
        let written =
            measure(|| assert!(cache.put_reader("film", film, &Policy::new().tag("films")).is_ok()));
        let read = measure(|| {
            let mut film = cache.reader("film").expect("no fault").expect("fresh");
            let bytes = std::io::copy(&mut film, &mut std::io::sink()).expect("whole");
            assert_eq!(bytes, mebibytes << 20);
        });
        (written.bytes_max, read.bytes_max)
    };
    // The first one replaces nothing.
    most(1);
    let (short, long) = (most(2), most(64));
    assert!(long.0 < short.0 + 4096 && long.0 < 256 << 10, "written: {short:?}, {long:?}");
    assert!(long.1 < short.1 + 4096 && long.1 < 2 << 20, "read: {short:?}, {long:?}");
}

#[test]
fn a_miss_allocates_nothing() {
    let (_dir, cache) = with_page(1);
    let allocated = measure(|| assert!(cache.get::<usize>("absent").expect("no fault").is_none()));
    assert_eq!(allocated.count_total, 0);
}

#[test]
fn a_clone_of_the_cache_allocates_nothing() {
    let (_dir, cache) = with_page(1);
    assert_eq!(measure(|| drop(cache.clone())).count_total, 0);
}

#[test]
fn a_compact_cache_builds_its_paths_on_the_stack_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let cache = Builder::new(Length).layout(Layout::Compact).open(dir.path()).expect("a cache");
    cache.put("page", &100, &Policy::new().tags(["blog", "bio"])).expect("a put");
    let hit = measure(|| assert_eq!(*cache.get::<usize>("page").expect("no fault").expect("a hit"), 100));
    assert_eq!(hit.count_total, 1, "the bytes");
    let miss = measure(|| assert!(cache.get::<usize>("absent").expect("no fault").is_none()));
    assert_eq!(miss.count_total, 0);
}
