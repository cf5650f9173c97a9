//! A root of this version in each layout, kept for the versions to come: each must read it, or miss cleanly.
//!
//! Git keeps neither hard links nor times, and an inode number is another one on each disk. So the root is kept as a text, in
//! `golden/`: names, mode, time and bytes of each file. What depends on the disk stands there in angle brackets, and is filled
//! in when the root is unpacked. A later version adds files of its own and leaves these as they are. (`compact.rs` runs this
//! again for the other layout.)

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tagcache::fs::OpenError;
use tagcache::record::ParseError;
use tagcache::{Builder, Cache, Error, Layout, Lookup, Miss, Policy, Raw, Stale, VerifyOptions};
use tagcache_testkit::{TestSys, World, files};
use tempfile::TempDir;

use common::{Fixture, HAS_BUCKETS, HOUR, LAYOUT, miss, stale, text};

const KEPT: &str = match LAYOUT {
    Layout::Compact => include_str!("golden/layout-compact-record-1.txt"),
    _ => include_str!("golden/layout-1-record-1.txt"),
};

/// Lines of `tagcache.format` that depend on the disk.
const OF_THE_DISK: [&str; 5] = ["device", "inode", "mtime-max", "mtime-granularity", "rename-noreplace"];

/// What lies in the root: one value for each way in which it can be found.
fn fill(fixture: &Fixture) {
    let cache = &fixture.cache;
    let policy = Policy::new().expire_in(HOUR);
    cache.put("blog-home", &text("<h1>Blog</h1>"), &policy.clone().tags(["bio", "blog-new"])).unwrap();
    cache.put("plain", &b"\0\xff bytes".to_vec(), &policy).unwrap();
    cache.put([b'k'; 200], &text("under a long key"), &policy.clone().tag([b't'; 200])).unwrap();
    cache.put("soft", &text("to be refreshed"), &policy.clone().tag("prices")).unwrap();
    cache.expire_tag("prices").unwrap();
    cache.put("dead", &text("never again"), &policy.clone().tag("gone")).unwrap();
    cache.invalidate_tag("gone").unwrap();
}

/// The text of a root.
fn dump(root: &Path) -> String {
    let mut by_inode: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for path in files(root.join("data")).unwrap() {
        let path = format!("data/{path}");
        by_inode.entry(fs::metadata(root.join(&path)).unwrap().ino()).or_default().push(path);
    }
    let mut parts: Vec<String> = by_inode.into_iter().map(|(ino, names)| part(root, ino, names)).collect();
    parts.sort();
    format!("{}\n{}", format_part(root), parts.join("\n"))
}

fn part(root: &Path, ino: u64, mut names: Vec<String>) -> String {
    let file = root.join(&names[0]);
    let (meta, bytes) = (fs::metadata(&file).unwrap(), fs::read(&file).unwrap());
    let ino = ino.to_string();
    for name in &mut names {
        let (folder, last) = name.rsplit_once('/').unwrap();
        if let Some(links) = last.strip_suffix(&ino).filter(|links| links.ends_with(':')) {
            let folder = match folder.rsplit_once('/') {
                Some((tag, _bucket)) if HAS_BUCKETS => format!("{tag}/<bucket>"),
                _ => folder.to_owned(),
            };
            *name = format!("{folder}/{links}<inode>");
        }
    }
    names.sort();
    let mut told = String::new();
    names.iter().for_each(|name| writeln!(told, "name {name}").unwrap());
    writeln!(told, "mode {:o}\nmtime {}", meta.mode() & 0o777, meta.mtime()).unwrap();
    for row in bytes.chunks(32) {
        told.push_str("hex");
        row.iter().for_each(|byte| write!(told, " {byte:02x}").unwrap());
        told.push('\n');
    }
    told
}

