//! The judge of tag links can say no.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use tagcache_actors::{dead_links, links};

/// A file with one tag link, both made by hand; the link's path.
fn tree(root: &Path, total: u64) -> io::Result<String> {
    let key = root.join("data/ae/1b/key:686f6d65");
    let bucket = "data/18/ae/tag:62696f/00";
    fs::create_dir_all(root.join("data/ae/1b"))?;
    fs::create_dir_all(root.join(bucket))?;
    let inode = File::create(&key)?.metadata()?.ino();
    let link = format!("{bucket}/{total}:{inode}");
    fs::hard_link(&key, root.join(&link))?;
    Ok(link)
}

#[test]
fn a_link_with_as_many_names_as_it_says_is_alive() {
    let root = tempfile::tempdir().unwrap();
    let link = tree(root.path(), 2).unwrap();
    assert_eq!(links(root.path()), [link]);
    assert!(dead_links(root.path()).is_empty());
}

#[test]
fn a_link_whose_file_lost_a_name_or_never_had_it_is_dead() {
    let root = tempfile::tempdir().unwrap();
    let link = tree(root.path(), 3).unwrap();
    assert_eq!(dead_links(root.path()), [link]);
}

#[test]
fn a_link_to_a_poisoned_file_is_dead() {
    let root = tempfile::tempdir().unwrap();
    let link = tree(root.path(), 2).unwrap();
    File::open(root.path().join(&link)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(dead_links(root.path()), [link]);
}
