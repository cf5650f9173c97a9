//! The simulated system as one process sees it.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tagcache_fs::Time;
use tagcache_fs::sys::{Env, Errno, Result, Work};

use crate::choice::Choices;
use crate::crew;
use crate::fault::{CallKind, Fault};
use crate::fs::{Disk, HandleId, Special, Traits};
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
    pub(crate) id: HandleId,
}

/// What a call of a process that is gone answers: it does nothing.
const GONE: Errno = Errno::IO;
/// Far more than a plan opens.
const OPEN_FILES: u64 = 1024;

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

    /// A moment at which others may run. Most often nobody does, and the process goes on without being stopped.
    pub(crate) fn pause(&self, waits: bool) {
        let mut world = self.world();
        if world.running == Some(self.process) && !world.over {
            if waits {
                world.waits(self.process);
            }
            // Every stop is a place of its own in the program, also where nothing was learnt since the last.
            world.processes[usize::from(self.process)].history.word(3 << 32);
            let next = world.pick();
            if next != Some(self.process) {
                world.next = next;
                drop(world);
                crew::pause(usize::from(self.process));
            }
        }
    }

    /// Stops before the first call, until it is this one's turn.
    pub(crate) fn stop(&self) {
        self.world().processes[usize::from(self.process)].history.word(3 << 32);
        crew::pause(usize::from(self.process));
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
        world.count_step();
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
        world.count_step();
        let result = act(&mut world);
        let process = self.process;
        world.processes[usize::from(process)].history.word(u64::from(result.is_ok()));
        world.tell(|| format!("p{process} {} = {result:?}", what()));
        world.look();
        result
    }

    /// Lets time pass on a system with nobody beside it.
    pub fn advance(&self, duration: Duration) {
        let mut world = self.world();
        world.disk.now = world.disk.now.after(duration);
    }

    /// dup(2): a further descriptor of the same open file. It shares the position and the lock.
    ///
    /// # Errors
    /// None, as long as the process lives.
    pub fn duplicate(&self, file: &SimFile) -> Result<SimFile> {
        let twin = |world: &mut World| world.disk.duplicate(file.id);
        self.call_at_once(|| format!("dup #{}", file.id), twin).map(|()| self.file(file.id))
    }

    /// What somebody else puts in the way: symlinkat(2), mknodat(2).
    ///
    /// # Errors
    /// What those calls answer.
    pub fn plant(&self, dir: &SimFile, path: &CStr, special: &Special) -> Result<()> {
        self.call_at_once(
            || format!("plant {special:?} at {}", path.to_string_lossy()),
            |world| world.disk.plant(dir.id, path.to_bytes(), special.clone()),
        )
    }

    pub(crate) fn file(&self, id: HandleId) -> SimFile {
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

impl Env for Sim {
    fn now(&self) -> Time {
        let mut world = self.world();
        let now = world.now();
        world.processes[usize::from(self.process)].history.word(now.as_nanos());
        now
    }

    fn elapsed(&self) -> Duration {
        self.world().processes[usize::from(self.process)].waited
    }

    fn random(&self) -> u64 {
        self.world().processes[usize::from(self.process)].random.next()
    }

    fn boot_id(&self) -> [u8; 16] {
        [self.world().boot; 16]
    }

    fn wait(&self, duration: Duration) {
        self.world().processes[usize::from(self.process)].waited += duration;
        self.pause(true);
    }

    fn max_open_files(&self) -> u64 {
        OPEN_FILES
    }

    fn task(&self) -> u64 {
        u64::from(self.process)
    }

    /// A simulated process is one thread.
    fn spawn(&self, _work: Work) -> Result<()> {
        Err(Errno::AGAIN)
    }
}
