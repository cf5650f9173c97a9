//! The tags of a parsed record.

mod common;

use common::seal;
use tagcache_record::header::{MAX_HEAD_LEN, MAX_TAG_LEN, MAX_TAGS};
use tagcache_record::{Facts, parse};

#[test]
fn tags_come_back_in_ascending_order_of_their_bytes() {
    let tags: [&[u8]; 5] = [b"\0", b"B", b"a", b"ab", b"\xff"];
    let file = seal(&Facts::default(), b"k", &tags, b"");
    let parsed = parse(&file).unwrap().head.tags;
    assert_eq!(parsed.iter().collect::<Vec<_>>(), tags);
    let mut looped = Vec::new();
    for tag in &parsed {
        looped.push(tag);
    }
    assert_eq!(looped, tags);
}

#[test]
fn a_record_without_tags_has_none() {
    let file = seal::<&str>(&Facts::default(), b"k", &[], b"v");
    let tags = parse(&file).unwrap().head.tags;
    assert!(tags.is_empty());
    assert_eq!(tags.len(), 0);
    assert_eq!(tags.iter().next(), None);
    assert!(!tags.contains(b""), "the empty tag is no tag");
}

#[test]
fn only_whole_tags_are_contained() {
    let file = seal(&Facts::default(), b"k", &["bio", "blog-new"], b"");
    let tags = parse(&file).unwrap().head.tags;
    assert!(tags.contains(b"bio") && tags.contains(b"blog-new"));
    for absent in ["", "b", "bi", "bios", "blog", "Bio"] {
        assert!(!tags.contains(absent.as_bytes()), "{absent:?} is not a tag of the record");
    }
}

#[test]
fn the_iterator_says_how_many_tags_are_left_and_stays_at_its_end() {
    let file = seal(&Facts::default(), b"k", &["a", "b"], b"");
    let mut tags = parse(&file).unwrap().head.tags.iter();
    assert_eq!((tags.len(), tags.next()), (2, Some(b"a".as_slice())));
    assert_eq!((tags.len(), tags.next()), (1, Some(b"b".as_slice())));
    assert_eq!((tags.len(), tags.next(), tags.next()), (0, None, None));
}

#[test]
fn tags_are_shown_as_text_with_escapes() {
    let tags: [&[u8]; 2] = [b"\n\xff", b"bio"];
    let file = seal(&Facts::default(), b"k", &tags, b"");
    assert_eq!(format!("{:?}", parse(&file).unwrap().head.tags), r#"["\\n\\xff", "bio"]"#);
}

#[test]
fn the_most_and_longest_tags_make_the_longest_head() {
    let tags: Vec<Vec<u8>> = (0..MAX_TAGS)
        .map(|n| {
            let mut tag = vec![b'x'; MAX_TAG_LEN];
            tag[..4].copy_from_slice(format!("{n:04}").as_bytes());
            tag
        })
        .collect();
    let file = seal(&Facts::default(), &[b'k'; 4096], &tags, b"");
    assert_eq!(file.len(), MAX_HEAD_LEN);
    assert!(parse(&file).unwrap().head.tags.iter().eq(tags.iter().map(Vec::as_slice)));
}
