//! A walk through a cache that nobody uses, by someone who knows the layout from FORMAT only: what lies there that no
//! entry needs?

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What may lie at the top.
const TOP: [&str; 6] = ["CACHEDIR.TAG", "data", "locks", "log", "tagcache.format", "tmp"];

/// A file, however many names it has.
#[derive(Debug, Default)]
struct Inode {
    /// The names that are keys.
    keys: Vec<PathBuf>,
    /// The names that are tag links.
    links: Vec<PathBuf>,
    nlink: u64,
    poisoned: bool,
}

/// Lists everything that a sweep should have removed, or that should never have been there.
///
/// # Errors
/// When the cache cannot be walked.
pub fn inspect(cache: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in names(cache)? {
        if !TOP.contains(&name.as_str()) {
            found.push(format!("{name}: nothing of a cache has this name"));
        }
    }
    for (folder, what) in [("tmp", "draft"), ("locks", "lease")] {
        let left = names(&cache.join(folder))?;
        found.extend(left.iter().map(|name| format!("{folder}/{name}: a {what} that nobody holds")));
    }
    let levels = levels(cache)?;
    let mut inodes = HashMap::new();
    walk(&cache.join("data"), levels, &mut inodes, &mut found)?;
    let has_buckets = levels.contains(&Level::Buckets);
    inodes.iter().for_each(|(ino, inode)| judge(*ino, inode, has_buckets, &mut found));
    found.sort_unstable();
    Ok(found)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// What lies in the folders of one level below `data/`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Shards,
    /// Keys, and the folders of tags.
    Names,
    Buckets,
    Links,
}

/// The levels of the layout that the settings say.
fn levels(cache: &Path) -> io::Result<&'static [Level]> {
    use Level::{Buckets, Links, Names, Shards};
    let settings = fs::read_to_string(cache.join("tagcache.format"))?;
    match settings.lines().find_map(|line| line.strip_prefix("layout = ")) {
        Some("1") => Ok(&[Shards, Shards, Names, Buckets, Links]),
        Some("compact") => Ok(&[Shards, Names, Links]),
        other => Err(io::Error::other(format!("FORMAT knows no layout {other:?}"))),
    }
}

fn walk(
    folder: &Path,
    levels: &[Level],
    inodes: &mut HashMap<u64, Inode>,
    found: &mut Vec<String>,
) -> io::Result<()> {
    let names = names(folder)?;
    let Some((level, below)) = levels.split_first() else { return Ok(()) };
    if names.is_empty() && !folder.ends_with("data") {
        found.push(format!("{}: an empty folder", folder.display()));
    }
    for name in names {
        let path = folder.join(&name);
        let meta = fs::symlink_metadata(&path)?;
        let is_tag = name.starts_with("tag:") || name.starts_with("tag~");
        let is_key = name.starts_with("key:") || name.starts_with("key~");
        match level {
            Level::Shards | Level::Buckets if meta.is_dir() && name.len() == 2 => {
                walk(&path, below, inodes, found)?;
            }
            Level::Names if meta.is_dir() && is_tag => walk(&path, below, inodes, found)?,
            Level::Names if meta.is_file() && is_key => inode(inodes, &meta).keys.push(path),
            Level::Links if meta.is_file() => inode(inodes, &meta).links.push(path),
            _ => found.push(format!("{}: nothing of a cache lies here", path.display())),
        }
    }
    Ok(())
}

fn inode<'a>(inodes: &'a mut HashMap<u64, Inode>, meta: &Metadata) -> &'a mut Inode {
    let inode = inodes.entry(meta.ino()).or_default();
    inode.nlink = meta.nlink();
    inode.poisoned = (meta.mtime(), meta.mtime_nsec()) == (0, 0);
    inode
}

/// A file is an entry or it is dead: one key, as many names as it has tags and one, each link named after it and in the
/// bucket that its name says, where there are buckets.
fn judge(ino: u64, inode: &Inode, has_buckets: bool, found: &mut Vec<String>) {
    let names = || {
        let names: Vec<_> =
            inode.keys.iter().chain(&inode.links).map(|path| path.display().to_string()).collect();
        names.join(" = ")
    };
    let known = (inode.keys.len() + inode.links.len()) as u64;
    if inode.keys.len() != 1 {
        found.push(format!("{}: {} keys have this file, and one should", names(), inode.keys.len()));
    }
    if inode.poisoned {
        found.push(format!("{}: poisoned", names()));
    }
    if inode.nlink != known {
        found.push(format!("{}: {} names, of which {known} are in the tree", names(), inode.nlink));
    }
    let expected = format!("{}:{ino}", inode.nlink);
    let bucket = expected.get(expected.len().saturating_sub(2)..).unwrap_or_default();
    let place = if has_buckets { Path::new(bucket).join(&expected) } else { PathBuf::from(&expected) };
    for link in &inode.links {
        if !link.ends_with(&place) {
            found.push(format!("{}: should be {}", link.display(), place.display()));
        }
    }
}
