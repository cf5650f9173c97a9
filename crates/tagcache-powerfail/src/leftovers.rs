//! I6, looked at from outside: after a sweep nothing is left that is no use to anybody. The tree is walked with the
//! standard library alone, and judged by what FORMAT.md says of names, link counts and times.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a walk through a root counts.
#[derive(Debug, Default)]
struct Census {
    /// For each inode: its metadata, the names of entries, the names of tag links.
    inodes: HashMap<u64, Names>,
    findings: Vec<String>,
}

#[derive(Debug)]
struct Names {
    metadata: Metadata,
    keys: Vec<PathBuf>,
    links: Vec<PathBuf>,
}

/// Everything in the root that should have been swept, in words; and how many entries there are.
///
/// # Errors
/// When a folder cannot be read.
pub fn leftovers(root: &Path) -> io::Result<(Vec<String>, u64)> {
    let mut census = Census::default();
    for folder in ["tmp", "locks"] {
        for item in fs::read_dir(root.join(folder))? {
            census.findings.push(format!("{} is left", item?.path().display()));
        }
    }
    census.walk(&root.join("data"))?;
    let entries = census.inodes.values().map(|names| names.keys.len() as u64).sum();
    for names in census.inodes.values() {
        census.findings.extend(judge(names));
    }
    census.findings.sort();
    Ok((census.findings, entries))
}

impl Census {
    fn walk(&mut self, folder: &Path) -> io::Result<()> {
        let mut is_empty = true;
        for item in fs::read_dir(folder)? {
            let path = item?.path();
            is_empty = false;
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_dir() {
                self.walk(&path)?;
            } else {
                self.note(path, metadata);
            }
        }
        if is_empty && !folder.ends_with("data") {
            self.findings.push(format!("{} is an empty folder", folder.display()));
        }
        Ok(())
    }

    fn note(&mut self, path: PathBuf, metadata: Metadata) {
        let is_key = file_name(&path).starts_with("key");
        let names = self.inodes.entry(metadata.ino()).or_insert_with(|| Names {
            metadata,
            keys: Vec::new(),
            links: Vec::new(),
        });
        if is_key { names.keys.push(path) } else { names.links.push(path) }
    }
}

fn judge(names: &Names) -> Vec<String> {
    let inode = &names.metadata;
    let mut findings = Vec::new();
    let (keys, links) = (names.keys.len() as u64, names.links.len() as u64);
    let name = names.keys.first().or(names.links.first()).cloned().unwrap_or_default();
    let mut find = |what: String| findings.push(format!("{}: {what}", name.display()));
    if inode.mtime() == 0 && inode.mtime_nsec() == 0 {
        find("poisoned, and still there".into());
    }
    if keys != 1 {
        find(format!("the entry of {keys} keys, with {links} tag links"));
    }
    if inode.nlink() != keys + links {
        find(format!("{} links, of which {} are to be found", inode.nlink(), keys + links));
    }
    let says = format!("{}:{}", inode.nlink(), inode.ino());
    for link in names.links.iter().filter(|link| file_name(link) != says) {
        find(format!("has the dead link {}", link.display()));
    }
    findings
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
