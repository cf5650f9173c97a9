//! Files that know whether they are still true: opaque bytes under a key, with tags whose removal invalidates them in
//! every process at once.
//!
//! ```
//! use std::time::Duration;
//! use tagcache_fs::{Key, Root, Tag, sys::Env};
//!
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("cache");
//! let root = Root::open(path)?;
//! let (page, tags) = (Key::new("blog-home")?, [Tag::new("bio")?, Tag::new("blog-new")?]);
//!
//! // Before the bytes are computed: what is invalidated from here on keeps them from being stored.
//! let mark = root.mark()?;
//! let html = b"<h1>Blog</h1>";
//! let mut draft = root.draft(&page, mark)?;
//! draft.write(html)?;
//! let expiry = root.sys().now().after(Duration::from_secs(3600));
//! let links = draft.stamp(expiry)?.link(&tags)?.check()?.publish()?.links();
//! assert_eq!(links, 3, "a name for the key, and one for each tag");
//!
//! let entry = root.entry(&page)?.into_entry().ok_or("nothing there")?;
//! assert!(entry.meta().is_fresh(links, root.sys().now()));
//! let mut bytes = Vec::new();
//! entry.read(&mut bytes, entry.meta().size)?;
//! assert_eq!(bytes, html);
//!
//! root.invalidate_tags(&tags[..1])?;
//! let entry = root.entry(&page)?.into_entry().ok_or("nothing there")?;
//! assert!(!entry.meta().is_fresh(links, root.sys().now()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate is the mechanism below the `tagcache` crate, and can be used by itself. It does not know what the bytes
//! mean: its caller keeps the number of links that [`Published::links`] returned, with the bytes or elsewhere, and asks
//! [`Meta::is_fresh`] with it. Who computes, who waits, and what is evicted is decided above.
//!
//! | to | use |
//! |---|---|
//! | open, make or refuse a directory | [`Root::open`], [`Options`], [`Layout`] |
//! | name what is stored | [`Key`], [`Tag`] |
//! | store | [`Root::mark`], then [`Root::draft`], [`Draft`] and the steps after it |
//! | read | [`Root::entry`], [`Entry`], [`Meta`] |
//! | read again without opening | [`Entry::hold`], [`Held`] |
//! | list | [`Root::entries`], [`Root::entries_with`] a tag |
//! | take away | [`Root::invalidate_tags`], [`Root::invalidate_all_of`], [`Root::invalidate_key`], [`Root::clear`] |
//! | let refresh | [`Root::expire_tags`], [`Root::expire_all_of`], [`Root::expire_key`] |
//! | let one process compute | [`Root::try_lease`] |
//! | clean up | [`Root::try_sweep_lock`] and the `sweep_` methods, [`Root::each_entry`] |
//! | clean up bit by bit, and know how much there is | [`Root::shards`], [`Root::trim_shard`], [`Root::ledger`] |
//! | put another world below | [`Sys`] |
//!
//! # The tree
//!
//! ```text
//! <root>/
//! ├── CACHEDIR.TAG, tagcache.format         one file: the mark for backup tools, and the settings of the root
//! ├── data/
//! │   ├── 18/ae/tag:62696f/85/3:110235185               a hard link of the entry below, under the tag `bio`
//! │   ├── 37/64/tag:626c6f672d6e6577/85/3:110235185     another one, under `blog-new`
//! │   └── ae/08/key:626c6f672d686f6d65                  the entry `blog-home`
//! ├── tmp/<key digest>.<unique>             drafts
//! ├── locks/<key digest>                    leases
//! ├── log                                   what was invalidated
//! └── usage                                 how much there is, where tallies are kept
//! ```
//!
//! A name is `key:` or `tag:` and the bytes in hex, in two folders named by the md5 of that name; one that would be too
//! long for a file has `~` and a sha256 in place of the bytes. The name of a tag link says how many names its file has
//! when it is whole, and its inode; the folder it lies in is named by the last two characters of that.
//!
//! A root may be made with another [`Layout`]: [`Layout::Compact`] has one folder of shards above a name, and no folders between
//! a tag and its links. Everything below is the same there.
//!
//! # How an entry is published
//!
//! Each step is a type that takes the one before, so that no other order compiles. What is dropped before the last step
//! takes its names back.
//!
//! 1. [`Mark`], by [`Root::mark`]: remember the place in the log, *before* the value is computed.
//! 2. [`Draft`], by [`Root::draft`]: create a file in `tmp/` and lock it, which says that it is being born; write.
//! 3. [`Stamped`], by [`Draft::stamp`]: set the modification time to the expiry. From here on nobody but an invalidation
//!    touches the time, so that no poison is ever erased.
//! 4. [`Linked`], by [`Stamped::link`]: one hard link under each tag.
//! 5. [`Checked`], by [`Linked::check`]: read what the log gained since the mark. The key, one of the tags, or
//!    *everything* in it is [`Raced`]: the value is its caller's, and is not stored.
//! 6. [`Published`], by [`Checked::publish`]: rename onto the key. What had the name before loses it and
//!    is poisoned; its own links are removed by [`Entry::remove_links`].
//!
//! The order is the argument. A publisher shows its links and *then* reads the log; an invalidation writes the log and
//! *then* takes the links that it sees. One of the two always sees the other, whatever the clocks say, and the tags need
//! not be known before the value is.
//!
//! Linking or publishing that fails gives the work back in [`StepError`], to be tried again without writing it anew.
//!
//! # How a tag is dropped
//!
//! [`Root::invalidate_tags`] appends to the log; opens every link in the tag's folder, **poisons** it (modification
//! time 0), unlinks it and closes it; removes the folders, leaving what was linked meanwhile; and ends with a barrier.
//! [`Root::invalidate_key`] appends; removes the drafts of the key from `tmp/`; poisons and unlinks the entry; barrier.
//! [`Root::expire_tags`] and [`Root::expire_key`] take the owner's write bit instead of the name.
//! [`Root::invalidate_all_of`] and [`Root::expire_all_of`] append one of the tags, walk it, and take the links that have the
//! same name under each of the others.
//!
//! Poison sits on the inode. A hard link that a backup adds later makes the count right again, and never the entry. So
//! nobody takes a name from a published entry without poisoning it first, and the file stays open until the name is gone:
//! the number of an open inode is not given to another file.
//!
//! An invalidation that could not do all of it is [`Incomplete`], which says what may still be served.
//!
//! # How validity is read
//!
//! One `fstat` gives a [`Meta`], and [`Meta::is_fresh`] judges it by the number of links and the time:
//!
//! | the inode says | [`Standing`] or field | so the entry is |
//! |---|---|---|
//! | as many names as were published | [`Standing::Whole`] | true, and fresh while `now < mtime` |
//! | fewer names | [`Standing::Detached`] | dead: a tag or the key was taken |
//! | more names | [`Standing::ForeignLink`] | not to be trusted: somebody added a link |
//! | modification time 0 | [`Standing::Poisoned`] | dead, whatever its names |
//! | no write bit | [`Meta::soft`] | true, to be refreshed |
//!
//! That is the whole truth for whoever has just opened the key. A program that serves an entry from an open file later on
//! compares one thing more, the change time of the inode: [`Entry::hold`] makes a [`Held`], which asks by one `fstat` whether
//! nothing at all happened since. A file that died and [is no longer at its path](Entry::is_at_its_path) was superseded:
//! open again.
//!
//! # What is atomic
//!
//! - Publishing is: a reader sees the old entry or the new one, and never a part.
//! - Dropping a tag is atomic for each entry and not for all of them: while it runs, some are dead and some are not. When
//!   it has returned, all are, in every process.
//! - A lease is: at most one holder on this machine, and none that is dead.
//! - Removing a replaced entry's links is not part of publishing. A process that dies in between leaves dead links, which
//!   are never served and which a sweep removes.
//!
//! # Who may run at the same time
//!
//! Any number of processes and threads, with any of these operations. No call waits for another, except that an opener
//! waits for one that is making the root, and whoever rotates the log is waited for, for milliseconds. One process
//! [sweeps](Root::try_sweep_lock) at a time, beside everything else. Two writers of one key do not exclude each other: the
//! last rename wins, and who wants one computation takes a [`Lease`]. No lock of this crate is held while it waits for
//! another one.
//!
//! An entry that is [removed](Entry::remove) in the very instant in which another one takes its name may cost that one
//! its name: it is a miss then, and never a wrong value.
//!
//! # Durability
//!
//! Fixed for each root when it is made, see [`Durability`]. By default every invalidation ends with a barrier, also when
//! it found nothing to remove, since what is gone may have been removed by somebody who did not wait for the disk: on ext4
//! with a journal and on xfs a record appended to the log and an fsync of it, elsewhere syncfs. Values that were put are not
//! synced, unless [`Published::sync`] is called: after a power cut an entry may have no bytes, or zeroes. **The bytes
//! carry no checksum here**; whoever uses this crate by itself on a machine that may lose power adds one.
//!
//! # Limitations
//!
//! - The number of tags is bounded by the filesystem's limit of links to one file (ext4 65 000, NTFS 1 023); more is an
//!   [`Errno::MLINK`].
//! - All folders of a root must be on one filesystem with hard links that are counted, times, modes and exclusive locks.
//!   That is [tried](Unfit) when the root is made.
//! - A root that was copied or moved to another device [starts afresh](Options::open_on): its files know nothing of what
//!   was invalidated at the original.
//! - Whoever may write in the root is its owner. A link, FIFO, device or folder planted there is never followed or waited
//!   for when it is read, invalidated or swept; but a symbolic link that is planted *as a folder* of the tree is followed by
//!   the calls that publish, since rename(2) and link(2) know no other way.
//! - Network and user-space filesystems (NFS, SMB, FUSE) are refused unless [allowed](Options::allow_remote), and were not
//!   tested. Nor was macOS: a portable branch stands for every call that only Linux has, and was never compiled.
//! - A log that is removed by hand while a foreign hard link keeps its file alive looks current to the fills that were
//!   marked in it.
//! - There is no limit on size here, no eviction and no index: listing entries reads the folders.

