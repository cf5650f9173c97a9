//! Taking entries away, hard or soft, by tag, by key, or all of them.
//!
//! Always the same order: append to the log, then change what is seen, then the barrier. Each call does its own full
//! pass, also while another process is at the same work: when it returns, what was there when it began is dead.
//!
//! Nobody takes a name from a published entry without poisoning its inode first, and the file is held open from
//! before the poison until after the unlink. A name `<links>:<inode>` can therefore not have become that of another
//! file in between: the number of an open file is not given to a new one.

mod all_of;
mod links;
mod outcome;

use crate::entry::{Entry, Found};
use crate::error::Error;
use crate::log::Kind;
use crate::name::{Digest, Key, RelPath, TMP, Tag};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, Sys};
use crate::walk::Met;
use outcome::Tally;

pub use outcome::{Incomplete, Touched};

/// How an entry is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Never serve it again.
    Hard,
    /// It may be served while one caller refreshes it.
    Soft,
}

impl Manner {
    /// The record that tells fills in flight about a tag.
    fn of_tag(self) -> Kind {
        match self {
            Self::Hard => Kind::TagInvalidated,
            Self::Soft => Kind::TagExpired,
        }
    }
}

impl<S: Sys> Root<S> {
    /// Makes every entry that has one of these tags invalid, in every process, for ever.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Standing, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tag) = (Key::new("k")?, Tag::new("t")?);
    /// # let mut draft = root.draft(&key, root.mark()?)?;
    /// # draft.write(b"value")?;
    /// # let links = draft.stamp(Time::MAX)?.link(&[tag.clone()])?.check()?.publish()?.links();
    /// assert_eq!(root.invalidate_tags(&[tag])?.links, 1);
    /// let entry = root.entry(&key)?.into_entry().ok_or("only its link was taken")?;
    /// assert_eq!(entry.meta().standing(links), Standing::Poisoned);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`] when the log could not be written, a link could not be poisoned or removed, or the barrier
    /// failed: it says what may still be served.
    pub fn invalidate_tags(&self, tags: &[Tag]) -> Result<Touched, Incomplete> {
        self.take_tags(tags, Manner::Hard)
    }

