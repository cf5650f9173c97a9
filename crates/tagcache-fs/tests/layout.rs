//! The two layouts: where each name lies, to the byte, and how a root keeps the one that it was made with.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{get, key, put, tags};
use tagcache_fs::{Durability, Key, Layout, OpenError, Options, Root, Shard, Tag};
use tagcache_testkit::{files, folders};

fn root(path: &Path, layout: Layout) -> Root {
    Options::new().layout(layout).open(path).unwrap()
}

fn format_of(path: &Path) -> String {
    fs::read_to_string(path.join("tagcache.format")).unwrap()
}

/// Puts the home page of the seed's picture; its link's name.
fn put_the_home_page(root: &Root) -> String {
    put(root, &key("blog-home"), &tags(["bio", "blog-new"]), b"<h1>My blog</h1>");
    let path = root.path().join(key("blog-home").path_in(root.layout()).to_str().unwrap());
    format!("3:{}", fs::metadata(path).unwrap().ino())
}

#[test]
fn the_tree_of_the_seed_is_the_default_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let root = Root::open(dir.path()).unwrap();
    assert_eq!(root.layout(), Layout::Spread);
    let link = put_the_home_page(&root);
    let bucket = &link[link.len() - 2..];
    assert_eq!(
        files(dir.path().join("data")).unwrap(),
        [
            format!("18/ae/tag:62696f/{bucket}/{link}"),
            format!("37/64/tag:626c6f672d6e6577/{bucket}/{link}"),
            "ae/08/key:626c6f672d686f6d65".into(),
        ]
    );
    assert!(format_of(dir.path()).contains("\nlayout = 1\n"), "what every version understands");
}

#[test]
fn a_compact_tree_has_one_shard_and_no_buckets() {
    let dir = tempfile::tempdir().unwrap();
    let root = root(dir.path(), Layout::Compact);
    let link = put_the_home_page(&root);
    assert_eq!(
        files(dir.path().join("data")).unwrap(),
        [
            format!("18/tag:62696f/{link}"),
            format!("37/tag:626c6f672d6e6577/{link}"),
            "ae/key:626c6f672d686f6d65".into(),
        ]
    );
    let all = folders(dir.path().join("data")).unwrap();
    assert_eq!(all, ["18", "18/tag:62696f", "37", "37/tag:626c6f672d6e6577", "ae"]);
    assert!(
        format_of(dir.path()).contains("\nlayout = compact\n"),
        "a version that knows one layout names it"
    );
}

#[test]
fn long_names_lie_where_short_ones_do() {
    let (long_key, long_tag) = (Key::new([b'x'; 126]).unwrap(), Tag::new([b'x'; 4096]).unwrap());
    for (spread, compact) in [
        (long_key.path(), long_key.path_in(Layout::Compact)),
        (long_tag.path(), long_tag.path_in(Layout::Compact)),
    ] {
        let (spread, compact) = (spread.to_str().unwrap(), compact.to_str().unwrap());
        assert_eq!(compact, format!("{}{}", &spread[..8], &spread[11..]), "without the second shard");
    }
    let dir = tempfile::tempdir().unwrap();
    let root = root(dir.path(), Layout::Compact);
    let links = put(&root, &long_key, std::slice::from_ref(&long_tag), b"value");
    assert!(get(&root, &long_key, links).is_some());
    root.invalidate_tags(&[long_tag]).unwrap();
    assert!(get(&root, &long_key, links).is_none());
}

#[test]
fn the_shard_of_a_key_is_the_folder_that_a_walk_meets_it_in() {
    assert_eq!(key("blog-home").shard_in(Layout::Spread), Shard::new(0xae, 0x08));
    assert_eq!(key("blog-home").shard_in(Layout::Compact), Shard::new(0xae, 0));
}

#[test]
fn a_root_keeps_its_layout_and_whoever_asks_for_none_gets_it() {
    for layout in Layout::ALL {
        let dir = tempfile::tempdir().unwrap();
        let first = root(dir.path(), layout);
        let links = put(&first, &key("k"), &tags(["a"]), b"value");
        for options in [Options::new(), Options::new().layout(layout), Options::new().existing_only(true)] {
            let again = options.open(dir.path()).unwrap();
            assert_eq!(again.layout(), layout);
            assert_eq!(get(&again, &key("k"), links).as_deref(), Some(&b"value"[..]), "{layout}");
        }
    }
}

#[test]
fn another_layout_than_a_root_has_is_refused_and_the_root_is_left_as_it_was() {
    for (fixed, asked) in [(Layout::Spread, Layout::Compact), (Layout::Compact, Layout::Spread)] {
        let dir = tempfile::tempdir().unwrap();
        let links = put(&root(dir.path(), fixed), &key("k"), &tags(["a"]), b"value");
        let before = (format_of(dir.path()), files(dir.path()).unwrap());
        let error = Options::new().layout(asked).open(dir.path()).unwrap_err();
        assert!(
            matches!(error, OpenError::LayoutDiffers { asked: a, fixed: f, .. } if (a, f) == (asked, fixed))
        );
        let text = error.to_string();
        for word in
            [dir.path().to_str().unwrap(), &asked.to_string(), &fixed.to_string(), "remove the directory"]
        {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert_eq!((format_of(dir.path()), files(dir.path()).unwrap()), before);
        assert!(get(&Root::open(dir.path()).unwrap(), &key("k"), links).is_some());
    }
}

#[test]
fn a_copy_is_made_anew_with_the_layout_of_its_original() {
    let parent = tempfile::tempdir().unwrap();
    let (original, copy) = (parent.path().join("original"), parent.path().join("copy"));
    let options = Options::new().layout(Layout::Compact).durability(Durability::Full);
    put(&options.open(&original).unwrap(), &key("k"), &tags(["a"]), b"value");
    let copied = std::process::Command::new("cp").arg("-r").arg(&original).arg(&copy).status().unwrap();
    assert!(copied.success());
    let root = Root::open(&copy).unwrap();
    assert_eq!((root.layout(), root.durability()), (Layout::Compact, Durability::Full));
    assert!(folders(copy.join("data")).unwrap().is_empty(), "a copy knows nothing of later invalidations");
}

#[test]
fn a_later_layout_is_refused_with_the_word_that_stands_there() {
    let dir = tempfile::tempdir().unwrap();
    drop(root(dir.path(), Layout::Compact));
    let later = format_of(dir.path()).replace("layout = compact", "layout = compact 2");
    fs::write(dir.path().join("tagcache.format"), later).unwrap();
    let error = Root::open(dir.path()).unwrap_err();
    assert!(matches!(&error, OpenError::Layout { version, .. } if version == "compact 2"), "{error}");
    assert!(error.to_string().contains("update the program"), "{error}");
}
