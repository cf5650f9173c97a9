//! Calls on what is open.

use std::ffi::CString;
use std::sync::Arc;

use tagcache_fs::Time;
use tagcache_fs::sys::{DirBatch, Errno, FileKind, FsKind, Result, Stat};

use super::handle::HandleId;
use super::inode::{Node, Special};
use super::journal::Change;
use super::{BADF, Disk};

impl Disk {
    pub(crate) fn stat(&self, id: HandleId) -> Result<Stat> {
        let number = self.handle(id)?.number;
        Ok(self.inode(number).ok_or(BADF)?.stat(number))
    }

    pub(crate) fn read(&mut self, id: HandleId, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let position = self.handle(id)?.position;
        let count = self.read_at(id, position, into, limit)?;
        self.handles.get_mut(id).ok_or(BADF)?.position += count;
        Ok(count)
    }

    pub(crate) fn read_at(
        &mut self,
        id: HandleId,
        offset: usize,
        into: &mut Vec<u8>,
        limit: usize,
    ) -> Result<usize> {
        let (quiet, now) = (self.handle(id)?.quiet, self.now);
        let inode = self.opened_mut(id)?;
        match &inode.node {
            Node::File(content) => {
                let count = content.read(offset, limit, into);
                if !quiet && inode.is_read_anew(now) {
                    inode.atime = now;
                }
                Ok(count)
            }
            Node::Dir(_) => Err(Errno::ISDIR),
            // Nobody here reads from a FIFO.
            Node::Other(_) => Err(Errno::INVAL),
        }
    }

    pub(crate) fn write(&mut self, id: HandleId, bytes: &[u8]) -> Result<usize> {
        let handle = self.handle(id)?;
        let (append, position) = (handle.append, handle.position);
        let at = match &self.opened(id)?.node {
            Node::File(content) if append => content.len(),
            _ => position,
        };
        let written = self.write_at(id, at, bytes)?;
        self.handles.get_mut(id).ok_or(BADF)?.position = at + written;
        Ok(written)
    }

