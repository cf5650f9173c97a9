//! The tag links of a root, judged from outside: by what every tool can see.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tagcache_testkit::files;

/// All tag links, relative to the root.
///
/// # Panics
/// When the tree cannot be listed.
#[must_use]
pub fn links(root: &Path) -> Vec<String> {
    let data = root.join("data");
    let files = files(&data).unwrap_or_else(|error| panic!("{} cannot be listed: {error}", data.display()));
    let is_link = |path: &String| path.contains("/tag:") || path.contains("/tag~");
    files.into_iter().filter(is_link).map(|path| format!("data/{path}")).collect()
}

/// The tag links whose file is dead: poisoned, or with another number of names or another inode than the link's name
/// says.
///
/// # Panics
/// When the tree cannot be listed.
#[must_use]
pub fn dead_links(root: &Path) -> Vec<String> {
    let mut links = links(root);
    links.retain(|link| !is_alive(root, link));
    links
}

fn is_alive(root: &Path, link: &str) -> bool {
    let Ok(inode) = fs::symlink_metadata(root.join(link)) else { return false };
    let says = format!("{}:{}", inode.nlink(), inode.ino());
    inode.mtime() != 0 && link.rsplit('/').next() == Some(says.as_str())
}
