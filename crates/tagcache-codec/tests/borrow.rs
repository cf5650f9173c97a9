//! What borrows from the payload is not copied.
#![cfg(any(feature = "json", feature = "bincode", feature = "postcard"))]

use serde::{Deserialize, Serialize};
use tagcache_codec::*;

#[derive(Serialize, Deserialize)]
struct Page<'a> {
    title: &'a str,
    views: u32,
}

fn borrows<C>(codec: &C)
where
    C: for<'a> Encode<Page<'a>> + for<'a> Decode<'a, Page<'a>>,
{
    let mut payload = Vec::new();
    codec.encode(&Page { title: "about", views: 7 }, &mut payload).expect("it is encoded");
    let page: Page<'_> = codec.decode(&payload).expect("it decodes");
    assert_eq!((page.title, page.views), ("about", 7));
    assert!(payload.as_ptr_range().contains(&page.title.as_ptr()), "the title lies in the payload");
}

#[cfg(feature = "json")]
#[test]
fn json_borrows_text_without_escapes() {
    borrows(&Json);
    let escaped: Result<&str, _> = Json.decode(br#""a\nb""#);
    assert!(escaped.is_err(), "what has to be unescaped needs a `String` or a `Cow`");
}

#[cfg(feature = "bincode")]
#[test]
fn bincode_borrows() {
    borrows(&Bincode);
}

#[cfg(feature = "postcard")]
#[test]
fn postcard_borrows() {
    borrows(&Postcard);
}
