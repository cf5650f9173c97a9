//! The calls of the simulated system, one by one.

use std::ffi::CStr;
use std::path::Path;

use tagcache_fs::Time;
use tagcache_fs::sys::{DirBatch, FsKind, OpenMode, Replace, Result, Stat, Sys};

use crate::fault::{CallKind, Fault};
use crate::mutant::{Role, role};
use crate::sim::{Sim, SimFile};

fn text(path: &CStr) -> std::borrow::Cow<'_, str> {
    path.to_string_lossy()
}

impl Sys for Sim {
    type File = SimFile;

    fn open_root(&self, path: &Path) -> Result<SimFile> {
        let bytes = path.as_os_str().as_encoded_bytes();
        let process = self.process();
        self.call(
            CallKind::Open,
            || format!("open {}", path.display()),
            |world, _| world.disk.open_top(process, bytes),
        )
        .map(|id| self.file(id))
    }

    fn make_root(&self, path: &Path) -> Result<()> {
        let bytes = path.as_os_str().as_encoded_bytes();
        self.call(
            CallKind::MakeDir,
            || format!("mkdir {}", path.display()),
            |world, _| world.disk.make_top(bytes),
        )
    }

    fn open(&self, dir: &SimFile, path: &CStr, mode: OpenMode) -> Result<SimFile> {
        let kind = match mode {
            OpenMode::Read | OpenMode::Dir | OpenMode::Append => CallKind::Open,
            OpenMode::Create | OpenMode::ReadWrite => CallKind::Create,
        };
        let process = self.process();
        if mode == OpenMode::Create && role(path) == Role::Draft {
            self.drafts();
        }
        self.call(
            kind,
            || format!("open {mode:?} {}", text(path)),
            |world, _| {
                let id = world.disk.open(process, dir.id, path.to_bytes(), mode)?;
                // Which inode it is decides how the process goes on, although the call does not say it.
                let number = world.disk.number_of(id);
                world.processes[usize::from(process)].history.word(number);
                Ok(id)
            },
        )
        .map(|id| self.file(id))
    }

    fn stat(&self, file: &SimFile) -> Result<Stat> {
        self.call(CallKind::Look, || format!("stat #{}", file.id), |world, _| world.disk.stat(file.id))
    }

    fn stat_at(&self, dir: &SimFile, path: &CStr) -> Result<Stat> {
        self.call(
            CallKind::Look,
            || format!("stat {}", text(path)),
            |world, _| world.disk.stat_at(dir.id, path.to_bytes()),
        )
    }

    fn read(&self, file: &SimFile, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let (start, process) = (into.len(), usize::from(self.process()));
        self.call(
            CallKind::Read,
            || format!("read #{} {limit}", file.id),
            |world, _| {
                let count = world.disk.read(file.id, into, limit)?;
                world.processes[process].history.bytes(&into[start..]);
                Ok(count)
            },
        )
    }

    fn read_at(&self, file: &SimFile, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let (start, process) = (into.len(), usize::from(self.process()));
        self.call(
            CallKind::Read,
            || format!("read #{} {limit} at {offset}", file.id),
            |world, _| {
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                let count = world.disk.read_at(file.id, offset, into, limit)?;
                world.processes[process].history.bytes(&into[start..]);
                Ok(count)
            },
        )
    }

    fn write(&self, file: &SimFile, bytes: &[u8]) -> Result<usize> {
        self.call(
            CallKind::Write,
            || format!("write #{} {} bytes", file.id, bytes.len()),
            |world, fault| {
                let end = if fault == Some(Fault::Short) { bytes.len() / 2 } else { bytes.len() };
                world.disk.write(file.id, &bytes[..end])
            },
        )
    }

    fn write_at(&self, file: &SimFile, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.call(
            CallKind::Write,
            || format!("write #{} {} bytes at {offset}", file.id, bytes.len()),
            |world, fault| {
                let end = if fault == Some(Fault::Short) { bytes.len() / 2 } else { bytes.len() };
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                world.disk.write_at(file.id, offset, &bytes[..end])
            },
        )
    }

