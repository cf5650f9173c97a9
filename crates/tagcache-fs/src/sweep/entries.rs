//! The entries of one part of the tree: for judging each, or for choosing which of them goes first.

use std::fmt;

use super::beside;
use super::lock::SweepLock;
use super::orphans::GoOn;
use super::part::{Part, Passed};
use super::sample::Sample;
use super::shards::Shard;
use crate::entry::{Entry, Found};
use crate::error::Error;
use crate::meta::{self, Meta};
use crate::name::{LinkName, RelPath, Tag};
use crate::root::Root;
use crate::sys::{Errno, FileKind, Sys};
use crate::walk::{ForeignPath, Listing, Met, is_entry, is_tag_folder};
use crate::wipe::wipe;

/// After so many entries it is asked whether to go on: about a millisecond.
const STEP: u32 = 64;

/// An entry seen from outside, not opened: its place, and what its inode said.
pub struct Seen {
    path: Box<[u8]>,
    /// The shard that it lies in.
    pub shard: Shard,
    /// What its inode said.
    pub meta: Meta,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(&self.path);
        f.debug_struct("Seen").field("path", &path).field("meta", &self.meta).finish()
    }
}

impl<S: Sys> Root<S> {
    /// [`each_entry`](Self::each_entry) for one shard, or for what of it was not `passed` before. `visit` says whether what
    /// it met stays. Now and then `go_on` is asked; where it says no, the answer is what is passed by now, for whoever goes on.
    /// `None` when the shard is done.
    ///
    /// # Errors
    /// When the folder cannot be read; and what `visit` answers.
    pub fn each_entry_in<E: From<Error>>(
        &self,
        shard: Shard,
        passed: Passed,
        visit: &mut dyn FnMut(Met<S>) -> Result<bool, E>,
        go_on: GoOn<'_>,
    ) -> Result<Option<Passed>, E> {
        let folder = shard.folder(self.layout());
        let Some(dir) = self.open_folder(&folder)? else { return Ok(None) };
        let (mut listing, mut part) = (Listing::new(dir, folder), Part::from(passed.names, STEP));
        while let Some((path, item)) = listing.next(self)? {
            if is_tag_folder(&item) || part.passes() {
                continue;
            }
            let met = if is_entry(&item) {
                self.meet(&path, None)
            } else {
                Some(Met::Foreign(ForeignPath::new(path)))
            };
            let stays = met.map_or(Ok(false), &mut *visit)?;
            if !part.did(stays, go_on) {
                return Ok(Some(Passed { folders: 0, names: part.names() }));
            }
        }
        Ok(None)
    }

    /// Looks at the entries of a shard from outside: one call to the kernel for each. Where there are more than `most`, at so
    /// many of them that come up by chance; whether there were.
    ///
    /// # Errors
    /// When the folder cannot be read, or an inode cannot be asked.
    pub fn glance(&self, shard: Shard, most: usize, visit: &mut dyn FnMut(Seen)) -> Result<bool, Error> {
        let mut sample = Sample::new(most, self.sys().random());
        self.each_item::<Error>(&shard.folder(self.layout()), &mut |path, item| {
            if is_entry(&item) {
                sample.add(|| Box::from(path.as_bytes()));
            }
            Ok(())
        })?;
        let is_part = sample.is_part();
        for path in sample.into_chosen() {
            let Some(name) = RelPath::join(&[&path]) else { continue };
            match self.sys().stat_at(self.dir(), name.as_c_str()) {
                Ok(stat) if stat.kind == FileKind::File => {
                    visit(Seen { path, shard, meta: Meta::from(stat) });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(self.failed("stat", name.as_c_str())(errno)),
            }
        }
        Ok(is_part)
    }

    /// Opens what was seen, if it is still the same file.
    ///
    /// # Errors
    /// As for [`entry`](Self::entry).
    pub fn open_seen(&self, seen: &Seen) -> Result<Option<Entry<S>>, Error> {
        let Some(path) = RelPath::join(&[&seen.path]) else { return Ok(None) };
        match self.entry_at(&path)? {
            Found::Entry(entry) if entry.meta().id == seen.meta.id => Ok(Some(entry)),
            Found::Entry(_) | Found::Absent | Found::NotAFile => Ok(None),
        }
    }

    /// Removes something that is none of ours, and a directory with all that is in it; a link is removed, never followed.
    /// Whether there was something. One of our own names is spared if by now it has what belongs there.
    ///
    /// # Errors
    /// When it can be neither looked at nor removed.
    pub fn remove_foreign(&self, lock: &SweepLock<S>, path: &ForeignPath) -> Result<bool, Error> {
        let name = path.as_c_str();
        let failed = |errno| self.failed("remove", name)(errno);
        let kind = match self.sys().stat_at(self.dir(), name) {
            Err(Errno::NOENT) => return Ok(false),
            other => other.map_err(failed)?.kind,
        };
        if beside::kind_of(name.to_bytes()) == Some(kind) {
            return Ok(false);
        }
        if lock.only_counts() {
            return Ok(true);
        }
        let removed = match kind {
            FileKind::Dir => wipe(self.sys(), self.dir(), name),
            _ => self.sys().unlink(self.dir(), name),
        };
        removed.map(|()| true).map_err(failed)
    }
}

impl<S: Sys> Root<S> {
    /// Removes the folders that the names of an entry lay in, as far as they are empty now; its tags are those that it
    /// was published with. How many there were. A failure leaves a folder to the next sweep.
    pub fn remove_empty_folders(&self, entry: &Entry<S>, tags: &[Tag]) -> u64 {
        let link = LinkName { links: meta::links_of(tags.len() as u64), ino: entry.meta().id.1 };
        let links = tags.iter().map(|tag| tag.link_path(link, self.layout()));
        let names = links.chain(RelPath::join(&[entry.path().to_bytes()]));
        names.map(|path| self.remove_empty_above(&path)).sum()
    }

    /// Innermost first, up to the first that is in use.
    fn remove_empty_above(&self, path: &RelPath) -> u64 {
        let folders: Vec<RelPath> = path.parents().collect();
        let mut removed = 0;
        for folder in folders.iter().rev() {
            match self.sys().remove_dir(self.dir(), folder.as_c_str()) {
                Ok(()) => removed += 1,
                // Somebody was faster, and the one above may be empty.
                Err(Errno::NOENT) => {}
                Err(_) => break,
            }
        }
        removed
    }
}
