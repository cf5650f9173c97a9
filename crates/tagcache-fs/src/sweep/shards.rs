//! The shard folders one by one, in order, so that a walk can stop and go on.

use std::ffi::CStr;
use std::fmt;

use crate::error::Error;
use crate::layout::Layout;
use crate::name::{DATA, RelPath};
use crate::root::Root;
use crate::sys::{DirItem, FileKind, Sys};
use crate::walk::ForeignPath;

/// A pair of shard folders, `data/aa/bb`: the smallest part of the tree that a walk does whole. Where there is one level of
/// them only, `data/aa`, the inner number is 0.
///
/// ```
/// use tagcache_fs::{Key, Shard};
///
/// let shard = Key::new("blog-home")?.shard(); // data/ae/08/key:…
/// assert_eq!((shard.outer(), shard.inner()), (0xae, 0x08));
/// assert!(Shard::FIRST < shard && shard.next() > Some(shard));
/// # Ok::<(), tagcache_fs::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    outer: u8,
    inner: u8,
}

impl Shard {
    /// Where every walk begins.
    pub const FIRST: Self = Self::new(0, 0);

    /// By the numbers of its two folders.
    #[must_use]
    pub const fn new(outer: u8, inner: u8) -> Self {
        Self { outer, inner }
    }

    /// The number of the outer folder.
    #[must_use]
    pub const fn outer(self) -> u8 {
        self.outer
    }

    /// The number of the inner folder.
    #[must_use]
    pub const fn inner(self) -> u8 {
        self.inner
    }

    /// The one after it; `None` after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match (self.outer.checked_add(1), self.inner.checked_add(1)) {
            (_, Some(inner)) => Some(Self { inner, ..self }),
            (Some(outer), None) => Some(Self { outer, inner: 0 }),
            (None, None) => None,
        }
    }

    pub(crate) fn outer_folder(outer: u8) -> RelPath {
        let mut path = data();
        path.push(b"/").push_hex(&[outer]);
        path
    }

    pub(crate) fn folder(self, layout: Layout) -> RelPath {
        let mut path = Self::outer_folder(self.outer);
        if layout.shard_levels() > 1 {
            path.push(b"/").push_hex(&[self.inner]);
        }
        path
    }
}

fn data() -> RelPath {
    top(DATA)
}

/// One of the folders in the root.
pub(super) fn top(name: &CStr) -> RelPath {
    let mut path = RelPath::new();
    path.push(name.to_bytes());
    path
}

/// A set of two-digit folders.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers([u64; 4]);

impl Numbers {
    const fn first_only() -> Self {
        Self([1, 0, 0, 0])
    }

    fn insert(&mut self, number: u8) {
        self.0[usize::from(number / 64)] |= 1 << (number % 64);
    }

    fn remove(&mut self, number: u8) {
        self.0[usize::from(number / 64)] &= !(1 << (number % 64));
    }

    /// The first that is `from` or more.
    fn first(&self, from: u8) -> Option<u8> {
        (from..=u8::MAX).find(|number| self.0[usize::from(number / 64)] & 1 << (number % 64) != 0)
    }
}

/// What a walk comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A shard.
    Shard(Shard),
    /// The end of an outer folder: all its shards were there before; or it was itself one.
    EndOf(u8),
}

/// A walk over the shard folders that there are, in ascending order. Its memory is flat: which of them there are is
/// remembered in a bit each.
pub struct Shards<S: Sys> {
    root: Root<S>,
    /// Where the walk goes on; `None` at its end.
    from: Option<Shard>,
    outer: Option<Numbers>,
    inner: Option<(u8, Numbers)>,
}

impl<S: Sys> fmt::Debug for Shards<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("from", &self.from).finish_non_exhaustive()
    }
}