fn format_part(root: &Path) -> String {
    let format = fs::read_to_string(root.join("tagcache.format")).unwrap();
    let line = |line: &str| match line.split_once(" = ") {
        Some((name, _)) if OF_THE_DISK.contains(&name) => format!("format {name} = <{name}>\n"),
        _ => format!("format {line}\n"),
    };
    // Not every filesystem knows a time of birth, and the line came after the kept roots.
    format.lines().filter(|line| !line.starts_with("born = ")).map(line).collect()
}

/// Makes the root of a text, with the links that it says, and, unless it is to be a copy, as if it was made here.
fn unpack(kept: &str, root: &Path, is_copy: bool) {
    for folder in ["data", "tmp", "locks"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::set_permissions(root, Permissions::from_mode(0o700)).unwrap();
    let mut parts = kept.split("\n\n");
    unpack_format(parts.next().unwrap(), root, is_copy);
    parts.for_each(|part| unpack_file(part, root));
}

fn unpack_format(part: &str, root: &Path, is_copy: bool) {
    let path = root.join("tagcache.format");
    let file = File::create(&path).unwrap();
    // What this disk can do is what a root that is made on it says.
    let other = tempfile::tempdir_in(root.parent().unwrap()).unwrap();
    Builder::new(Raw).open(other.path()).unwrap();
    let here = fs::read_to_string(other.path().join("tagcache.format")).unwrap();
    let of_here = |name: &str| {
        let prefix = format!("{name} = ");
        here.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap().to_owned()
    };
    let mut told = String::new();
    for line in part.lines().filter_map(|line| line.strip_prefix("format ")) {
        let value = match line.split_once(" = <") {
            Some(("inode", _)) if is_copy => String::from("1"),
            Some(("inode", _)) => file.metadata().unwrap().ino().to_string(),
            Some((name, _)) => of_here(name),
            None => {
                writeln!(told, "{line}").unwrap();
                continue;
            }
        };
        writeln!(told, "{} = {value}", line.split_once(" = ").unwrap().0).unwrap();
    }
    fs::write(&path, told).unwrap();
    fs::hard_link(&path, root.join("CACHEDIR.TAG")).unwrap();
}

fn unpack_file(part: &str, root: &Path) {
    let of = |word: &'static str| part.lines().filter_map(move |line| line.strip_prefix(word));
    let bytes: Vec<u8> =
        of("hex ").flat_map(|row| row.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap())).collect();
    let draft = root.join("tmp/unpacked");
    fs::write(&draft, bytes).unwrap();
    let ino = fs::metadata(&draft).unwrap().ino().to_string();
    for name in of("name ") {
        let name = name.replace("<inode>", &ino);
        let link = name.rsplit('/').next().unwrap();
        let path = root.join(name.replace("<bucket>", &link[link.len() - 2..]));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::hard_link(&draft, path).unwrap();
    }
    let file = File::open(&draft).unwrap();
    fs::remove_file(&draft).unwrap();
    let mtime = SystemTime::UNIX_EPOCH + Duration::from_secs(of("mtime ").next().unwrap().parse().unwrap());
    file.set_times(FileTimes::new().set_modified(mtime)).unwrap();
    let mode = u32::from_str_radix(of("mode ").next().unwrap(), 8).unwrap();
    file.set_permissions(Permissions::from_mode(mode)).unwrap();
}

/// The kept root, unpacked and opened.
fn unpacked(kept: &str, is_copy: bool) -> (TempDir, Result<Cache<Raw, TestSys>, Error>) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    unpack(kept, &root, is_copy);
    let cache = Builder::new(Raw).open_on(World::new().sys(), &root);
    (dir, cache)
}

#[test]
fn the_kept_root_is_what_this_version_writes() {
    let fixture = Fixture::new();
    fill(&fixture);
    let written = dump(fixture.path());
    assert_eq!(
        written, KEPT,
        "the bytes on disk changed: give them a new version number, keep this file, and add one for the new version. \
         It would be:\n{written}"
    );
}