    /// Makes every entry that has one of these tags softly expired: it may be served until somebody refreshed it.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Standing, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tag) = (Key::new("k")?, Tag::new("t")?);
    /// # let mut draft = root.draft(&key, root.mark()?)?;
    /// # draft.write(b"value")?;
    /// # let links = draft.stamp(Time::MAX)?.link(&[tag.clone()])?.check()?.publish()?.links();
    /// assert_eq!(root.expire_tags(&[tag])?.links, 1);
    /// let entry = root.entry(&key)?.into_entry().ok_or("it keeps its name")?;
    /// assert_eq!(entry.meta().standing(links), Standing::Whole);
    /// assert!(entry.meta().soft);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn expire_tags(&self, tags: &[Tag]) -> Result<Touched, Incomplete> {
        self.take_tags(tags, Manner::Soft)
    }

    /// Makes the entry of this key invalid, and every fill of it that is in flight.
    ///
    /// `tags_of` reads the tags out of the open entry, so that its links can be removed with it; it may answer none, and
    /// the links stay for the next sweep.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Standing, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tag) = (Key::new("k")?, Tag::new("t")?);
    /// # let mut draft = root.draft(&key, root.mark()?)?;
    /// # draft.write(b"value")?;
    /// # let links = draft.stamp(Time::MAX)?.link(&[tag.clone()])?.check()?.publish()?.links();
    /// # assert_eq!(links, 2);
    /// root.invalidate_key(&key, &mut |_entry| vec![tag.clone()])?;
    /// assert!(root.entry(&key)?.into_entry().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn invalidate_key(
        &self,
        key: &Key,
        tags_of: &mut dyn FnMut(&Entry<S>) -> Vec<Tag>,
    ) -> Result<Touched, Incomplete> {
        let mut tally = self.begin_key(key, Kind::KeyInvalidated);
        match self.entry(key) {
            Ok(Found::Entry(entry)) => {
                let tags = tags_of(&entry);
                let removed = entry.remove();
                tally.touched.links += u64::from(removed.is_ok());
                if removed.is_ok() {
                    tally.note(entry.remove_links(&tags).map(|_| ()));
                }
                tally.note(removed);
            }
            Ok(Found::Absent | Found::NotAFile) => {}
            Err(error) => tally.note(Err(error)),
        }
        tally.note(self.barrier());
        tally.finish(|| format!("the entry at {}", key.rel_path(self.layout())))
    }

    /// Makes the entry of this key softly expired, and fills of it that are in flight raced.
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn expire_key(&self, key: &Key) -> Result<Touched, Incomplete> {
        let mut tally = self.begin_key(key, Kind::KeyExpired);
        match self.entry(key) {
            Ok(Found::Entry(entry)) => {
                let expired = entry.expire_softly();
                tally.touched.links += u64::from(expired.is_ok());
                tally.note(expired);
            }
            Ok(Found::Absent | Found::NotAFile) => {}
            Err(error) => tally.note(Err(error)),
        }
        tally.note(self.barrier());
        tally.finish(|| format!("the entry at {}", key.rel_path(self.layout())))
    }

    /// Makes everything invalid: all entries, all fills in flight. Held leases, the log and the settings stay.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Standing, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (key, tag) = (Key::new("k")?, Tag::new("t")?);
    /// # let mut draft = root.draft(&key, root.mark()?)?;
    /// # draft.write(b"value")?;
    /// # let links = draft.stamp(Time::MAX)?.link(&[tag.clone()])?.check()?.publish()?.links();
    /// # assert_eq!(links, 2);
    /// root.clear()?;
    /// assert!(root.entry(&key)?.into_entry().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn clear(&self) -> Result<Touched, Incomplete> {
        let mut tally = Tally::default();
        tally.note(self.append(Kind::Everything, Digest::from_bytes([0; 16])));
        self.remove_drafts(None, &mut tally);
        let mut tags = Tally::default();
        let walked = self.each_entry::<Error>(&mut |met| {
            match met {
                Met::Entry(entry) => {
                    let removed = entry.remove();
                    tally.touched.links += u64::from(removed.is_ok());
                    tally.note(removed);
                }
                Met::Unreadable(error) => tally.note(Err(error)),
                Met::Foreign(_) => {}
            }
            Ok(())
        });
        let walked = walked.and(self.each_tag_folder(&mut |folder| {
            self.take_tag_folder(&folder.path, Manner::Hard, &mut tags);
            Ok(())
        }));
        tally.note(walked);
        tally.failures += tags.failures;
        tally.first = tally.first.or(tags.first);
        tally.note(self.barrier());
        tally.finish(|| "entries".into())
    }

    fn take_tags(&self, tags: &[Tag], manner: Manner) -> Result<Touched, Incomplete> {
        let mut tally = Tally::default();
        for tag in tags {
            tally.note(self.append(manner.of_tag(), tag.digest()));
        }
        for tag in tags {
            self.take_tag_folder(&tag.rel_path(self.layout()), manner, &mut tally);
        }
        tally.note(self.barrier());
        tally.finish(|| format!("entries with the tags at {}", self.places(tags, ", ")))
    }

    /// The log first, then the drafts: a fill that checked the log before this, and is about to be renamed, loses its
    /// file; one that already was renamed is met at the key.
    fn begin_key(&self, key: &Key, kind: Kind) -> Tally {
        let mut tally = Tally::default();
        tally.note(self.append(kind, key.digest()));
        self.remove_drafts(Some(key.digest()), &mut tally);
        tally
    }

    fn remove_drafts(&self, of: Option<Digest>, tally: &mut Tally) {
        let prefix = of.map(|digest| digest.hex());
        let tmp = RelPath::join(&[TMP.to_bytes()]).unwrap_or(RelPath::new());
        let walked = self.each_item::<Error>(&tmp, &mut |path, item| {
            // Only drafts of entries: a new log and what a probe tries things on are no concern of ours.
            let digest = scratch::draft_digest(item.name.to_bytes());
            let ours = digest.is_some_and(|digest| prefix.is_none_or(|prefix| prefix == digest));
            if ours {
                match self.sys().unlink(self.dir(), path.as_c_str()) {
                    Ok(()) | Err(Errno::NOENT | Errno::ISDIR) => {}
                    Err(errno) => tally.note(Err(self.failed("remove", path.as_c_str())(errno))),
                }
            }
            Ok(())
        });
        tally.note(walked);
    }

    /// The folders of tags, for a message.
    fn places(&self, tags: &[Tag], between: &str) -> String {
        let places: Vec<_> = tags.iter().map(|tag| tag.rel_path(self.layout()).to_string()).collect();
        places.join(between)
    }
}
