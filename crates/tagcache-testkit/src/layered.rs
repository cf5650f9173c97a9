//! The one implementation of `Sys` that all wrappers share.

use std::ffi::{CStr, CString};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tagcache_fs::Time;
use tagcache_fs::sys::{Custody, DirBatch, Env, FsKind, OpenMode, Replace, Result, Stat, Sys, Work};

use crate::call::{At, Call};
use crate::layer::Layer;

/// A system with a layer over it. A clone shares the layer.
pub struct Layered<S, L> {
    below: S,
    layer: Arc<L>,
}

impl<S, L> Layered<S, L> {
    /// Lays `layer` over `below`. The test keeps a handle of the layer to tell it what to do.
    #[must_use]
    pub fn over(below: S, layer: &Arc<L>) -> Self {
        Self { below, layer: Arc::clone(layer) }
    }

    /// The layer.
    #[must_use]
    pub fn layer(&self) -> &Arc<L> {
        &self.layer
    }

    /// The system under it.
    #[must_use]
    pub fn below(&self) -> &S {
        &self.below
    }
}

impl<S: Clone, L> Clone for Layered<S, L> {
    fn clone(&self) -> Self {
        Self { below: self.below.clone(), layer: Arc::clone(&self.layer) }
    }
}

impl<S: fmt::Debug, L> fmt::Debug for Layered<S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layered").field(&self.below).finish()
    }
}

/// An open file that tells its layer when it is closed.
pub struct LayeredFile<F, L: Layer> {
    below: F,
    path: CString,
    layer: Arc<L>,
}

impl<F, L: Layer> fmt::Debug for LayeredFile<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LayeredFile").field(&self.path).finish()
    }
}

impl<F, L: Layer> LayeredFile<F, L> {
    fn at(&self, call: Call) -> At<'_> {
        At { call, path: &self.path, to: None }
    }
}

impl<F, L: Layer> Drop for LayeredFile<F, L> {
    fn drop(&mut self) {
        self.layer.closing(&self.at(Call::Close));
    }
}

impl<S: Sys, L: Layer> Layered<S, L> {
    fn file(&self, below: S::File, path: &CStr) -> LayeredFile<S::File, L> {
        LayeredFile { below, path: path.to_owned(), layer: Arc::clone(&self.layer) }
    }

    /// A call that gives something back.
    fn value<T>(&self, at: &At<'_>, call: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        self.layer.before(at)?;
        call(&self.below)
    }

    /// A call that gives back nothing but success.
    fn unit(&self, at: &At<'_>, call: impl FnOnce(&S) -> Result<()>) -> Result<()> {
        let outcome = self.layer.before(at).and_then(|()| call(&self.below));
        self.layer.answer(at, outcome)
    }
}

fn named(call: Call, path: &CStr) -> At<'_> {
    At { call, path, to: None }
}

impl<S: Sys, L: Layer> Sys for Layered<S, L> {
    type File = LayeredFile<S::File, L>;

    fn open_root(&self, path: &Path) -> Result<Self::File> {
        let file = self.value(&named(Call::OpenRoot, c""), |below| below.open_root(path))?;
        Ok(self.file(file, c""))
    }

    fn make_root(&self, path: &Path) -> Result<()> {
        self.unit(&named(Call::MakeRoot, c""), |below| below.make_root(path))
    }

    fn open(&self, dir: &Self::File, path: &CStr, mode: OpenMode) -> Result<Self::File> {
        let call = match mode {
            OpenMode::Create => Call::Create,
            OpenMode::ReadWrite => Call::OpenOrCreate,
            OpenMode::Read | OpenMode::Dir | OpenMode::Append => Call::Open,
        };
        let file = self.value(&named(call, path), |below| below.open(&dir.below, path, mode))?;
        Ok(self.file(file, path))
    }

    fn stat(&self, file: &Self::File) -> Result<Stat> {
        let at = file.at(Call::Stat);
        let stat = self.value(&at, |below| below.stat(&file.below))?;
        Ok(self.layer.stat(&at, stat))
    }

    fn stat_at(&self, dir: &Self::File, path: &CStr) -> Result<Stat> {
        let at = named(Call::StatAt, path);
        let stat = self.value(&at, |below| below.stat_at(&dir.below, path))?;
        Ok(self.layer.stat(&at, stat))
    }

    fn read(&self, file: &Self::File, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.value(&file.at(Call::Read), |below| below.read(&file.below, into, limit))
    }

    fn read_at(&self, file: &Self::File, offset: u64, into: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.value(&file.at(Call::ReadAt), |below| below.read_at(&file.below, offset, into, limit))
    }

    fn write(&self, file: &Self::File, bytes: &[u8]) -> Result<usize> {
        let at = file.at(Call::Write);
        let len = self.layer.write_len(&at, bytes.len()).min(bytes.len());
        self.value(&at, |below| below.write(&file.below, &bytes[..len]))
    }

