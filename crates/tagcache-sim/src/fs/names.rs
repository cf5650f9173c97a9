//! Calls that change or follow names.

use std::sync::Arc;

use tagcache_fs::sys::{Errno, OpenMode, Replace, Result, Stat};

use super::dir::{Dir, Name};
use super::handle::{Handle, HandleId};
use super::inode::{Content, Node, Number, Special};
use super::journal::{Change, Spot};
use super::{BADF, Disk, TOP};

impl Disk {
    /// Opens the top of the device, or a directory below it.
    pub(crate) fn open_top(&mut self, process: u8, path: &[u8]) -> Result<HandleId> {
        let number = self.resolve(TOP, path)?;
        self.dir(number)?;
        self.open_number(process, number, OpenMode::Dir)
    }

    pub(crate) fn open(
        &mut self,
        process: u8,
        dir: HandleId,
        path: &[u8],
        mode: OpenMode,
    ) -> Result<HandleId> {
        let base = self.handle(dir)?.number;
        let writes = !matches!(mode, OpenMode::Read | OpenMode::Dir);
        let number = match (self.resolve(base, path), mode) {
            (Ok(_), OpenMode::Create) => return Err(Errno::EXIST),
            (Ok(number), _) => {
                self.may_open(number, mode, writes)?;
                number
            }
            (Err(Errno::NOENT), OpenMode::Create | OpenMode::ReadWrite) => {
                self.create(base, path, Node::File(Content::default()), 0o600)?
            }
            (Err(errno), _) => return Err(errno),
        };
        self.open_number(process, number, mode)
    }

    fn may_open(&self, number: Number, mode: OpenMode, writes: bool) -> Result<()> {
        let inode = self.inode(number).ok_or(BADF)?;
        match (&inode.node, mode) {
            (Node::File(_) | Node::Other(_), OpenMode::Dir) => return Err(Errno::NOTDIR),
            (Node::Other(Special::Link(_)), _) => return Err(Errno::LOOP),
            (Node::Dir(_), _) if writes => return Err(Errno::ISDIR),
            _ => {}
        }
        let wanted = if writes { 0o600 } else { 0o400 };
        if !self.traits.superuser && inode.mode & wanted != wanted {
            return Err(Errno::ACCESS);
        }
        // A socket is no file to open.
        if matches!(inode.node, Node::Other(Special::Socket)) { Err(Errno::NXIO) } else { Ok(()) }
    }

    fn open_number(&mut self, process: u8, number: Number, mode: OpenMode) -> Result<HandleId> {
        self.inode_mut(number).ok_or(BADF)?.opens += 1;
        let (append, quiet) = (mode == OpenMode::Append, mode == OpenMode::Read);
        let writable = !matches!(mode, OpenMode::Read | OpenMode::Dir);
        let turn = match self.dir(number) {
            Ok(dir) if self.traits.lists_as_of_open => dir.turn(),
            _ => u64::MAX,
        };
        Ok(self.handles.add(Handle {
            number,
            process,
            descriptors: 1,
            position: 0,
            append,
            quiet,
            writable,
            place: None,
            turn,
        }))
    }

    /// fstatat(2).
    pub(crate) fn stat_at(&self, dir: HandleId, path: &[u8]) -> Result<Stat> {
        let number = self.find(self.handle(dir)?.number, path)?;
        Ok(self.inode(number).ok_or(BADF)?.stat(number))
    }

    pub(crate) fn make_dir(&mut self, dir: HandleId, path: &[u8]) -> Result<()> {
        let node = Node::Dir(Dir::new(self.traits.salt));
        self.make(dir, path, node, 0o700)
    }

    /// mknodat(2) and symlinkat(2).
    pub(crate) fn plant(&mut self, dir: HandleId, path: &[u8], special: Special) -> Result<()> {
        let mode = if matches!(special, Special::Link(_)) { 0o777 } else { 0o600 };
        self.make(dir, path, Node::Other(special), mode)
    }

    fn make(&mut self, dir: HandleId, path: &[u8], node: Node, mode: u32) -> Result<()> {
        let base = self.handle(dir)?.number;
        match self.find(base, path) {
            Ok(_) => Err(Errno::EXIST),
            Err(Errno::NOENT) => self.create(base, path, node, mode).map(|_| ()),
            Err(errno) => Err(errno),
        }
    }

