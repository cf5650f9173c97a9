//! What the tests share: a root in a directory of its own, and the usual steps in one call.

#![allow(dead_code, reason = "every test file takes from here what it needs")]
#![allow(clippy::unwrap_used, reason = "this is a part of tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tagcache_fs::sys::{FsKind, Sys};
use tagcache_fs::{
    Checked, DraftError, Durability, Key, Layout, Options, Published, Root, SweepLock, Tag, Time,
};
use tagcache_testkit::{At, Hook, Hooked, Layer, Layered, TestSys, World};
use tempfile::TempDir;

/// The layout of every root here. `tests/compact.rs` takes the other test files as its modules and so runs them again.
pub(crate) const LAYOUT: Layout = match env!("CARGO_CRATE_NAME").as_bytes() {
    b"compact" => Layout::Compact,
    _ => Layout::Spread,
};

/// How a root of this layout is opened.
pub(crate) fn options() -> Options {
    Options::new().layout(LAYOUT)
}

/// How many folders lie between `data/` and a key or a tag.
pub(crate) const SHARDS: u64 = if matches!(LAYOUT, Layout::Spread) { 2 } else { 1 };

/// Whether links lie one folder below that of their tag.
pub(crate) const HAS_BUCKETS: bool = matches!(LAYOUT, Layout::Spread);

/// A root and the world that it runs in.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) root: Root<TestSys>,
    pub(crate) dir: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(&Options::new())
    }

    pub(crate) fn with(options: &Options) -> Self {
        let (world, dir) = (World::new(), tempfile::tempdir().unwrap());
        let root = options.clone().layout(LAYOUT).open_on(world.sys(), dir.path()).unwrap();
        Self { world, root, dir }
    }

    /// Another process at the same root.
    pub(crate) fn neighbour(&self) -> (World, Root<TestSys>) {
        let world = World::new();
        let root = Options::new().open_on(world.sys(), self.dir.path()).unwrap();
        (world, root)
    }

    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// What is not a directory below one folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        tagcache_testkit::files(self.path(folder)).unwrap()
    }

    /// All names of entries, tag links and drafts.
    pub(crate) fn all_files(&self) -> Vec<String> {
        let all = tagcache_testkit::files(&self.dir).unwrap();
        all.into_iter().filter(|path| path.contains('/')).collect()
    }

    /// Where links with this end of their name lie under a tag.
    pub(crate) fn bucket(&self, tag: &Tag, end: &str) -> PathBuf {
        let folder = self.tag_folder(tag);
        if HAS_BUCKETS { folder.join(end) } else { folder }
    }

    /// Where the link of an entry under a tag lies.
    pub(crate) fn link_path(&self, tag: &Tag, links: u64, ino: u64) -> PathBuf {
        let name = format!("{links}:{ino}");
        self.bucket(tag, &name[name.len() - 2..]).join(name)
    }

    pub(crate) fn key_path(&self, key: &Key) -> PathBuf {
        self.path(key.path_in(LAYOUT).to_str().unwrap())
    }

    pub(crate) fn tag_folder(&self, tag: &Tag) -> PathBuf {
        self.path(tag.path_in(LAYOUT).to_str().unwrap())
    }
}

pub(crate) fn key(bytes: impl AsRef<[u8]>) -> Key {
    Key::new(bytes).unwrap()
}

pub(crate) fn tag(bytes: impl AsRef<[u8]>) -> Tag {
    Tag::new(bytes).unwrap()
}

pub(crate) fn tags<const N: usize>(names: [&str; N]) -> [Tag; N] {
    names.map(tag)
}

/// An hour from now, by the root's own clock.
pub(crate) fn soon<S: Sys>(root: &Root<S>) -> Time {
    root.sys().now().after(Duration::from_secs(3600))
}

/// All steps up to the check.
pub(crate) fn checked<S: Sys>(
    root: &Root<S>,
    key: &Key,
    tags: &[Tag],
    bytes: &[u8],
) -> Result<Checked<S>, DraftError> {
    let mark = root.mark()?;
    let mut draft = root.draft(key, mark)?;
    draft.reserve(bytes.len() as u64)?;
    draft.write(bytes)?;
    draft.stamp(soon(root))?.link(tags)?.check()
}

/// All steps.
pub(crate) fn publish<S: Sys>(
    root: &Root<S>,
    key: &Key,
    tags: &[Tag],
    bytes: &[u8],
) -> Result<Published<S>, DraftError> {
    Ok(checked(root, key, tags, bytes)?.publish()?)
}

/// All steps; the number of links that a reader needs.
pub(crate) fn put<S: Sys>(root: &Root<S>, key: &Key, tags: &[Tag], bytes: &[u8]) -> u64 {
    publish(root, key, tags, bytes).unwrap().links()
}

/// The bytes, if they are fresh: what a reader would do that was told the number of links.
pub(crate) fn get<S: Sys>(root: &Root<S>, key: &Key, links: u64) -> Option<Vec<u8>> {
    let entry = root.entry(key).unwrap().into_entry()?;
    if !entry.meta().is_fresh(links, root.sys().now()) {
        return None;
    }
    let mut bytes = Vec::new();
    entry.read(&mut bytes, entry.meta().size).unwrap();
    Some(bytes)
}

/// Drafts, links, leases and folders, in the order of a sweep.
pub(crate) fn sweep<S: Sys>(root: &Root<S>) {
    let lock = sweep_lock(root);
    root.sweep_drafts(&lock).unwrap();
    root.sweep_links(&lock).unwrap();
    root.sweep_leases(&lock).unwrap();
    root.sweep_folders(&lock).unwrap();
}

/// The right to sweep.
pub(crate) fn sweep_lock<S: Sys>(root: &Root<S>) -> SweepLock<S> {
    root.try_sweep_lock().unwrap().expect("nobody else sweeps")
}

/// Something that happens once, in the instant before a call.
#[derive(Clone, Default)]
pub(crate) struct Trap(Arc<AtomicBool>);

impl Trap {
    /// From now on the next call that is looked for springs it.
    pub(crate) fn arm(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether it waits still.
    pub(crate) fn is_armed(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// A root at `dir` in which `act` happens before the first call after arming that `when` picks out.
    pub(crate) fn root(
        &self,
        dir: &Path,
        when: impl Fn(&At<'_>) -> bool + Send + Sync + 'static,
        act: impl Fn(&At<'_>) + Send + Sync + 'static,
    ) -> Root<impl Sys> {
        let armed = Arc::clone(&self.0);
        let hook = Hook::new(move |at: &At<'_>| {
            if armed.load(Ordering::SeqCst) && when(at) {
                // Disarmed first: what happens now may go through the same root.
                armed.store(false, Ordering::SeqCst);
                act(at);
            }
            Ok(())
        });
        Options::new().open_on(Hooked::over(World::new().sys(), &Arc::new(hook)), dir).unwrap()
    }
}

/// Makes every filesystem say that it is of this kind.
pub(crate) struct OfKind(pub(crate) FsKind);

impl Layer for OfKind {
    fn fs_kind(&self, _kind: FsKind) -> FsKind {
        self.0
    }
}

/// A root with this durability on a filesystem of this kind.
pub(crate) fn root_on(
    world: &World,
    dir: &Path,
    durability: Durability,
    kind: FsKind,
) -> Root<Layered<TestSys, OfKind>> {
    let sys = Layered::over(world.sys(), &Arc::new(OfKind(kind)));
    options().durability(durability).allow_remote(true).open_on(sys, dir).unwrap()
}