    fn write_at(&self, file: &Self::File, offset: u64, bytes: &[u8]) -> Result<usize> {
        let at = file.at(Call::WriteAt);
        let len = self.layer.write_len(&at, bytes.len()).min(bytes.len());
        self.value(&at, |below| below.write_at(&file.below, offset, &bytes[..len]))
    }

    fn allocate(&self, file: &Self::File, len: u64) -> Result<()> {
        self.unit(&file.at(Call::Allocate), |below| below.allocate(&file.below, len))
    }

    fn set_mtime(&self, file: &Self::File, mtime: Time) -> Result<()> {
        self.unit(&file.at(Call::SetMtime), |below| below.set_mtime(&file.below, mtime))
    }

    fn set_atime(&self, file: &Self::File, atime: Time) -> Result<()> {
        self.unit(&file.at(Call::SetAtime), |below| below.set_atime(&file.below, atime))
    }

    fn set_mode(&self, file: &Self::File, mode: u32) -> Result<()> {
        self.unit(&file.at(Call::SetMode), |below| below.set_mode(&file.below, mode))
    }

    fn link(&self, dir: &Self::File, from: &CStr, to: &CStr) -> Result<()> {
        let at = At { call: Call::Link, path: from, to: Some(to) };
        self.unit(&at, |below| below.link(&dir.below, from, to))
    }

    fn rename(&self, dir: &Self::File, from: &CStr, to: &CStr, replace: Replace) -> Result<()> {
        let at = At { call: Call::Rename, path: from, to: Some(to) };
        self.unit(&at, |below| below.rename(&dir.below, from, to, replace))
    }

    fn unlink(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.unit(&named(Call::Unlink, path), |below| below.unlink(&dir.below, path))
    }

    fn make_dir(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.unit(&named(Call::MakeDir, path), |below| below.make_dir(&dir.below, path))
    }

    fn remove_dir(&self, dir: &Self::File, path: &CStr) -> Result<()> {
        self.unit(&named(Call::RemoveDir, path), |below| below.remove_dir(&dir.below, path))
    }

    fn read_dir(&self, dir: &Self::File, batch: &mut DirBatch) -> Result<()> {
        let at = dir.at(Call::ReadDir);
        self.unit(&at, |below| below.read_dir(&dir.below, batch))?;
        self.layer.names(&at, batch);
        Ok(())
    }

    fn try_lock(&self, file: &Self::File) -> Result<()> {
        self.unit(&file.at(Call::TryLock), |below| below.try_lock(&file.below))
    }

    fn unlock(&self, file: &Self::File) -> Result<()> {
        self.unit(&file.at(Call::Unlock), |below| below.unlock(&file.below))
    }

    fn sync(&self, file: &Self::File) -> Result<()> {
        self.unit(&file.at(Call::Sync), |below| below.sync(&file.below))
    }

    fn sync_fs(&self, file: &Self::File) -> Result<()> {
        self.unit(&file.at(Call::SyncFs), |below| below.sync_fs(&file.below))
    }

    // A matter of who runs the test, and no call of the protocol: it is neither counted nor failed.
    fn born(&self, file: &Self::File) -> Result<Option<Time>> {
        let born = self.value(&file.at(Call::Born), |below| below.born(&file.below))?;
        Ok(self.layer.born(born))
    }

    fn custody(&self, dir: &Self::File) -> Result<Custody> {
        self.below.custody(&dir.below)
    }

    fn fs_kind(&self, dir: &Self::File) -> Result<FsKind> {
        let kind = self.value(&dir.at(Call::FsKind), |below| below.fs_kind(&dir.below))?;
        Ok(self.layer.fs_kind(kind))
    }
}

impl<S: Sys, L: Layer> Env for Layered<S, L> {
    fn now(&self) -> Time {
        self.layer.now(&|| self.below.now())
    }

    fn elapsed(&self) -> Duration {
        self.layer.elapsed(&|| self.below.elapsed())
    }

    fn random(&self) -> u64 {
        // Chance cannot fail; a layer is told all the same, so that it can count.
        let _ = self.layer.before(&named(Call::Random, c""));
        self.below.random()
    }

    fn boot_id(&self) -> [u8; 16] {
        self.layer.boot_id(&|| self.below.boot_id())
    }

    fn wait(&self, duration: Duration) {
        self.layer.wait(duration, &|duration| self.below.wait(duration));
    }

    fn max_open_files(&self) -> u64 {
        self.layer.max_open_files(&|| self.below.max_open_files())
    }

    fn task(&self) -> u64 {
        self.below.task()
    }

    fn spawn(&self, work: Work) -> Result<()> {
        self.unit(&named(Call::Spawn, c""), |below| below.spawn(self.layer.work(work)))
    }
}