#[test]
fn whatever_lies_in_the_kept_root_is_read_as_it_was_left() {
    let (_dir, cache) = unpacked(KEPT, false);
    let cache = cache.unwrap();
    assert_eq!(cache.root().layout(), LAYOUT, "which nobody asked for");
    let get = |key: &[u8]| cache.get::<String>(key).unwrap().map(tagcache::Hit::into_owned);
    assert_eq!(get(b"blog-home").as_deref(), Some("<h1>Blog</h1>"));
    assert_eq!(get(&[b'k'; 200]).as_deref(), Some("under a long key"));
    assert_eq!(*cache.get::<Vec<u8>>("plain").unwrap().unwrap(), b"\0\xff bytes");
    let soft = stale(cache.lookup::<String>("soft").unwrap());
    assert_eq!((soft.0.as_str(), soft.1), ("to be refreshed", Stale::SoftlyExpired));
    assert!(matches!(miss(cache.lookup::<String>("dead").unwrap()), Miss::Invalidated));
    let found = cache.verify(&VerifyOptions::new()).unwrap();
    assert_eq!((found.losses, found.dangers), (0, 0), "{found:?}");
    assert_eq!(cache.invalidate_tags([&b"bio"[..], &[b't'; 200]]).unwrap(), 2, "its tags are known");
    assert_eq!((get(b"blog-home"), get(&[b'k'; 200])), (None, None));
}

#[test]
fn the_kept_root_as_a_copy_is_started_afresh() {
    let (dir, cache) = unpacked(KEPT, true);
    let cache = cache.unwrap();
    assert_eq!(cache.root().layout(), LAYOUT, "it stays");
    for key in ["blog-home", "plain", "soft", "dead"] {
        assert!(matches!(miss(cache.lookup::<String>(key).unwrap()), Miss::Absent), "{key}");
    }
    assert!(files(dir.path().join("root/data")).unwrap().is_empty());
    cache.put("blog-home", &text("new"), &Policy::new()).unwrap();
    assert_eq!(*cache.get::<String>("blog-home").unwrap().unwrap(), "new");
}

#[test]
fn a_record_of_a_later_version_is_a_miss_and_is_replaced() {
    // The version stands behind the eight bytes of the magic.
    let magic = "f9 54 41 47 43 0d 0a 0a";
    let later = KEPT.replace(&format!("{magic} 01 00"), &format!("{magic} 02 00"));
    assert_ne!(later, KEPT);
    let (_dir, cache) = unpacked(&later, false);
    let cache = cache.unwrap();
    for key in ["blog-home", "plain"] {
        match cache.lookup::<String>(key).unwrap() {
            Lookup::Miss(Miss::Damaged(ParseError::Version { found: 2, .. })) => {}
            other => panic!("{key}: {other:?}"),
        }
    }
    let hit = cache.get_with("blog-home", &Policy::new().tag("bio"), |_| text("of this version"));
    assert_eq!(*hit, "of this version");
    assert_eq!(*cache.get::<String>("blog-home").unwrap().unwrap(), "of this version");
    cache.sweep().unwrap();
    assert!(matches!(miss(cache.lookup::<String>("plain").unwrap()), Miss::Damaged(_)), "a sweep leaves it");
}

#[test]
fn a_root_of_a_later_layout_is_refused_with_a_clear_word_and_not_touched() {
    let word = if LAYOUT == Layout::Compact { "compact" } else { "1" };
    let later = KEPT.replace(&format!("layout = {word}\n"), "layout = 2\n");
    assert_ne!(later, KEPT);
    let (dir, cache) = unpacked(&later, false);
    let root = dir.path().join("root");
    let error = cache.expect_err("it is of a later version");
    assert!(matches!(&error, Error::Open(OpenError::Layout { version, .. }) if version == "2"), "{error}");
    assert!(error.to_string().contains("update the program"), "{error}");
    assert_eq!(files(root.join("data")).unwrap().len(), KEPT.matches("\nname ").count(), "nothing is gone");
}
