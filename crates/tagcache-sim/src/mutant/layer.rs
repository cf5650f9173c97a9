//! The layer that makes the mistake.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tagcache_fs::sys::{DirBatch, Env, FsKind, OpenMode, Replace, Result, Stat, Sys, Work};
use tagcache_fs::{Layout, Time};

use super::Mutation;
use super::state::{Memory, Role, key_path, role};

/// A system with a mistake in it. One for each process.
#[derive(Debug)]
pub(crate) struct Mutant<S: Sys> {
    inner: S,
    mutation: Mutation,
    /// That of the root.
    layout: Layout,
    memory: Mutex<Memory>,
    /// The root once more, for calls that come at another time than the protocol makes them.
    root: Mutex<Option<S::File>>,
}

/// An open file that knows by which name it was opened.
#[derive(Debug)]
pub(crate) struct Named<F> {
    file: F,
    path: CString,
    /// What it said when it was first asked.
    first: OnceLock<Stat>,
}

impl<F> Named<F> {
    fn new(file: F, path: &CStr) -> Self {
        Self { file, path: path.to_owned(), first: OnceLock::new() }
    }

    fn role(&self) -> Role {
        role(&self.path)
    }
}

impl<S: Sys> Mutant<S> {
    pub(crate) fn new(inner: S, mutation: Mutation, layout: Layout) -> Self {
        Self { inner, mutation, layout, memory: Mutex::default(), root: Mutex::new(None) }
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == mutation
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something relative to the root. The root is taken out meanwhile: others may run during the call.
    fn at_root(&self, act: impl FnOnce(&S::File) -> Result<()>) -> Result<()> {
        let root = self.root.lock().unwrap_or_else(PoisonError::into_inner).take();
        let outcome = root.as_ref().map_or(Ok(()), act);
        *self.root.lock().unwrap_or_else(PoisonError::into_inner) = root;
        outcome
    }

    /// Gives the draft its name now.
    fn rename_early(&self) {
        let draft = self.memory().draft.clone();
        if let Some((draft, key)) =
            draft.as_deref().and_then(|draft| Some((draft, key_path(draft, self.layout)?)))
        {
            let done = self.at_root(|root| self.inner.rename(root, draft, &key, Replace::Any));
            self.memory().renamed = done.is_ok();
        }
    }

    /// Gives the draft its time now.
    fn time_late(&self, dir: &S::File, path: &CStr) {
        let time = self.memory().time.take();
        if let Some(time) = time {
            if let Ok(file) = self.inner.open(dir, path, OpenMode::Read) {
                // A mistake that fails is none.
                let _ = self.inner.set_mtime(&file, time);
            }
        }
    }

    fn poison(&self, file: &Named<S::File>) -> Result<()> {
        self.memory().touched = true;
        let left_out = match file.role() {
            Role::Entry | Role::TagLink => {
                self.is(Mutation::NoPoison) || (self.is(Mutation::NoPoisonInSweep) && self.memory().sweeps)
            }
            _ => false,
        };
        if left_out {
            return Ok(());
        }
        if self.is(Mutation::PoisonAfterUnlink) && file.role() == Role::TagLink {
            self.memory().poison = true;
            // Kept open by the caller, so that its name can be opened once more for the poison.
            return Ok(());
        }
        self.inner.set_mtime(&file.file, Time::EPOCH)
    }

    /// The poison that comes when the name is gone: through a descriptor that was opened before.
    fn unlink_then_poison(&self, dir: &S::File, path: &CStr) -> Result<()> {
        let file = self.inner.open(dir, path, OpenMode::Read);
        let outcome = self.inner.unlink(dir, path);
        if let Ok(file) = file {
            self.inner.set_mtime(&file, Time::EPOCH)?;
        }
        outcome
    }

    /// What an open entry says now, and said at first.
    fn old_news(&self, now: Stat, first: Stat) -> Stat {
        match self.mutation {
            Mutation::DeafStat => first,
            Mutation::SameChangeTime => Stat { ctime: first.ctime, ..now },
            _ => now,
        }
    }

    fn stat_log(&self, file: &Named<S::File>) -> Result<Stat> {
        let (linked, appended) = {
            let mut memory = self.memory();
            (memory.linked, std::mem::take(&mut memory.appended))
        };
        if self.is(Mutation::CheckAfterRename) && linked && !self.memory().renamed {
            self.rename_early();
        }
        let mut stat = self.inner.stat(&file.file)?;
        let unseen = (self.is(Mutation::NoRecheckByAppender) && appended)
            || (self.is(Mutation::SuccessorUnread) && linked);
        if unseen {
            (stat.mode, stat.nlink) = (0o600, 1);
        }
        match self.memory().log.filter(|_| linked) {
            Some(before) if before.same_file(&stat) => Ok(before),
            _ => Ok(stat),
        }
    }
}

impl<S: Sys> Sys for Mutant<S> {
    type File = Named<S::File>;

