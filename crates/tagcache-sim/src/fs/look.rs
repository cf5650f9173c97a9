//! Looking at the whole tree from outside.

use std::fmt::Write as _;

use tagcache_fs::meta::{Meta, POISON, links_of};
use tagcache_fs::{LinkName, Standing};

use super::inode::{Inode, Node, Number};
use super::{Disk, TOP};
use crate::body::{Body, is_entry, is_record};

impl Disk {
    /// What lies in a root after a sweep and should not: drafts, leases, dead entries and links, empty folders.
    pub(crate) fn leftovers(&self, root: &str) -> Option<String> {
        let base = self.resolve(TOP, root.as_bytes()).ok()?;
        for folder in ["tmp", "locks"] {
            let number = self.resolve(base, folder.as_bytes()).ok()?;
            if let Some(item) = self.dir(number).ok()?.iter().next() {
                return Some(format!("{folder}/{} was left", String::from_utf8_lossy(&item.name)));
            }
        }
        let data = self.resolve(base, b"data").ok()?;
        self.leftover_below(data, "data")
    }

    fn leftover_below(&self, dir: Number, path: &str) -> Option<String> {
        for item in self.dir(dir).ok()?.iter() {
            let path = format!("{path}/{}", String::from_utf8_lossy(&item.name));
            let inode = self.inode(item.number)?;
            let left = match &inode.node {
                Node::Dir(dir) if dir.is_empty() => Some(format!("the empty folder {path} was left")),
                Node::Dir(_) => self.leftover_below(item.number, &path),
                _ => {
                    self.is_dead(item.number, inode, &item.name).map(|why| format!("{path} was left: {why}"))
                }
            };
            if left.is_some() {
                return left;
            }
        }
        None
    }

    fn is_dead(&self, number: Number, inode: &Inode, name: &[u8]) -> Option<&'static str> {
        let links = match LinkName::parse(name) {
            Some(link) if link.ino != number => return Some("a link to another inode than its name says"),
            Some(link) => link.links,
            None => match self.bytes_of(number).and_then(|bytes| links_in(&bytes)) {
                Some(links) => links,
                None => return Some("a damaged entry"),
            },
        };
        let meta = Meta::from(inode.stat(number));
        (meta.standing(links) != Standing::Whole).then_some("its inode is dead")
    }

    /// Makes a file this long, for a log that is about to be full.
    pub(crate) fn fill_file(&mut self, path: &str, len: usize) {
        let number = self.resolve(TOP, path.as_bytes()).ok();
        if let Some(Inode { node: Node::File(content), .. }) =
            number.and_then(|number| self.inode_mut(number))
        {
            content.grow(len);
        }
    }

    /// The tree, for stories.
    pub(crate) fn listing(&self) -> String {
        let mut lines = String::new();
        self.list_below(TOP, "", &mut lines);
        lines
    }

    fn list_below(&self, dir: Number, path: &str, lines: &mut String) {
        let Ok(names) = self.dir(dir) else { return };
        for item in names.iter() {
            let path = format!("{path}/{}", String::from_utf8_lossy(&item.name));
            let Some(inode) = self.inode(item.number) else { continue };
            match &inode.node {
                Node::Dir(_) => self.list_below(item.number, &path, lines),
                node => {
                    let bytes =
                        self.first_bytes(item.number).filter(|bytes| is_entry(bytes) && !bytes.is_empty());
                    let body = bytes.and_then(|_| Body::in_file(&self.bytes_of(item.number)?));
                    let value = body.map_or(String::new(), |body| format!(", value {}", body.id));
                    let poison = if inode.mtime == POISON { ", poisoned" } else { "" };
                    let (number, links, mode) = (item.number, inode.links, inode.mode);
                    // A String takes everything.
                    let _ = writeln!(
                        lines,
                        "        {path}: inode {number}, {links} links, mode {mode:o}, {:?}{value}{poison}",
                        node.kind()
                    );
                }
            }
        }
    }
}

/// How many names an entry has while it is whole, as far as a sweep can tell: it reads no more than the head of a record.
fn links_in(bytes: &[u8]) -> Option<u64> {
    if !is_record(bytes) {
        return Body::parse(bytes).map(|body| body.links());
    }
    let head = tagcache::record::parse_head(bytes, bytes.len() as u64).ok()?;
    Some(links_of(head.tags.len() as u64))
}