mod barrier;
mod draft;
mod entries;
mod entry;
mod error;
mod folders;
mod format;
mod held;
mod invalidate;
mod layout;
mod lease;
mod log;
pub mod meta;
pub mod name;
mod open;
mod probe;
mod root;
mod scratch;
mod sweep;
pub mod sys;
mod time;
mod usage;
mod walk;
mod whereabouts;
mod wipe;

pub use draft::{Checked, Draft, DraftError, Linked, Published, Stamped, StepError};
pub use entries::{Entries, Tagged};
pub use entry::{Entry, Found};
pub use error::Error;
pub use format::Durability;
pub use held::Held;
pub use invalidate::{Incomplete, Touched};
pub use layout::Layout;
pub use lease::{Lease, LeftBehind};
pub use log::{Mark, Raced};
pub use meta::{Meta, Standing};
pub use name::{Digest, Key, LinkName, NameError, Tag};
pub use probe::{Capabilities, Survey, Tried, Unfit, survey};
pub use root::{OpenError, Options, Root};
pub use sweep::{
    Beside, GoOn, MetLink, OnForeign, Orphans, Passed, Seen, Shard, Shards, Step, SweepLock, Trimmed,
};
pub use sys::{Errno, Os, Sys};
pub use time::Time;
pub use usage::{EvictLock, Ledger, Place, Tally, Usage, Walk};
pub use walk::{ForeignPath, Met};
pub use whereabouts::Whereabouts;