    pub(crate) fn write_at(&mut self, id: HandleId, at: usize, bytes: &[u8]) -> Result<usize> {
        if !self.handle(id)?.writable {
            return Err(BADF);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let now = self.stamp();
        let inode = self.changed_by(id)?;
        let Node::File(content) = &mut inode.node else { return Err(Errno::INVAL) };
        content.write(at, bytes);
        inode.mtime = now;
        let file = inode.serial;
        self.journal.note(|| Change::Write { file, at, bytes: Arc::from(bytes) });
        self.journal.note(|| Change::Mtime { file, time: now });
        Ok(bytes.len())
    }

    /// Space beyond the end changes neither the size nor the bytes; it counts as a change all the same.
    pub(crate) fn allocate(&mut self, id: HandleId, len: u64) -> Result<()> {
        if len == 0 {
            return Err(Errno::INVAL);
        }
        if !self.handle(id)?.writable {
            return Err(BADF);
        }
        let time = self.stamp();
        let inode = self.changed_by(id)?;
        inode.mtime = time;
        let file = inode.serial;
        self.journal.note(|| Change::Mtime { file, time });
        Ok(())
    }

    pub(crate) fn set_mtime(&mut self, id: HandleId, mtime: Time) -> Result<()> {
        let time = self.traits.holds(mtime);
        let inode = self.changed_by(id)?;
        inode.mtime = time;
        let file = inode.serial;
        self.journal.note(|| Change::Mtime { file, time });
        Ok(())
    }

    pub(crate) fn set_atime(&mut self, id: HandleId, atime: Time) -> Result<()> {
        self.changed_by(id)?.atime = self.traits.holds(atime);
        Ok(())
    }

    pub(crate) fn set_mode(&mut self, id: HandleId, mode: u32) -> Result<()> {
        let inode = self.changed_by(id)?;
        inode.mode = mode & 0o7777;
        let (file, mode) = (inode.serial, inode.mode);
        self.journal.note(|| Change::Mode { file, mode });
        Ok(())
    }

    pub(crate) fn read_dir(&mut self, id: HandleId, batch: &mut DirBatch) -> Result<()> {
        batch.clear();
        let handle = self.handle(id)?;
        let dir = self.dir(handle.number)?;
        if self.opened(id)?.links == 0 {
            // It was removed while it was open.
            return Err(Errno::NOENT);
        }
        let mut last = None;
        for item in dir.after(handle.place.as_ref(), handle.turn).take(self.traits.batch) {
            last = Some(item.at());
            let kind = match self.inode(item.number) {
                Some(inode) => inode.node.kind(),
                None => FileKind::Unknown,
            };
            let name = CString::new(&*item.name).map_err(|_| Errno::INVAL)?;
            batch.push(&name, kind, item.number);
        }
        if last.is_some() {
            self.handles.get_mut(id).ok_or(BADF)?.place = last;
        }
        Ok(())
    }

    pub(crate) fn try_lock(&mut self, id: HandleId) -> Result<()> {
        let inode = self.opened_mut(id)?;
        match inode.lock {
            Some(holder) if holder != id => Err(Errno::AGAIN),
            _ => {
                inode.lock = Some(id);
                Ok(())
            }
        }
    }

    pub(crate) fn sync(&mut self, id: HandleId) -> Result<()> {
        let file = self.opened(id)?.serial;
        self.journal.sync(file, self.traits.kind == FsKind::Journaled);
        Ok(())
    }

    pub(crate) fn sync_fs(&mut self) {
        self.journal.sync_all();
    }
}

/// What the rest of the simulation wants to know.
impl Disk {
    /// The bytes of a file; `None` for everything else. Not meant for a log that was made large.
    pub(crate) fn bytes_of(&self, number: super::Number) -> Option<Vec<u8>> {
        match &self.inode(number)?.node {
            Node::File(content) => Some(content.to_vec()),
            _ => None,
        }
    }

    /// Its first few bytes.
    pub(crate) fn first_bytes(&self, number: super::Number) -> Option<Vec<u8>> {
        match &self.inode(number)?.node {
            Node::File(content) => {
                let mut bytes = Vec::new();
                content.read(0, 8, &mut bytes);
                Some(bytes)
            }
            _ => None,
        }
    }

    pub(crate) fn number_of(&self, id: HandleId) -> super::Number {
        self.handle(id).map_or(0, |handle| handle.number)
    }

    pub(crate) fn serial_of(&self, number: super::Number) -> Option<super::Serial> {
        self.inode(number).map(|inode| inode.serial)
    }

    /// What of this decides how a run can go on, as far as calls show it.
    pub(crate) fn fold(&self, fold: &mut crate::fold::Fold) {
        for handle in self.handles.iter().filter(|handle| handle.turn < u64::MAX) {
            for item in self.dir(handle.number).into_iter().flat_map(|dir| dir.later(handle.turn)) {
                fold.word(u64::from(handle.process));
                fold.bytes(&item.name);
            }
        }
        for (number, inode) in self.inodes() {
            fold.word(number | u64::from(inode.links) << 32 | u64::from(inode.opens) << 40);
            fold.word(inode.mtime.as_nanos());
            fold.word(inode.ctime.as_nanos());
            let holder = inode.lock.and_then(|id| self.handles.get(id));
            let holder = holder.map_or(0, |handle| 1 + u64::from(handle.process));
            fold.word(u64::from(inode.mode) | holder << 32);
            match &inode.node {
                Node::File(content) => {
                    let (len, tail) = content.changing();
                    fold.word(len as u64);
                    fold.bytes(tail);
                }
                Node::Dir(dir) => {
                    for item in dir.iter() {
                        fold.bytes(&item.name);
                        fold.word(item.number);
                    }
                }
                Node::Other(Special::Link(target)) => fold.bytes(target),
                Node::Other(_) => {}
            }
        }
    }
}
