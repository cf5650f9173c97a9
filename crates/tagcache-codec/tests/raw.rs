//! Bytes and text as they are.

use std::borrow::Cow;
use std::sync::Arc;

use tagcache_codec::{Decode, DecodeError, Encode, Raw, Schema, decode_owned};

fn encode<T: ?Sized>(value: &T) -> Vec<u8>
where
    Raw: Encode<T>,
{
    let mut out = Vec::new();
    Raw.encode(value, &mut out).expect("bytes are always encoded");
    out
}

#[test]
fn whatever_is_bytes_is_written_as_the_same_bytes() {
    assert_eq!(encode("bio"), b"bio");
    assert_eq!(encode(&"bio".to_owned()), b"bio");
    assert_eq!(encode(b"bio"), b"bio");
    assert_eq!(encode(b"bio".as_slice()), b"bio");
    assert_eq!(encode(&Arc::<[u8]>::from(*b"bio")), b"bio");
    assert_eq!(encode(""), b"");
}

#[test]
fn borrowed_bytes_are_those_of_the_buffer() {
    let buffer = b"payload".to_vec();
    let bytes: &[u8] = Raw.decode(&buffer).expect("bytes are bytes");
    let text: &str = Raw.decode(&buffer).expect("it is UTF-8");
    assert!(std::ptr::eq(bytes, buffer.as_slice()), "nothing was copied");
    assert!(std::ptr::eq(text.as_bytes(), buffer.as_slice()), "nothing was copied");
}

#[test]
fn text_that_is_not_utf8_is_an_error_without_the_bytes_in_it() {
    let outcome: Result<String, DecodeError> = Raw.decode(b"secret \xFF");
    let error = outcome.expect_err("0xFF is in no UTF-8");
    assert_eq!(error.codec(), "raw");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(std::error::Error::source(&error).is_some(), "the cause is kept");
}

#[test]
fn bytes_share_one_fingerprint_and_text_another() {
    fn of<T: ?Sized>() -> u64
    where
        Raw: Schema<T>,
    {
        Schema::<T>::fingerprint(&Raw).expect("raw shapes are fixed").get()
    }
    let (bytes, text) = (of::<[u8]>(), of::<str>());
    assert_eq!([of::<Vec<u8>>(), of::<Box<[u8]>>(), of::<Arc<[u8]>>(), of::<Cow<'_, [u8]>>()], [bytes; 4]);
    assert_eq!([of::<String>(), of::<Box<str>>(), of::<Arc<str>>(), of::<Cow<'_, str>>()], [text; 4]);
    assert_ne!(bytes, text, "any picture may happen to be UTF-8");
}

#[test]
fn a_buffer_that_nobody_needs_becomes_the_value() {
    let buffer = b"head and text".to_vec();
    let place = buffer.as_ptr();
    let text: String = decode_owned(&Raw, buffer, 9).unwrap();
    assert_eq!((text.as_str(), text.as_ptr()), ("text", place));
}

#[test]
fn an_owned_buffer_is_refused_for_the_same_reason_as_a_borrowed_one() {
    let owned = decode_owned::<String, _>(&Raw, b"\xff\xfe".to_vec(), 0).unwrap_err();
    let borrowed = Decode::<String>::decode(&Raw, b"\xff\xfe").unwrap_err();
    assert_eq!(owned.to_string(), borrowed.to_string());
}

#[test]
fn a_start_beyond_the_buffer_leaves_no_bytes() {
    assert!(decode_owned::<Vec<u8>, _>(&Raw, vec![1, 2], 3).unwrap().is_empty());
    assert!(decode_owned::<Arc<[u8]>, _>(&Raw, vec![1, 2], 3).unwrap().is_empty());
}