impl<S: Sys> Root<S> {
    /// The shard folders from one on.
    ///
    /// ```
    /// # use tagcache_fs::{Error, Key, Root, Shard, Step, Time};
    /// # let dir = tempfile::tempdir()?;
    /// # let root = Root::open(dir.path())?;
    /// let key = Key::new("blog-home")?;
    /// # let draft = root.draft(&key, root.mark()?)?;
    /// # draft.stamp(Time::MAX)?.link(&[])?.check()?.publish()?;
    /// let mut shards = root.shards(Shard::FIRST);
    /// assert_eq!(shards.advance(&mut |_foreign| {})?, Some(Step::Shard(key.shard())));
    /// assert_eq!(shards.advance(&mut |_foreign| {})?, Some(Step::EndOf(0xae)));
    /// assert_eq!(shards.advance(&mut |_foreign| {})?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn shards(&self, from: Shard) -> Shards<S> {
        Shards { root: self.clone(), from: Some(from), outer: None, inner: None }
    }
}

impl<S: Sys> Shards<S> {
    /// The next step; `None` at the end. Foreign names on the way to it are visited by whoever passes the beginning
    /// of the folder that they lie in, so that a walk in parts meets each once.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn advance(&mut self, foreign: &mut dyn FnMut(ForeignPath)) -> Result<Option<Step>, Error> {
        let Some(from) = self.from else { return Ok(None) };
        let Some(outer) = self.next_outer(from, foreign)? else {
            self.from = None;
            return Ok(None);
        };
        self.from = Some(from.max(Shard::new(outer, 0)));
        if let Some(inner) = self.next_inner(from.max(Shard::new(outer, 0)), foreign)? {
            return Ok(Some(Step::Shard(Shard::new(outer, inner))));
        }
        self.from = Shard::new(outer, u8::MAX).next();
        Ok(Some(Step::EndOf(outer)))
    }

    fn next_outer(&mut self, from: Shard, foreign: &mut dyn FnMut(ForeignPath)) -> Result<Option<u8>, Error> {
        let numbers = match self.outer {
            Some(numbers) => numbers,
            None => self.list(&data(), from == Shard::FIRST, foreign)?,
        };
        self.outer = Some(numbers);
        Ok(numbers.first(from.outer))
    }

    fn next_inner(&mut self, from: Shard, foreign: &mut dyn FnMut(ForeignPath)) -> Result<Option<u8>, Error> {
        let mut numbers = match self.inner {
            Some((outer, numbers)) if outer == from.outer => numbers,
            // The outer folder is the shard.
            _ if self.root.layout().shard_levels() == 1 => Numbers::first_only(),
            _ => self.list(&Shard::outer_folder(from.outer), from.inner == 0, foreign)?,
        };
        let next = numbers.first(from.inner);
        // Each is met once.
        next.into_iter().for_each(|inner| numbers.remove(inner));
        self.inner = Some((from.outer, numbers));
        Ok(next)
    }

    fn list(
        &self,
        folder: &RelPath,
        tells: bool,
        foreign: &mut dyn FnMut(ForeignPath),
    ) -> Result<Numbers, Error> {
        let mut numbers = Numbers::default();
        self.root.each_item::<Error>(folder, &mut |path, item| {
            match number(&item) {
                Some(number) => numbers.insert(number),
                None if tells => foreign(ForeignPath::new(path)),
                None => {}
            }
            Ok(())
        })?;
        Ok(numbers)
    }
}

/// Two digits as we write them, and a folder.
fn number(item: &DirItem<'_>) -> Option<u8> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    match *item.name.to_bytes() {
        [high, low] if item.kind == FileKind::Dir => Some(digit(high)? * 16 + digit(low)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_of_each_reaches_the_last_and_ends() {
        let mut shard = Shard::FIRST;
        let mut count = 1;
        while let Some(next) = shard.next() {
            assert!(next > shard);
            (shard, count) = (next, count + 1);
        }
        assert_eq!((shard, count), (Shard::new(255, 255), 65536));
    }

    #[test]
    fn a_set_gives_its_numbers_in_order() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.first(0), None);
        for number in [255, 0, 63, 64, 128] {
            numbers.insert(number);
        }
        let mut found = Vec::new();
        let mut from = Some(0);
        while let Some(number) = from.and_then(|from| numbers.first(from)) {
            found.push(number);
            from = number.checked_add(1);
        }
        assert_eq!(found, [0, 63, 64, 128, 255]);
    }
}
