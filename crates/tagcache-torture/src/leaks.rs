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
    let mut inodes = HashMap::new();
    walk(&cache.join("data"), 0, &mut inodes, &mut found)?;
    inodes.iter().for_each(|(ino, inode)| judge(*ino, inode, &mut found));
    found.sort_unstable();
    Ok(found)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Two levels of shards, then keys and the folders of tags, then buckets, then links.
fn walk(
    folder: &Path,
    depth: usize,
    inodes: &mut HashMap<u64, Inode>,
    found: &mut Vec<String>,
) -> io::Result<()> {
    let names = names(folder)?;
    if names.is_empty() && depth > 0 {
        found.push(format!("{}: an empty folder", folder.display()));
    }
    for name in names {
        let path = folder.join(&name);
        let meta = fs::symlink_metadata(&path)?;
        let is_tag = name.starts_with("tag:") || name.starts_with("tag~");
        let is_key = name.starts_with("key:") || name.starts_with("key~");
        match depth {
            0 | 1 | 3 if meta.is_dir() && name.len() == 2 => walk(&path, depth + 1, inodes, found)?,
            2 if meta.is_dir() && is_tag => walk(&path, depth + 1, inodes, found)?,
            2 if meta.is_file() && is_key => inode(inodes, &meta).keys.push(path),
            4 if meta.is_file() => inode(inodes, &meta).links.push(path),
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
/// folder that its name says.
fn judge(ino: u64, inode: &Inode, found: &mut Vec<String>) {
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
    for link in &inode.links {
        if !link.ends_with(Path::new(bucket).join(&expected)) {
            found.push(format!("{}: should be {bucket}/{expected}", link.display()));
        }
    }
}
