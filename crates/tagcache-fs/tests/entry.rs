//! Reading an entry, and what its inode tells later.

mod common;

use common::{Site, key, publish, put, soon, tags};
use tagcache_fs::{Errno, Found, Standing};
use tagcache_testkit::{Call, Fault};

#[test]
fn bytes_read_in_pieces_into_a_large_buffer_are_all_there() {
    // Reading into a vector with room to spare once let the kernel fill all of it, kept the bytes that were asked for,
    // and lost the others, since the file's position had moved past them.
    let site = Site::new();
    let value: Vec<u8> = (0..=255).collect();
    put(&site.root, &key("k"), &[], &value);
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    let mut bytes = Vec::with_capacity(4096);
    for limit in [1, 99, 1000] {
        entry.read(&mut bytes, limit).unwrap();
    }
    assert!(bytes == value);
}

#[test]
fn no_more_than_the_limit_is_read_and_less_only_at_the_end() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"0123456789");
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    let mut bytes = b"before ".to_vec();
    entry.read(&mut bytes, 4).unwrap();
    assert_eq!(bytes, b"before 0123", "it appends");
    entry.read(&mut bytes, 100).unwrap();
    assert_eq!(bytes, b"before 0123456789");
    entry.read(&mut bytes, 100).unwrap();
    assert_eq!(bytes, b"before 0123456789", "the end stays the end");
}

#[test]
fn a_limit_beyond_all_memory_is_an_error() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    assert_eq!(entry.read(&mut Vec::new(), u64::MAX).unwrap_err().errno(), Errno::NOMEM);
}

#[test]
fn a_missing_entry_is_absent_and_no_error() {
    let site = Site::new();
    assert!(matches!(site.root.entry(&key("none")).unwrap(), Found::Absent));
}

#[test]
fn what_the_environment_refuses_is_an_error_that_reads_alone() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    for (errno, advice) in [(Errno::ACCESS, "owner"), (Errno::MFILE, "ulimit"), (Errno::IO, "")] {
        site.world.faults.add(Fault::on(Call::Open, errno));
        let error = site.root.entry(&key("k")).unwrap_err();
        assert_eq!((error.doing(), error.errno()), ("open", errno));
        assert_eq!(error.path(), site.key_path(&key("k")));
        assert!(error.to_string().contains("key:6b") && error.to_string().contains(advice), "{error}");
    }
}

#[test]
fn a_read_that_fails_is_an_error_and_not_a_short_value() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    site.world.faults.add(Fault::on(Call::Read, Errno::IO));
    assert_eq!(entry.read(&mut Vec::new(), 5).unwrap_err().errno(), Errno::IO);
}

#[test]
fn an_open_entry_keeps_its_bytes_and_learns_that_it_was_superseded() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a"]));
    let links = put(&site.root, &k, &t, b"old");
    let mut old = site.root.entry(&k).unwrap().into_entry().unwrap();
    assert!(old.is_at_its_path().unwrap());

    put(&site.root, &k, &t, b"new");
    assert!(!old.refresh().unwrap().is_fresh(links, tagcache_fs::Time::EPOCH));
    assert!(!old.is_at_its_path().unwrap(), "superseded: a reader opens again");
    let mut bytes = Vec::new();
    old.read(&mut bytes, 100).unwrap();
    assert_eq!(bytes, b"old");
    assert!(
        site.root.entry(&k).unwrap().into_entry().unwrap().meta().is_fresh(links, tagcache_fs::Time::EPOCH)
    );
}

#[test]
fn an_invalidated_entry_is_still_at_its_path_and_dead() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a"]));
    let links = put(&site.root, &k, &t, b"value");
    let mut entry = site.root.entry(&k).unwrap().into_entry().unwrap();
    assert_eq!(entry.meta().standing(links), Standing::Whole);
    site.root.invalidate_tags(&t).unwrap();
    assert_eq!(entry.refresh().unwrap().standing(links), Standing::Poisoned);
    assert!(entry.is_at_its_path().unwrap(), "invalid, not superseded");
}

#[test]
fn a_removed_entry_is_not_at_its_path_and_neither_is_one_whose_folder_is_gone() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    entry.remove().unwrap();
    assert!(!entry.is_at_its_path().unwrap());
    common::sweep(&site.root);
    assert!(!entry.is_at_its_path().unwrap());
}

#[test]
fn recording_a_use_leaves_the_expiry_alone() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let mut entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    let used = tagcache_fs::Time::from_parts(1_700_000_000, 0);
    entry.touch(used).unwrap();
    let meta = *entry.refresh().unwrap();
    assert_eq!((meta.atime, meta.mtime), (used, soon(&site.root)));
}

#[test]
fn reading_does_not_count_as_a_use() {
    let site = Site::new();
    put(&site.root, &key("k"), &[], b"value");
    let entry = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    let used = tagcache_fs::Time::from_parts(1_700_000_000, 0);
    entry.touch(used).unwrap();
    let mut reader = site.root.entry(&key("k")).unwrap().into_entry().unwrap();
    reader.read(&mut Vec::new(), 5).unwrap();
    assert_eq!(
        reader.refresh().unwrap().atime,
        used,
        "a future mtime must not dirty the inode on every read"
    );
}

#[test]
fn removing_an_entry_leaves_what_took_its_place() {
    let site = Site::new();
    let k = key("k");
    put(&site.root, &k, &[], b"old");
    let old = site.root.entry(&k).unwrap().into_entry().unwrap();
    let links = put(&site.root, &k, &[], b"new");
    old.remove().unwrap();
    assert_eq!(common::get(&site.root, &k, links).as_deref(), Some(&b"new"[..]));
}

#[test]
fn no_link_is_taken_from_an_entry_that_could_not_be_poisoned() {
    let site = Site::new();
    let (k, t) = (key("k"), tags(["a", "b"]));
    put(&site.root, &k, &t, b"old");
    site.world.faults.add(Fault::on(Call::SetMtime, Errno::IO).below("data/").for_ever());
    let published = publish(&site.root, &k, &[], b"new").unwrap();
    let error = published.replaced().unwrap().remove_links(&t).unwrap_err();
    assert_eq!(error.doing(), "poison");
    assert_eq!(site.files("data").len(), 3, "the new entry, and the links of the old one");

    site.world.faults.mend();
    published.replaced().unwrap().remove_links(&t).unwrap();
    assert_eq!(site.files("data").len(), 1);
}