    /// A directory below the top of the device, and those above it.
    pub(crate) fn make_top(&mut self, path: &[u8]) -> Result<()> {
        for (end, _) in path.iter().enumerate().filter(|(_, byte)| **byte == b'/').chain([(path.len(), &0)]) {
            let path = &path[..end];
            if self.resolve(TOP, path) == Err(Errno::NOENT) {
                let node = Node::Dir(Dir::new(self.traits.salt));
                self.create(TOP, path, node, 0o700)?;
            }
        }
        Ok(())
    }

    pub(super) fn create(&mut self, base: Number, path: &[u8], node: Node, mode: u32) -> Result<Number> {
        let (parent, name) = self.parent(base, path)?;
        let (number, time) = (self.add(node.clone(), mode), self.stamp());
        let file = self.serial(number);
        self.put_name(parent, &name, number)?;
        let spot = (self.serial(parent), name);
        self.journal.note(|| Change::New { spot, file, number, node, mode, time });
        Ok(number)
    }

    /// linkat(2).
    pub(crate) fn link(&mut self, dir: HandleId, from: &[u8], to: &[u8]) -> Result<()> {
        let base = self.handle(dir)?.number;
        let number = self.find(base, from)?;
        let (parent, name) = self.parent(base, to)?;
        self.link_number(number, parent, name)
    }

    /// A further name for an inode, wherever its other names are.
    pub(crate) fn link_number(&mut self, number: Number, parent: Number, name: Name) -> Result<()> {
        if self.child(parent, &name)?.is_some() {
            return Err(Errno::EXIST);
        }
        let inode = self.inode(number).ok_or(Errno::NOENT)?;
        match inode.node {
            Node::Dir(_) => return Err(Errno::PERM),
            _ if inode.links == 0 => return Err(Errno::NOENT),
            _ if inode.links >= self.traits.max_links => return Err(Errno::MLINK),
            _ => {}
        }
        let file = inode.serial;
        self.put_name(parent, &name, number)?;
        let dir = self.serial(parent);
        self.journal.note(|| Change::Link { spot: (dir, name), file });
        Ok(())
    }

    /// renameat2(2).
    pub(crate) fn rename(
        &mut self,
        dir: HandleId,
        from: &[u8],
        to: &[u8],
        replace: Replace,
    ) -> Result<Number> {
        if replace == Replace::Never && !self.traits.rename_noreplace {
            return Err(Errno::INVAL);
        }
        let base = self.handle(dir)?.number;
        let (from_parent, from_name) = self.parent(base, from)?;
        let (to_parent, to_name) = self.parent(base, to)?;
        let number = self.child(from_parent, &from_name)?.ok_or(Errno::NOENT)?;
        let old = self.child(to_parent, &to_name)?;
        match old {
            Some(_) if replace == Replace::Never => return Err(Errno::EXIST),
            _ if self.is_below(to_parent, number) => return Err(Errno::INVAL),
            Some(old) if self.is_below(from_parent, old) => return Err(Errno::NOTEMPTY),
            // Two names of one file: nothing is done, and that is a success.
            Some(old) if old == number => return Ok(number),
            Some(old) => self.may_replace(number, old)?,
            None => {}
        }
        let replaced = old.map(|old| self.serial(old));
        self.take_name(from_parent, &from_name)?;
        self.take_name(to_parent, &to_name)?;
        self.put_name(to_parent, &to_name, number)?;
        let (from, to): (Spot, Spot) =
            ((self.serial(from_parent), from_name), (self.serial(to_parent), to_name));
        let file = self.serial(number);
        self.journal.note(|| Change::Rename { from, to, file, replaced });
        if let Some(old) = old {
            self.forget_if_unused(old);
        }
        Ok(number)
    }

    /// Whether a directory is another one or lies somewhere in it.
    fn is_below(&self, dir: Number, above: Number) -> bool {
        let folders =
            |number| self.dir(number).ok().into_iter().flat_map(Dir::iter).filter(|item| item.is_dir);
        dir == above || folders(above).any(|item| self.is_below(dir, item.number))
    }

    fn may_replace(&self, number: Number, old: Number) -> Result<()> {
        match (self.dir(number).is_ok(), self.dir(old)) {
            (true, Err(_)) => Err(Errno::NOTDIR),
            (true, Ok(old)) if !old.is_empty() => Err(Errno::NOTEMPTY),
            (false, Ok(_)) => Err(Errno::ISDIR),
            _ => Ok(()),
        }
    }