    fn allocate(&self, file: &SimFile, len: u64) -> Result<()> {
        self.call(
            CallKind::Write,
            || format!("allocate #{} {len}", file.id),
            |world, _| world.disk.allocate(file.id, len),
        )
    }

    fn set_mtime(&self, file: &SimFile, mtime: Time) -> Result<()> {
        self.call(
            CallKind::Attribute,
            || format!("set mtime #{} {}", file.id, mtime.as_nanos()),
            |world, _| world.disk.set_mtime(file.id, mtime),
        )
    }

    fn set_atime(&self, file: &SimFile, atime: Time) -> Result<()> {
        self.call(
            CallKind::Attribute,
            || format!("set atime #{} {}", file.id, atime.as_nanos()),
            |world, _| world.disk.set_atime(file.id, atime),
        )
    }

    fn set_mode(&self, file: &SimFile, mode: u32) -> Result<()> {
        self.call(
            CallKind::Attribute,
            || format!("set mode #{} {mode:o}", file.id),
            |world, _| world.disk.set_mode(file.id, mode),
        )
    }

    fn link(&self, dir: &SimFile, from: &CStr, to: &CStr) -> Result<()> {
        self.call(
            CallKind::Link,
            || format!("link {} {}", text(from), text(to)),
            |world, _| world.disk.link(dir.id, from.to_bytes(), to.to_bytes()),
        )
    }

    fn rename(&self, dir: &SimFile, from: &CStr, to: &CStr, replace: Replace) -> Result<()> {
        self.call(
            CallKind::Rename,
            || format!("rename {} {} replacing {replace:?}", text(from), text(to)),
            |world, _| {
                let number = world.disk.rename(dir.id, from.to_bytes(), to.to_bytes(), replace)?;
                world.named(number, to.to_bytes());
                Ok(())
            },
        )
    }

    fn unlink(&self, dir: &SimFile, path: &CStr) -> Result<()> {
        self.call(
            CallKind::Unlink,
            || format!("unlink {}", text(path)),
            |world, _| world.disk.unlink(dir.id, path.to_bytes()),
        )
    }

    fn make_dir(&self, dir: &SimFile, path: &CStr) -> Result<()> {
        self.call(
            CallKind::MakeDir,
            || format!("mkdir {}", text(path)),
            |world, _| world.disk.make_dir(dir.id, path.to_bytes()),
        )
    }

    fn remove_dir(&self, dir: &SimFile, path: &CStr) -> Result<()> {
        self.call(
            CallKind::Unlink,
            || format!("rmdir {}", text(path)),
            |world, _| world.disk.remove_dir(dir.id, path.to_bytes()),
        )
    }

    fn read_dir(&self, dir: &SimFile, batch: &mut DirBatch) -> Result<()> {
        let process = usize::from(self.process());
        self.call(
            CallKind::Read,
            || format!("list #{}", dir.id),
            |world, _| {
                world.disk.read_dir(dir.id, batch)?;
                for item in batch.iter() {
                    world.processes[process].history.bytes(item.name.to_bytes());
                    world.processes[process].history.word(item.ino);
                }
                Ok(())
            },
        )
    }

    fn try_lock(&self, file: &SimFile) -> Result<()> {
        self.call(CallKind::Lock, || format!("lock #{}", file.id), |world, _| world.disk.try_lock(file.id))
    }

    fn sync(&self, file: &SimFile) -> Result<()> {
        self.call(CallKind::Sync, || format!("sync #{}", file.id), |world, _| world.disk.sync(file.id))
    }

    fn sync_fs(&self, _file: &SimFile) -> Result<()> {
        self.call(
            CallKind::Sync,
            || "syncfs".into(),
            |world, _| {
                world.disk.sync_fs();
                Ok(())
            },
        )
    }

    fn fs_kind(&self, _dir: &SimFile) -> Result<FsKind> {
        self.call(CallKind::Look, || "statfs".into(), |world, _| Ok(world.disk.traits.kind))
    }
}
