//! Which bytes lie where.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use common::{Site, get, key, put, tag, tags};
use proptest::prelude::*;
use tagcache_fs::name::MAX_NAME_BYTES;
use tagcache_fs::{Key, LinkName, NameError, Tag};

/// The last component of a path.
fn component(path: &std::ffi::CStr) -> &str {
    path.to_str().unwrap().rsplit('/').next().unwrap()
}

#[test]
fn the_tree_is_that_of_the_seed_down_to_the_folder_names() {
    let site = Site::new();
    let blog_home = key("blog-home");
    let published =
        common::publish(&site.root, &blog_home, &tags(["bio", "blog-new"]), b"<h1>Blog</h1>").unwrap();
    let ino = published.ino();
    let name = format!("3:{ino}");
    let bucket = &name[name.len() - 2..];
    let mut expected = vec![
        format!("18/ae/tag:62696f/{bucket}/3:{ino}"),
        format!("37/64/tag:626c6f672d6e6577/{bucket}/3:{ino}"),
        "ae/08/key:626c6f672d686f6d65".to_owned(),
    ];
    expected.sort();
    assert_eq!(site.files("data"), expected);
    assert_eq!(published.links(), 3);
    assert!(site.files("tmp").is_empty() && site.files("locks").is_empty());

    let entry = site.root.entry(&blog_home).unwrap().into_entry().unwrap();
    assert_eq!((entry.meta().links, entry.meta().id.1), (3, ino));
    assert_eq!(entry.meta().mtime, common::soon(&site.root), "the expiry is the mtime");
}

#[test]
fn keys_of_any_bytes_up_to_the_limit_are_stored_and_found_again() {
    let site = Site::new();
    let long = vec![0xff; MAX_NAME_BYTES];
    let keys: [&[u8]; 10] = [
        b"a",
        b"\0",
        b"\n",
        b"/",
        b"..",
        b"../../etc/passwd",
        b"a\0b",
        "\u{e9}".as_bytes(),
        &long[..125],
        &long,
    ];
    for (index, bytes) in keys.into_iter().enumerate() {
        let value = index.to_string();
        let links = put(&site.root, &key(bytes), &[tag(bytes)], value.as_bytes());
        assert_eq!(get(&site.root, &key(bytes), links).as_deref(), Some(value.as_bytes()), "{bytes:?}");
    }
    assert_eq!(site.files("data").len(), 2 * keys.len(), "each has a place of its own");
    assert_eq!(
        tagcache_testkit::files(&site.dir).unwrap().len(),
        2 * keys.len() + 3,
        "and nothing lies elsewhere"
    );
}

#[test]
fn a_name_is_plain_as_long_as_it_fits_and_a_digest_beyond() {
    let longest_plain = key([b'x'; 125]);
    assert_eq!(component(longest_plain.path()), format!("key:{}", "78".repeat(125)));
    let first_digest = key([b'x'; 126]);
    assert!(component(first_digest.path()).starts_with("key~"));
    assert_eq!(component(first_digest.path()).len(), 4 + 64, "all of a sha256");
    assert!(component(tag([b'x'; 126]).path()).starts_with("tag~"));
}

#[test]
fn no_bytes_and_too_many_are_errors_that_say_so() {
    assert_eq!(Key::new("").unwrap_err(), NameError::Empty { kind: "key" });
    assert_eq!(Tag::new("").unwrap_err(), NameError::Empty { kind: "tag" });
    let error = Tag::new(vec![0; MAX_NAME_BYTES + 1]).unwrap_err();
    assert_eq!(error, NameError::TooLong { kind: "tag", len: 4097 });
    assert!(error.to_string().contains("4097") && error.to_string().contains("4096"));
}

#[test]
fn a_key_and_a_tag_of_the_same_bytes_have_one_digest_and_two_places() {
    assert_eq!(key("x").digest(), tag("x").digest());
    assert_ne!(key("x").path(), tag("x").path());
}

#[test]
fn a_link_name_is_read_only_as_it_is_written() {
    assert_eq!(LinkName::parse(b"3:110235185"), Some(LinkName { links: 3, ino: 110_235_185 }));
    let others: [&[u8]; 9] =
        [b"", b":", b"3:", b":5", b"03:5", b"+3:5", b"3:5 ", b"3:5:7", b"3:99999999999999999999"];
    for other in others {
        assert_eq!(LinkName::parse(other), None, "{}", String::from_utf8_lossy(other));
    }
}

proptest! {
    #[test]
    fn every_link_name_reads_back_and_lies_in_the_folder_of_its_last_two_characters(links: u64, ino: u64) {
        let link = LinkName { links, ino };
        let text = format!("{links}:{ino}");
        prop_assert_eq!(LinkName::parse(text.as_bytes()), Some(link));
        prop_assert_eq!(&link.bucket()[..], &text.as_bytes()[text.len() - 2..]);
    }

    #[test]
    fn a_path_has_no_byte_that_a_folder_could_misunderstand(bytes in proptest::collection::vec(any::<u8>(), 1..300)) {
        let path = key(&bytes).path().to_str().unwrap().to_owned();
        let parts: Vec<_> = path.split('/').collect();
        prop_assert_eq!(parts.len(), 4);
        prop_assert!(parts[3].len() <= 255);
        prop_assert!(path.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/:~".contains(&byte)));
    }
}