    pub(crate) fn unlink(&mut self, dir: HandleId, path: &[u8]) -> Result<()> {
        let (parent, name) = self.parent(self.handle(dir)?.number, path)?;
        let number = self.child(parent, &name)?.ok_or(Errno::NOENT)?;
        if self.dir(number).is_ok() {
            return Err(Errno::ISDIR);
        }
        self.remove(parent, name)
    }

    pub(crate) fn remove_dir(&mut self, dir: HandleId, path: &[u8]) -> Result<()> {
        let (parent, name) = self.parent(self.handle(dir)?.number, path)?;
        let number = self.child(parent, &name)?.ok_or(Errno::NOENT)?;
        match self.dir(number) {
            Err(_) => Err(Errno::NOTDIR),
            Ok(dir) if !dir.is_empty() => Err(Errno::NOTEMPTY),
            Ok(_) => self.remove(parent, name),
        }
    }

    pub(super) fn remove(&mut self, parent: Number, name: Name) -> Result<()> {
        let number = self.take_name(parent, &name)?.ok_or(Errno::NOENT)?;
        let (dir, file) = (self.serial(parent), self.serial(number));
        self.journal.note(|| Change::Unlink { spot: (dir, name), file });
        self.forget_if_unused(number);
        Ok(())
    }

    pub(super) fn put_name(&mut self, parent: Number, name: &Name, number: Number) -> Result<()> {
        let inode = self.changed(number)?;
        inode.links += 1;
        let is_dir = matches!(inode.node, Node::Dir(_));
        self.dir_mut(parent)?.insert(Arc::clone(name), number, is_dir);
        self.names_changed(parent)
    }

    pub(super) fn take_name(&mut self, parent: Number, name: &[u8]) -> Result<Option<Number>> {
        let number = self.dir_mut(parent)?.remove(name);
        if let Some(number) = number {
            self.changed(number)?.links -= 1;
            self.names_changed(parent)?;
        }
        Ok(number)
    }

    /// A directory whose names changed.
    fn names_changed(&mut self, dir: Number) -> Result<()> {
        let dir = self.changed(dir)?;
        dir.mtime = dir.ctime;
        Ok(())
    }

    /// Follows a path to its end, over no symbolic link, as openat2(2) is asked to. What the end is does not matter.
    pub(crate) fn resolve(&self, base: Number, path: &[u8]) -> Result<Number> {
        self.walk(base, path, Way { links: 0, through: false })
    }

    /// Follows a path to its end as every other call does: over the links on the way, and not over one at the end.
    fn find(&self, base: Number, path: &[u8]) -> Result<Number> {
        self.walk(base, path, Way { links: MAX_LINKS, through: false })
    }

    fn walk(&self, base: Number, path: &[u8], way: Way) -> Result<Number> {
        let mut at = base;
        let mut names = components(path).peekable();
        while let Some(name) = names.next() {
            let number = self.child(at, name)?.ok_or(Errno::NOENT)?;
            let passes = way.through || names.peek().is_some();
            at = match self.inode(number).map(|inode| &inode.node) {
                Some(Node::Other(Special::Link(target))) if passes => {
                    let links = way.links.checked_sub(1).ok_or(Errno::LOOP)?;
                    self.walk(
                        if target.starts_with(b"/") { TOP } else { at },
                        target,
                        Way { links, through: true },
                    )?
                }
                _ => number,
            };
        }
        Ok(at)
    }

    /// What a directory has under a name. One that was removed has nothing, and does not even measure the name.
    fn child(&self, dir: Number, name: &[u8]) -> Result<Option<Number>> {
        let names = self.dir(dir)?;
        if self.inode(dir).is_some_and(|inode| inode.links > 0) && name.len() > NAME_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(names.find(name))
    }

    /// The directory of the last name of a path, and that name, which may be too long to be one.
    pub(super) fn parent(&self, base: Number, path: &[u8]) -> Result<(Number, Name)> {
        let (folders, name) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&path[..0], path),
        };
        let parent = self.walk(base, folders, Way { links: MAX_LINKS, through: true })?;
        self.dir(parent)?;
        // A directory that was removed while somebody had it open takes no new name.
        if self.inode(parent).is_some_and(|inode| inode.links == 0) {
            return Err(Errno::NOENT);
        }
        Ok((parent, Name::from(name)))
    }
}

/// How a path is followed.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// How many symbolic links may follow upon one another.
    links: u8,
    /// Whether one at the end is followed, too.
    through: bool,
}

/// As many as Linux follows.
const MAX_LINKS: u8 = 40;

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."))
}

/// The longest name that a directory can hold.
const NAME_MAX: usize = 255;