    fn open_root(&self, path: &Path) -> Result<Self::File> {
        let again = self.inner.open_root(path)?;
        *self.root.lock().unwrap_or_else(PoisonError::into_inner) = Some(again);
        Ok(Named::new(self.inner.open_root(path)?, c""))
    }

    fn make_root(&self, path: &Path) -> Result<()> {
        self.inner.make_root(path)
    }

    fn open(&self, dir: &Self::File, path: &CStr, mode: OpenMode) -> Result<Self::File> {
        let file = self.inner.open(&dir.file, path, mode)?;
        if mode == OpenMode::Create && role(path) == Role::Draft {
            self.memory().draft_begins(path);
        }
        Ok(Named::new(file, path))
    }

    fn stat(&self, file: &Self::File) -> Result<Stat> {
        if file.role() == Role::Log {
            return self.stat_log(file);
        }
        let stat = self.inner.stat(&file.file)?;
        self.memory().held = Some(stat);
        Ok(if file.role() == Role::Entry {
            self.old_news(stat, *file.first.get_or_init(|| stat))
        } else {
            stat
        })
    }

    fn stat_at(&self, dir: &Self::File, path: &CStr) -> Result<Stat> {
        let unchecked = match role(path) {
            Role::Lease if self.is(Mutation::NoRecheckByComer) => !self.memory().sweeps,
            Role::Lease | Role::Draft | Role::TagLink => {
                self.is(Mutation::NoRecheckBySweep) && self.memory().sweeps
            }
            _ => false,
        };
        let held = self.memory().held;
        match held.filter(|_| unchecked) {
            Some(held) => Ok(held),
            None => self.inner.stat_at(&dir.file, path),
        }
    }

    fn read(&self, file: &Self::File, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.inner.read(&file.file, into, limit)
    }

    fn read_at(&self, file: &Self::File, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.inner.read_at(&file.file, offset, into, limit)
    }

    fn write(&self, file: &Self::File, bytes: &[u8]) -> Result<usize> {
        const DONE: u8 = 6;
        if file.role() == Role::Log {
            if self.is(Mutation::NoLog) {
                return Ok(bytes.len());
            }
            let mut memory = self.memory();
            memory.appended = true;
            if bytes.first() != Some(&DONE) {
                memory.touched = false;
            }
        }
        self.inner.write(&file.file, bytes)
    }

    fn write_at(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.inner.write_at(&file.file, offset, bytes)
    }

    fn allocate(&self, file: &Self::File, len: u64) -> Result<()> {
        self.inner.allocate(&file.file, len)
    }

    fn set_mtime(&self, file: &Self::File, mtime: Time) -> Result<()> {
        if mtime == Time::EPOCH {
            return self.poison(file);
        }
        let late = self.is(Mutation::TimeAfterCheck) || self.is(Mutation::TimeAfterFirstLink);
        if late && file.role() == Role::Draft {
            self.memory().time = Some(mtime);
            return Ok(());
        }
        self.inner.set_mtime(&file.file, mtime)
    }

    fn set_atime(&self, file: &Self::File, atime: Time) -> Result<()> {
        self.inner.set_atime(&file.file, atime)
    }

    fn set_mode(&self, file: &Self::File, mode: u32) -> Result<()> {
        self.inner.set_mode(&file.file, mode)
    }

