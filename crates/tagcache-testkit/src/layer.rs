//! What a wrapper may do with a call.

use std::time::Duration;

use tagcache_fs::Time;
use tagcache_fs::sys::{DirBatch, FsKind, Result, Stat, Work};

use crate::call::At;

/// What a wrapper does with the calls that go through it. Every method that is not written passes its call on as it is.
pub trait Layer: Send + Sync + 'static {
    /// Asked before every call. An error answers the call, which is then not made.
    ///
    /// # Errors
    /// Whatever the caller is to see.
    fn before(&self, _at: &At<'_>) -> Result<()> {
        Ok(())
    }

    /// May change the answer of a call that gives back nothing but success.
    ///
    /// # Errors
    /// Whatever the caller is to see.
    fn answer(&self, _at: &At<'_>, outcome: Result<()>) -> Result<()> {
        outcome
    }

    /// May change what a file says of itself.
    fn stat(&self, _at: &At<'_>, stat: Stat) -> Stat {
        stat
    }

    /// May change the names that a directory gives.
    fn names(&self, _at: &At<'_>, _batch: &mut DirBatch) {}

    /// May change what the filesystem says of itself.
    fn fs_kind(&self, kind: FsKind) -> FsKind {
        kind
    }

    /// When a file was born.
    fn born(&self, born: Option<Time>) -> Option<Time> {
        born
    }

    /// A file is about to be closed.
    fn closing(&self, _at: &At<'_>) {}

    /// May change how many bytes of a write are let through.
    fn write_len(&self, _at: &At<'_>, len: usize) -> usize {
        len
    }

    /// May change the time.
    fn now(&self, below: &dyn Fn() -> Time) -> Time {
        below()
    }

    /// May change the time that never steps back.
    fn elapsed(&self, below: &dyn Fn() -> Duration) -> Duration {
        below()
    }

    /// May change the identity of the boot.
    fn boot_id(&self, below: &dyn Fn() -> [u8; 16]) -> [u8; 16] {
        below()
    }

    /// May change how many files the process may have open.
    fn max_open_files(&self, below: &dyn Fn() -> u64) -> u64 {
        below()
    }

    /// May put something around what a new thread runs.
    fn work(&self, work: Work) -> Work {
        work
    }

    /// May shorten the waiting.
    fn wait(&self, duration: Duration, below: &dyn Fn(Duration)) {
        below(duration);
    }
}
