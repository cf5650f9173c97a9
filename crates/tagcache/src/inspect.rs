//! One entry, looked at from all sides.

use std::ffi::{CStr, OsStr};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use tagcache_codec::Codec;
use tagcache_fs::{Entry, Found, Os, Root, Sys, Tag, meta};

use crate::cache::Cache;
use crate::entries::{EntryInfo, State, describe};
use crate::error::Error;
use crate::load::with_head;
use crate::lookup::Miss;
use crate::read::TRIES;
use crate::stream::Reader;

/// What lies at the place of a key: the answer to [`Cache::inspect`].
#[non_exhaustive]
pub struct Inspection<S: Sys = Os> {
    /// The place, below the cache directory.
    pub path: PathBuf,
    /// What its record says, and whether it can be served ([`EntryInfo::state`]); or why there is no record.
    pub found: Result<EntryInfo, Miss>,
    /// The link under each of its tags.
    pub links: Vec<TagLink>,
    /// The bytes of the value as its codec wrote them, while it is fresh or stale: what was taken away is not served here
    /// either.
    pub payload: Option<Reader<S>>,
}

/// The link of an entry under one of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagLink {
    /// The tag.
    pub tag: Vec<u8>,
    /// The folder of the tag, below the cache directory.
    pub folder: PathBuf,
    /// Whether the entry has its link there.
    pub is_there: bool,
}

impl<S: Sys> Inspection<S> {
    fn without_record(path: &CStr, miss: Miss) -> Self {
        Self { path: path_of(path), found: Err(miss), links: Vec::new(), payload: None }
    }
}

impl<S: Sys> fmt::Debug for Inspection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspection")
            .field("path", &self.path)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    /// Looks at the entry of a key from all sides, whichever codec and type it has: for people and for tools, which see
    /// bytes where a program sees values. A look that counts in no statistics, and is no use of the entry.
    ///
    /// ```
    /// # use tagcache::{Builder, Policy, Raw};
    /// use std::io::Read;
    /// use tagcache::{Miss, State};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("page", &String::from("<h1>"), &Policy::new().tag("blog"))?;
    /// let page = cache.inspect("page")?;
    /// let entry = page.found.expect("it is stored");
    /// assert!(matches!(entry.state, State::Fresh));
    /// assert_eq!(entry.names, 2, "its key and its tag");
    /// let mut text = String::new();
    /// page.payload.expect("it is fresh").read_to_string(&mut text)?;
    /// assert_eq!(text, "<h1>");
    ///
    /// cache.invalidate_tag("blog")?;
    /// let page = cache.inspect("page")?;
    /// assert!(page.payload.is_none() && !page.links[0].is_there);
    /// assert!(matches!(page.found.expect("its file is still there").state, State::Unusable(Miss::Invalidated)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Name`] for an impossible key, [`Error::Io`] when the environment keeps the entry from being read.
    pub fn inspect(&self, key: impl AsRef<[u8]>) -> Result<Inspection<S>, Error> {
        let bytes = key.as_ref();
        let key = Self::key(bytes)?;
        let root = self.root();
        let place = key.path_in(root.layout());
        for _ in 0..TRIES {
            let entry = match root.entry(&key)? {
                Found::Entry(entry) => entry,
                Found::Absent => return Ok(Inspection::without_record(&place, Miss::Absent)),
                Found::NotAFile => return Ok(Inspection::without_record(&place, Miss::NotAFile)),
            };
            if let Some(seen) = self.inspect_entry(&root, entry, bytes)? {
                return Ok(seen);
            }
        }
        Ok(Inspection::without_record(&place, Miss::Superseded))
    }

    /// `None` when it was replaced under our eyes.
    fn inspect_entry(
        &self,
        root: &Root<S>,
        entry: Entry<S>,
        key: &[u8],
    ) -> Result<Option<Inspection<S>>, Error> {
        let boot = self.boot();
        let read = with_head(&entry, &mut Vec::new(), |head| {
            let info = describe(&entry, head, key, root.sys().now(), boot, root.capabilities());
            (info, head.len_bytes() as u64, head.chunks())
        })?;
        let path = path_of(entry.path());
        let (info, head_len, chunks) = match read {
            Ok(read) => read,
            Err(damage) => return Ok(Some(Inspection::without_record(entry.path(), Miss::Damaged(damage)))),
        };
        let was_taken = matches!(info.state, State::Unusable(Miss::Invalidated));
        if was_taken && !entry.is_at_its_path()? {
            return Ok(None);
        }
        let links = links_of(root, &entry, &info)?;
        let may_be_read = matches!(info.state, State::Fresh | State::Stale(_));
        let payload = may_be_read.then(|| Reader::new(entry, head_len, chunks));
        Ok(Some(Inspection { path, found: Ok(info), links, payload }))
    }
}

fn links_of<S: Sys>(root: &Root<S>, entry: &Entry<S>, info: &EntryInfo) -> Result<Vec<TagLink>, Error> {
    let names = meta::links_of(info.tags.len() as u64);
    let link = |tag: &Vec<u8>| {
        let name = Tag::new(tag)?;
        let is_there = root.has_link(entry, &name, names)?;
        Ok(TagLink { tag: tag.clone(), folder: path_of(&name.path_in(root.layout())), is_there })
    };
    info.tags.iter().map(link).collect()
}

fn path_of(path: &CStr) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(path.to_bytes()))
}
