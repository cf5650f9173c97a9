//! The cleanup: what can never be served again leaves the disk.

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Key, Met, Sys};
use tagcache_record::ParseError;

use crate::cache::Cache;
use crate::error::Error;
use crate::read::{links, with_head};
use crate::verdict::is_worth_keeping;

/// What a sweep did, and what remains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sweep {
    /// Another process was sweeping, so this one did nothing.
    pub busy: bool,
    /// Drafts removed whose writer is dead.
    pub drafts: u64,
    /// Entries removed: expired beyond use, invalidated, damaged.
    pub entries: u64,
    /// Tag links removed whose entry is dead or gone.
    pub links: u64,
    /// Leases removed whose holder died.
    pub leases: u64,
    /// Empty folders removed.
    pub folders: u64,
    /// Entries that remain.
    pub kept: u64,
    /// Bytes of the entries that remain.
    pub kept_bytes: u64,
    /// Names in the tree that are none of ours. They were left alone.
    pub foreign: u64,
    /// Entries that could not be read or removed. Each reason was counted as a fault and given to the fault hook.
    pub failed: u64,
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Removes what can never be served again: orphaned drafts, entries that are dead or too old, dead tag links, leases
    /// that nobody holds, empty folders. Safe beside everything else; one process at a time does it.
    ///
    /// It judges an entry by its inode and by the head of its record; the payload is not read. What another program may
    /// read (another codec, schema or version) is kept.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("kept", &String::from("kept"), &Policy::new())?;
    /// cache.put("page", &String::from("page"), &Policy::new().tag("blog"))?;
    /// cache.invalidate_tag("blog")?;
    /// let report = cache.sweep()?;
    /// assert_eq!((report.entries, report.kept), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Io`] when a folder of the tree cannot be read, or something in it cannot be removed.
    pub fn sweep(&self) -> Result<Sweep, Error> {
        let root = self.root();
        let mut report = Sweep::default();
        let Some(lock) = root.try_sweep_lock()? else {
            report.busy = true;
            return Ok(report);
        };
        report.drafts = root.sweep_drafts(&lock)?;
        self.sweep_entries(&mut report)?;
        report.links += root.sweep_links(&lock)?;
        report.leases = root.sweep_leases(&lock)?;
        report.folders = root.sweep_folders(&lock)?;
        Ok(report)
    }

    fn sweep_entries(&self, report: &mut Sweep) -> Result<(), Error> {
        let mut bytes = Vec::new();
        self.root().each_entry(&mut |met| {
            match met {
                Met::Entry(entry) => {
                    if let Err(error) = self.sweep_entry(&entry, &mut bytes, report) {
                        report.failed += 1;
                        self.fault(&error);
                    }
                }
                Met::Foreign(_) => report.foreign += 1,
                Met::Unreadable(error) => {
                    report.failed += 1;
                    self.fault(&error.into());
                }
            }
            Ok(())
        })
    }

    fn sweep_entry(&self, entry: &Entry<S>, bytes: &mut Vec<u8>, report: &mut Sweep) -> Result<(), Error> {
        bytes.clear();
        let (now, boot) = (self.root().sys().now(), self.boot());
        let verdict = with_head(entry, bytes, |head| {
            let in_place = Key::new(head.key).is_ok_and(|key| key.path() == entry.path());
            let keep = in_place && is_worth_keeping(entry.meta(), &head.facts, links(head), now, boot);
            let tags = if keep { Ok(Vec::new()) } else { Self::tags(head.tags.iter()) };
            (keep, tags)
        })?;
        let tags = match verdict {
            // A later version wrote it, and may read it.
            Ok((true, _)) | Err(ParseError::Version { .. }) => {
                report.kept += 1;
                report.kept_bytes += entry.meta().size;
                return Ok(());
            }
            Ok((false, tags)) => tags?,
            Err(_) => Vec::new(),
        };
        entry.remove()?;
        report.links += entry.remove_links(&tags)?;
        report.entries += 1;
        Ok(())
    }
}
