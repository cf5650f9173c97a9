//! The simulated system as one process sees it.

use std::ffi::CStr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tagcache_fs::Time;
use tagcache_fs::sys::{DirBatch, Env, Errno, FsKind, OpenMode, Replace, Result, Stat, Sys};

use crate::choice::Choices;
use crate::crew;
use crate::fault::{CallKind, Fault};
use crate::fs::{Disk, HandleId, Traits};
use crate::oracle::Oracle;
use crate::seen::Seen;
use crate::world::{Budget, World};

/// The system, for one process.
#[derive(Clone, Debug)]
pub struct Sim {
    world: Arc<Mutex<World>>,
    process: u8,
}

/// An open file of a simulated process. Dropping it closes it.
#[derive(Debug)]
pub struct SimFile {
    sim: Sim,
    id: HandleId,
}

/// What a call of a process that is gone answers: it does nothing.
const GONE: Errno = Errno::IO;

impl Sim {
    pub(crate) fn new(world: Arc<Mutex<World>>, process: u8) -> Self {
        Self { world, process }
    }

    /// A system with a disk of its own and nobody beside it: for comparing it with a real one.
    #[must_use]
    pub fn alone(traits: Traits) -> Self {
        let disk = Disk::new(traits, Time::from_parts(1_800_000_000, 0));
        let world = World::new(disk, Oracle::new(), Choices::given(Vec::new()), Budget::default());
        Self::new(Arc::new(Mutex::new(world)), 0)
    }

    pub(crate) fn process(&self) -> u8 {
        self.process
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process still counts.
    pub(crate) fn is_alive(&self) -> bool {
        !self.world().is_ghost(self.process)
    }

    /// A moment at which others may run.
    pub(crate) fn pause(&self, waits: bool) {
        let mut world = self.world();
        if world.running == Some(self.process) && !world.over {
            if waits {
                world.waits(self.process);
            }
            // Every stop is a place of its own in the program, also where nothing was learnt since the last.
            world.processes[usize::from(self.process)].history.word(3 << 32);
            drop(world);
            crew::pause(usize::from(self.process));
        }
    }

    /// Tells the world something, unless this process is gone.
    pub(crate) fn event(&self, tell: impl FnOnce(&mut World, u8)) {
        let mut world = self.world();
        if !world.is_ghost(self.process) {
            tell(&mut world, self.process);
            world.look();
        }
    }

    /// One call: others may run before it, and it may fail.
    pub(crate) fn call<T: Seen>(
        &self,
        kind: CallKind,
        what: impl FnOnce() -> String,
        act: impl FnOnce(&mut World, Option<Fault>) -> Result<T>,
    ) -> Result<T> {
        self.pause(false);
        let mut world = self.world();
        if world.is_ghost(self.process) {
            return Err(GONE);
        }
        world.steps += 1;
        let fault = world.fault(kind);
        let result = match fault {
            Some(Fault::Fails(errno)) => Err(errno),
            Some(Fault::Lies(errno)) => act(&mut world, None).and(Err(errno)),
            Some(Fault::Short) | None => act(&mut world, fault),
        };
        let history = &mut world.processes[usize::from(self.process)].history;
        match &result {
            Ok(seen) => seen.fold(history),
            Err(errno) => history.word(u64::from(errno.raw().unsigned_abs())),
        }
        let process = self.process;
        world.tell(|| {
            let note = if fault.is_some() { "   (injected)" } else { "" };
            match &result {
                Ok(seen) => format!("p{process} {} = {}{note}", what(), seen.show()),
                Err(errno) => format!("p{process} {} = {errno:?}{note}", what()),
            }
        });
        world.look();
        result
    }

    /// A call right after a pause of its own, which cannot fail by injection.
    pub(crate) fn call_at_once(
        &self,
        what: impl FnOnce() -> String,
        act: impl FnOnce(&mut World) -> Result<()>,
    ) -> Result<()> {
        let mut world = self.world();
        if world.is_ghost(self.process) {
            return Err(GONE);
        }
        world.steps += 1;
        let result = act(&mut world);
        let process = self.process;
        world.processes[usize::from(process)].history.word(u64::from(result.is_ok()));
        world.tell(|| format!("p{process} {} = {result:?}", what()));
        world.look();
        result
    }

    fn file(&self, id: HandleId) -> SimFile {
        SimFile { sim: self.clone(), id }
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let world = self.sim.world();
        if world.is_ghost(self.sim.process) {
            return;
        }
        let matters = world.disk.close_matters(self.id);
        drop(world);
        if matters && !std::thread::panicking() {
            self.sim.pause(false);
        }
        let mut world = self.sim.world();
        if !world.is_ghost(self.sim.process) {
            world.disk.close(self.id);
            let (process, id) = (self.sim.process, self.id);
            if matters {
                world.tell(|| format!("p{process} close #{id}"));
            }
        }
    }
}

fn text(path: &CStr) -> std::borrow::Cow<'_, str> {
    path.to_string_lossy()
}

impl Sys for Sim {
    type File = SimFile;

    fn open_root(&self, path: &Path) -> Result<SimFile> {
        let bytes = path.as_os_str().as_encoded_bytes();
        let process = self.process;
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
        let process = self.process;
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
        let (start, process) = (into.len(), usize::from(self.process));
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
        let (start, process) = (into.len(), usize::from(self.process));
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

    fn allocate(&self, file: &SimFile, len: u64) -> Result<()> {
        self.call(
            CallKind::Write,
            || format!("allocate #{} {len}", file.id),
            |world, _| world.disk.allocate(file.id),
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
        let process = usize::from(self.process);
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

impl Env for Sim {
    fn now(&self) -> Time {
        let mut world = self.world();
        let now = world.now();
        world.processes[usize::from(self.process)].history.word(now.as_nanos());
        now
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.world().now().as_nanos())
    }

    fn random(&self) -> u64 {
        self.world().processes[usize::from(self.process)].random.next()
    }

    fn boot_id(&self) -> [u8; 16] {
        [self.world().boot; 16]
    }

    fn wait(&self, _duration: Duration) {
        self.pause(true);
    }

    fn task(&self) -> u64 {
        u64::from(self.process)
    }
}