    fn link(&self, dir: &Self::File, from: &CStr, to: &CStr) -> Result<()> {
        if role(to) != Role::TagLink {
            return self.inner.link(&dir.file, from, to);
        }
        if self.is(Mutation::CheckBeforeLinks) && !self.memory().linked {
            let log = self.inner.stat_at(&dir.file, c"log").ok();
            self.memory().log = log;
        }
        if self.is(Mutation::RenameBeforeLinks) && !self.memory().renamed {
            self.rename_early();
        }
        let renamed = self.memory().renamed;
        let key = if renamed { key_path(from, self.layout) } else { None };
        let from = key.as_deref().unwrap_or(from);
        self.inner.link(&dir.file, from, to)?;
        let first = !std::mem::replace(&mut self.memory().linked, true);
        if first && self.is(Mutation::TimeAfterFirstLink) {
            self.time_late(&dir.file, from);
        }
        Ok(())
    }

    fn rename(&self, dir: &Self::File, from: &CStr, to: &CStr, replace: Replace) -> Result<()> {
        let done = self.memory().renamed && self.memory().is_own_draft(from);
        if done {
            return Ok(());
        }
        if self.memory().is_own_draft(from) {
            self.time_late(&dir.file, from);
        }
        self.inner.rename(&dir.file, from, to, replace)
    }

    fn unlink(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.memory().touched = true;
        let spared = self.is(Mutation::DraftsLeftAlone)
            && role(path) == Role::Draft
            && !self.memory().is_own_draft(path)
            && !self.memory().sweeps;
        if spared {
            return Ok(());
        }
        if role(path) == Role::TagLink && std::mem::take(&mut self.memory().poison) {
            return self.unlink_then_poison(&dir.file, path);
        }
        self.inner.unlink(&dir.file, path)
    }

    fn make_dir(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.inner.make_dir(&dir.file, path)
    }

    fn remove_dir(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.inner.remove_dir(&dir.file, path)
    }

    fn read_dir(&self, dir: &Self::File, batch: &mut DirBatch) -> Result<()> {
        self.inner.read_dir(&dir.file, batch)
    }

    fn unlock(&self, file: &Self::File) -> Result<()> {
        self.inner.unlock(&file.file)
    }

    fn try_lock(&self, file: &Self::File) -> Result<()> {
        let left_out = match file.role() {
            Role::Data => {
                self.memory().sweeps = true;
                false
            }
            Role::Lease if self.is(Mutation::LeaseWithoutLock) => true,
            _ => self.is(Mutation::NoLockInSweep) && self.memory().sweeps,
        };
        if left_out { Ok(()) } else { self.inner.try_lock(&file.file) }
    }

    fn sync(&self, file: &Self::File) -> Result<()> {
        let left_out = self.is(Mutation::NoSyncOfPuts) && file.role() == Role::Draft;
        if left_out || self.spares_barrier() { Ok(()) } else { self.inner.sync(&file.file) }
    }

    fn sync_fs(&self, file: &Self::File) -> Result<()> {
        if self.spares_barrier() { Ok(()) } else { self.inner.sync_fs(&file.file) }
    }

    fn fs_kind(&self, dir: &Self::File) -> Result<FsKind> {
        self.inner.fs_kind(&dir.file)
    }
}

impl<S: Sys> Mutant<S> {
    fn spares_barrier(&self) -> bool {
        self.is(Mutation::NoBarrier)
            || (self.is(Mutation::NoBarrierWhenNothingFound) && !self.memory().touched)
    }
}

impl<S: Sys> Env for Mutant<S> {
    fn now(&self) -> Time {
        self.inner.now()
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn boot_id(&self) -> [u8; 16] {
        self.inner.boot_id()
    }

    fn wait(&self, duration: Duration) {
        self.inner.wait(duration);
    }

    fn max_open_files(&self) -> u64 {
        self.inner.max_open_files()
    }

    fn task(&self) -> u64 {
        self.inner.task()
    }

    fn spawn(&self, work: Work) -> Result<()> {
        self.inner.spawn(work)
    }
}
