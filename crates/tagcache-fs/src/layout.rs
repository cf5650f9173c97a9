//! The layouts of `data/`: how many folders stand between the root and a name.

use std::fmt;

/// How `data/` is divided into folders. Fixed when the root is made, since every process must look in the same places.
///
/// The names are the same in both, and so are all promises. What differs is how many folders there are, and how many names
/// lie in one of them:
///
/// | | [`Spread`](Self::Spread) | [`Compact`](Self::Compact) |
/// |---|---|---|
/// | an entry | `data/ae/08/key:…` | `data/ae/key:…` |
/// | a tag link | `data/18/ae/tag:…/85/3:110235185` | `data/18/tag:…/3:110235185` |
/// | folders for a tag that was never seen | 4 | 2 |
/// | names in one folder | a 65 536th of all entries and tags; a hundredth of a tag's links | a 256th; all of a tag's links |
///
/// Compact is smaller and faster where tags are many and entries are up to some millions; spread keeps folders small on
/// filesystems that are slow with large ones.
///
/// ```
/// use tagcache_fs::{Key, Layout, OpenError, Options};
///
/// # let dir = tempfile::tempdir()?;
/// let path = dir.path().join("cache");
/// let root = Options::new().layout(Layout::Compact).open(&path)?;
/// let place = Key::new("blog-home")?.path_in(root.layout());
/// assert_eq!(place.as_c_str(), c"data/ae/key:626c6f672d686f6d65");
///
/// // Whoever does not ask gets the layout that is there.
/// assert_eq!(Options::new().open(&path)?.layout(), Layout::Compact);
/// let other = Options::new().layout(Layout::Spread).open(&path);
/// assert!(matches!(other, Err(OpenError::LayoutDiffers { fixed: Layout::Compact, .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// Two levels of shards, and the links of a tag in a hundred buckets: many small folders.
    #[default]
    Spread,
    /// One level of shards, and the links of a tag in its own folder: few large folders.
    Compact,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Spread, Self::Compact];

    /// What `layout = ` says in `tagcache.format`. The first one had a number before there was a second: a program of that
    /// time knows no other, and refuses a root that says anything else.
    pub(crate) const fn in_format(self) -> &'static str {
        match self {
            Self::Spread => "1",
            Self::Compact => "compact",
        }
    }

    /// How many shard folders a name lies in.
    pub(crate) const fn shard_levels(self) -> usize {
        match self {
            Self::Spread => 2,
            Self::Compact => 1,
        }
    }

    /// Whether the links of a tag lie in buckets below its folder, rather than in that itself.
    pub(crate) const fn has_buckets(self) -> bool {
        matches!(self, Self::Spread)
    }

    /// How deep folders lie below `data/`: shards, the folder of a tag, buckets.
    pub(crate) const fn folder_levels(self) -> usize {
        self.shard_levels() + 1 + self.has_buckets() as usize
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spread => "spread",
            Self::Compact => "compact",
        })
    }
}
