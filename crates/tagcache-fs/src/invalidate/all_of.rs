//! Taking the entries that have every one of several tags.
//!
//! Which ones these are the tree says by itself: an entry has a link of one and the same name under each of its tags. So
//! one folder is walked, and for each link in it the same name is looked for in the others; no file is read.
//!
//! An entry that lost one of those links is passed over, and was poisoned by whoever took the link. One that does not have
//! all of them yet is a draft whose fill reads the log after its last link.

use super::Manner;
use super::outcome::{Incomplete, Tally, Touched};
use crate::error::Error;
use crate::name::{LinkName, Tag};
use crate::root::Root;
use crate::sys::{Errno, Sys};

/// A folder with fewer links than this is small enough: nobody looks for a smaller one.
const FEW: u64 = 256;

/// When all folders are larger than the limit they are counted again up to so many times as much.
const MORE: u64 = 8;

/// Why counting stopped.
enum Stop {
    Limit,
    /// Whoever walks the folder meets the same error, and tells.
    Unreadable,
}

impl From<Error> for Stop {
    fn from(_: Error) -> Self {
        Self::Unreadable
    }
}

impl<S: Sys> Root<S> {
    /// Makes every entry that has *all* of these tags invalid, in every process, for ever. With no tags at all no entry is
    /// meant.
    ///
    /// The folder of one of the tags is walked, one that is about the smallest; a link there costs one call for each other
    /// tag, and four more when the entry is taken. A fill in flight that has this one tag is raced also when it does not
    /// have the others: the log says one tag, and a fill that has all of them has that one.
    ///
    /// ```
    /// # use tagcache_fs::{Key, Root, Standing, Tag, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let (user, french) = (Tag::new("user/7")?, Tag::new("lang/fr")?);
    /// # let put = |key: &Key, tags: &[Tag]| -> Result<u64, Box<dyn std::error::Error>> {
    /// #     let draft = root.draft(key, root.mark()?)?;
    /// #     Ok(draft.stamp(Time::MAX)?.link(tags)?.check()?.publish()?.links())
    /// # };
    /// let (both, one) = (Key::new("page in French")?, Key::new("page in Dutch")?);
    /// put(&both, &[user.clone(), french.clone()])?;
    /// let links = put(&one, &[user.clone()])?;
    /// assert_eq!(root.invalidate_all_of(&[user, french])?.links, 1);
    /// let spared = root.entry(&one)?.into_entry().ok_or("absent")?;
    /// assert_eq!(spared.meta().standing(links), Standing::Whole);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn invalidate_all_of(&self, tags: &[Tag]) -> Result<Touched, Incomplete> {
        self.take_all_of(tags, Manner::Hard)
    }

    /// Makes every entry that has all of these tags softly expired: it may be served until somebody refreshed it. As
    /// [`invalidate_all_of`](Self::invalidate_all_of) otherwise.
    ///
    /// # Errors
    /// [`Incomplete`], as for [`invalidate_tags`](Self::invalidate_tags).
    pub fn expire_all_of(&self, tags: &[Tag]) -> Result<Touched, Incomplete> {
        self.take_all_of(tags, Manner::Soft)
    }

    fn take_all_of(&self, tags: &[Tag], manner: Manner) -> Result<Touched, Incomplete> {
        let mut tally = Tally::default();
        if let Some(walked) = self.narrowest(tags) {
            tally.note(self.append(manner.of_tag(), walked.digest()));
            let others: Vec<_> = tags.iter().filter(|tag| *tag != walked).collect();
            let folder = walked.rel_path(self.layout());
            self.each_link(&folder, &mut tally, &mut |path, link, tally| match self
                .is_linked_under_all(link, &others)
            {
                Ok(true) => self.take_link_into(path, manner, tally),
                Ok(false) => {}
                Err(error) => tally.note(Err(error)),
            });
        }
        tally.note(self.barrier());
        tally.finish(|| format!("entries with all of the tags at {}", self.places(tags, " and ")))
    }

    /// Asked before the link is opened, since most links of a large tag are passed over. In between its number may become
    /// that of another file, with other tags: that one is then taken without need, and is a miss.
    fn is_linked_under_all(&self, link: LinkName, tags: &[&Tag]) -> Result<bool, Error> {
        for tag in tags {
            let path = tag.link_path(link, self.layout());
            match self.sys().stat_at(self.dir(), path.as_c_str()) {
                Ok(stat) if stat.ino == link.ino => {}
                Ok(_) | Err(Errno::NOENT) => return Ok(false),
                Err(errno) if errno.is_foreign_object() => return Ok(false),
                Err(errno) => return Err(self.failed("stat", path.as_c_str())(errno)),
            }
        }
        Ok(true)
    }

    /// The tag with about the fewest links, found by counting all of them up to the same limit: no folder is counted much
    /// further than the smallest one. Only a guess, since links come and go.
    fn narrowest<'a>(&self, tags: &'a [Tag]) -> Option<&'a Tag> {
        let (first, others) = tags.split_first()?;
        if others.is_empty() {
            return Some(first);
        }
        let mut limit = FEW;
        loop {
            let few = tags.iter().find(|tag| !matches!(self.count_links(tag, limit), Err(Stop::Limit)));
            if few.is_some() {
                return few;
            }
            limit = limit.saturating_mul(MORE);
        }
    }

    fn count_links(&self, tag: &Tag, limit: u64) -> Result<(), Stop> {
        let mut left = limit;
        self.each_name_below_tag(&tag.rel_path(self.layout()), &mut |_, link| {
            left -= u64::from(link.is_some());
            if left == 0 { Err(Stop::Limit) } else { Ok(()) }
        })
    }
}
