//! The cache handle and how it is opened.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tagcache_codec::{Codec, Decode, Encode, Fingerprint, Schema};
use tagcache_fs::{Durability, Key, Layout, Options, Os, Root, Sys, Tag};

use crate::behind::Crew;
use crate::error::Error;
use crate::events;
use crate::ground::{Ground, Grounds};
use crate::held::Held;
use crate::keeper::Keeper;
use crate::limits::Limits;
use crate::memory::{Memory, Tier};
use crate::per_thread::PerThread;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::read::is_out_of_files;
use crate::shapes::Shapes;
use crate::stats::{Counters, Stats};
use crate::telling::Telling;
use crate::upkeep::{self, Upkeep};
use crate::verdict::Expected;

/// The limit on tags per entry, unless [`Builder::max_tags`] says otherwise.
pub const DEFAULT_MAX_TAGS: usize = 128;

/// A codec that can store values of type `T` and give them back. Every codec that implements the three traits is one.
///
/// It is what generic code asks for:
///
/// ```
/// use tagcache::codec::Codec;
/// use tagcache::{Cache, Error, Stores};
///
/// fn title<C: Codec + Stores<String>>(cache: &Cache<C>) -> Result<String, Error> {
///     Ok(cache.get("title")?.map_or_else(String::new, |hit| hit.into_owned()))
/// }
/// ```
pub trait Stores<T: 'static>: Encode<T> + Schema<T> + for<'a> Decode<'a, T> {}

impl<T: 'static, C: Encode<T> + Schema<T> + for<'a> Decode<'a, T>> Stores<T> for C {}

/// What can be read: anything that owns what it holds, and may be used by several threads, since one value that is kept in
/// [memory](crate::Memory) is given to all who ask. It is implemented for all such types.
///
/// Storing alone ([`Cache::put`]) does not ask for it.
pub trait Value: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Value for T {}

/// A cache directory, open, with the codec that its values are written in.
///
/// A cheap clone, and all clones are the same cache; other processes open the same directory. Nothing is locked for
/// reading. Only two things wait for another process: a fill for another fill of the same key, and the first opening of
/// a directory for another one that is making it.
///
/// `Cache::open` and `Cache::builder` are there with the feature `postcard`, which is on by default, and take that codec.
/// Without it, or for another codec, write [`Builder::new(Json).open(path)`](Builder::open), say.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// use std::time::Duration;
/// use tagcache::{Cache, Policy};
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// let week = Policy::new().expire_in(Duration::from_secs(7 * 24 * 3600)).tags(["blog-new", "bio"]);
///
/// let page = cache.get_with("blog-home", &week, |_| String::from("<h1>My blog</h1>"));
/// assert_eq!(*page, "<h1>My blog</h1>");
///
/// cache.invalidate_tag("bio")?;
/// assert!(cache.get::<String>("blog-home")?.is_none(), "the page showed the bio");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cache<C, S: Sys = Os> {
    pub(crate) shared: Arc<Shared<C, S>>,
    /// The schema that the user named, in place of the shape of each type.
    named: Option<Fingerprint>,
}

pub(crate) struct Shared<C, S: Sys> {
    /// The same under every ground.
    pub(crate) sys: Arc<S>,
    pub(crate) grounds: Grounds<S>,
    pub(crate) codec: C,
    pub(crate) counters: PerThread<Counters>,
    pub(crate) shapes: Shapes,
    pub(crate) held: Arc<Held>,
    pub(crate) crew: Crew,
    #[cfg(feature = "tokio")]
    pub(crate) pools: crate::tasks::Pools,
    pub(crate) max_tags: usize,
    pub(crate) keeper: Keeper,
    pub(crate) tier: Tier<S>,
    telling: Telling,
    on_fault: Option<FaultHook>,
    on_progress: Option<ProgressHook>,
}

type FaultHook = Box<dyn Fn(&Error) + Send + Sync>;
type ProgressHook = Box<dyn Fn(Progress) + Send + Sync>;

impl<C, S: Sys> Clone for Cache<C, S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), named: self.named }
    }
}

impl<C: Codec, S: Sys> fmt::Debug for Cache<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("root", &self.root().path())
            .field("codec", &C::NAME)
            .finish_non_exhaustive()
    }
}

/// How a cache is opened: the codec, and what is fixed when its directory is made.
///
/// [`Builder::new`] takes any codec, whatever features are on; `Cache::builder` is the same with postcard, and is there with
/// the feature `postcard` only.
pub struct Builder<C> {
    codec: C,
    options: Options,
    max_tags: usize,
    limits: Limits,
    upkeep: Upkeep,
    memory: Memory,
    on_fault: Option<FaultHook>,
    on_progress: Option<ProgressHook>,
}

impl<C: Codec> fmt::Debug for Builder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("codec", &C::NAME)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<C: Codec> Builder<C> {
    /// With this codec, and everything else as it is by default.
    ///
    /// ```
    /// use tagcache::{Builder, Policy, Raw};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("bytes", &vec![1u8, 2, 3], &Policy::new())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(codec: C) -> Self {
        Self {
            codec,
            options: Options::new(),
            max_tags: DEFAULT_MAX_TAGS,
            limits: Limits::new(),
            upkeep: Upkeep::OnCall,
            memory: Memory::new(),
            on_fault: None,
            on_progress: None,
        }
    }

    /// What survives a power cut: [`Durability::Invalidations`] unless set. Fixed when the directory is made; one that
    /// exists must have it, and is used as it is when nothing is asked for.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.options = self.options.durability(durability);
        self
    }

    /// How the folders of the directory are laid out: [`Layout::Spread`] unless set. Fixed when the directory is made; one
    /// that exists must have it, and is used as it is when nothing is asked for.
    ///
    /// ```
    /// use tagcache::{Builder, Layout, Policy, Raw};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).layout(Layout::Compact).open(dir.path())?;
    /// cache.put("blog-home", &String::from("page"), &Policy::new())?;
    /// assert!(dir.path().join("data/ae/key:626c6f672d686f6d65").exists(), "one level of folders in place of two");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.options = self.options.layout(layout);
        self
    }

    /// Opens a directory on a network or user-space filesystem, which is refused otherwise, and by default: see
    /// [`Options::allow_remote`].
    #[must_use]
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.options = self.options.allow_remote(allow);
        self
    }

    /// Makes nothing: a missing directory, or one that holds no cache, is an error. For who only looks. Unless set, the
    /// directory is made.
    #[must_use]
    pub fn existing_only(mut self, existing_only: bool) -> Self {
        self.options = self.options.existing_only(existing_only);
        self
    }

    /// How many different tags an entry may have: 128 unless set, and 1000 where more is asked for. Each costs one hard link, and every
    /// filesystem limits those.
    #[must_use]
    pub fn max_tags(mut self, limit: usize) -> Self {
        self.max_tags = limit.min(tagcache_record::header::MAX_TAGS);
        self
    }

    /// How large the cache may become. Without limits (the default) nothing is ever evicted.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Who sweeps, and when: [`Upkeep::OnCall`] unless set, which is nobody but the program.
    #[must_use]
    pub fn upkeep(mut self, upkeep: Upkeep) -> Self {
        self.upkeep = upkeep;
        self
    }

    /// How many values this handle and its clones keep in memory, decoded: unless set, 64 MiB of them as they are encoded,
    /// in at most a quarter of the files that the process may have open. See [`Memory`].
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// Called with a fault that compute-through or a sweep keeps from its caller (a full disk, say), on the thread
    /// that met it: the first of each kind, and then one a minute, since a full disk meets every request. A kind is the
    /// [word](Error::word) of the error, and for a failed call what was being done and why it failed. All of them are
    /// counted, in [`Stats::faults`]. [`Error::StoodIn`] is given each time. Unless set, nobody is called.
    ///
    /// ```
    /// use tagcache::{Builder, Policy, Raw};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).on_fault(|error| eprintln!("cache: {error}")).open(dir.path())?;
    /// let page = cache.get_with("", &Policy::new(), |_| String::from("page"));
    /// assert_eq!(*page, "page", "no key is empty, and yet the caller has a page");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on_fault(mut self, hook: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_fault = Some(Box::new(hook));
        self
    }

    /// Called with how far it is, now and then during each sweep and examination, on the thread that does it. Unless set,
    /// nobody is.
    ///
    /// ```
    /// use tagcache::{Builder, Raw, VerifyOptions};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let told = |progress: tagcache::Progress| eprint!("\r{}/{}", progress.done, progress.of);
    /// let cache = Builder::new(Raw).on_progress(told).open(dir.path())?;
    /// cache.verify(&VerifyOptions::new())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on_progress(mut self, hook: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(hook));
        self
    }

    /// Opens the cache in `path`; the directory is made if it is missing, for its owner only.
    ///
    /// # Errors
    /// [`Error::Open`] when the directory holds something else, cannot be used or cannot be trusted; [`Error::BadPath`] when
    /// no directory can have that path.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Cache<C>, Error> {
        let path = possible(path.as_ref())?;
        // A program may change its working directory; where it has none, the system says so.
        self.open_on(Os, std::path::absolute(path).unwrap_or_else(|_| path.into()))
    }

    /// The same on any [`Sys`]: for tests with a clock, a counter or a world of their own.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_on<S: Sys>(self, sys: S, path: impl AsRef<Path>) -> Result<Cache<C, S>, Error> {
        let root = self.options.open_on(sys, possible(path.as_ref())?)?;
        // Asked once while there are descriptors: it is remembered.
        let _ = root.sys().boot_id();
        let mut keeper = Keeper::new(self.limits, self.upkeep);
        let (ring, bell) = upkeep::bell();
        keeper.thread = (self.upkeep == Upkeep::Thread).then_some(ring);
        events::opened();
        let shared = Shared {
            sys: root.shared_sys(),
            tier: Tier::new(self.memory, &root),
            grounds: Grounds::new(root),
            codec: self.codec,
            counters: PerThread::default(),
            shapes: Shapes::default(),
            held: Arc::default(),
            crew: Crew::default(),
            #[cfg(feature = "tokio")]
            pools: crate::tasks::Pools::default(),
            max_tags: self.max_tags,
            keeper,
            telling: Telling::default(),
            on_fault: self.on_fault,
            on_progress: self.on_progress,
        };
        let shared = Arc::new(shared);
        if self.upkeep == Upkeep::Thread {
            upkeep::start(&shared, bell);
        }
        Ok(Cache::of(shared))
    }
}

/// A path that a directory can have. The system would say of an empty one that there is no such file, which names nothing.
pub(crate) fn possible(path: &Path) -> Result<&Path, Error> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.is_empty() || bytes.contains(&0) {
        return Err(Error::BadPath(path.into()));
    }
    Ok(path)
}

#[cfg(feature = "postcard")]
impl Cache<tagcache_codec::Postcard> {
    /// Opens the cache in `path` with the codec postcard; the directory is made if it is missing. For another codec
    /// see [`Builder::new`].
    ///
    /// # Errors
    /// [`Error::Open`] when the directory holds something else, cannot be used or cannot be trusted; [`Error::BadPath`] when
    /// no directory can have that path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open(path)
    }

    /// Opens with other settings than the default ones, and the codec postcard.
    #[must_use]
    pub fn builder() -> Builder<tagcache_codec::Postcard> {
        Builder::new(tagcache_codec::Postcard)
    }
}

impl<C: Codec, S: Sys> Cache<C, S> {
    pub(crate) fn of(shared: Arc<Shared<C, S>>) -> Self {
        Self { shared, named: None }
    }

    /// The same cache, where values are told apart by this name instead of by the shape of their type.
    ///
    /// For types whose shape cannot be seen, and for those whose meaning changes while their shape does not. Use another
    /// name for every type and for every change.
    ///
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// # let dir = tempfile::tempdir()?;
    /// # let cache = tagcache::Cache::open(dir.path())?;
    /// use tagcache::Policy;
    ///
    /// cache.with_schema("price, net").put("price", &100u32, &Policy::new())?;
    /// let gross = cache.with_schema("price, gross").get::<u32>("price")?;
    /// assert!(gross.is_none(), "the shape is the same, the meaning is not");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_schema(&self, name: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), named: Some(Fingerprint::named(name)) }
    }

    /// This cache, or the same one with the schema that the policy names.
    pub(crate) fn under(&self, policy: &Policy) -> Cow<'_, Self> {
        match policy.schema {
            Some(_) => Cow::Owned(Self { shared: Arc::clone(&self.shared), named: policy.schema }),
            None => Cow::Borrowed(self),
        }
    }

    pub(crate) fn named(&self) -> Option<Fingerprint> {
        self.named
    }

    /// The directory underneath, for what only the low level can do. Ask anew each time: when the directory is removed or
    /// replaced, another one takes its place, and whoever keeps the old one keeps its descriptors open.
    ///
    /// ```
    /// # use tagcache::{Builder, Raw};
    /// # let dir = tempfile::tempdir()?;
    /// let path = dir.path().join("cache");
    /// let cache = Builder::new(Raw).open(&path)?;
    /// assert_eq!(cache.root().path(), path);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn root(&self) -> Root<S> {
        self.ground().root.clone()
    }

    /// The clock, chance, and whatever else the directory underneath is no part of.
    #[inline]
    pub(crate) fn sys(&self) -> &S {
        &self.shared.sys
    }

    /// The codec.
    #[must_use]
    pub fn codec(&self) -> &C {
        &self.shared.codec
    }

    /// What this handle and its clones did since the cache was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Counters::sum(&self.shared.counters)
    }

    /// How many values this handle and its clones keep in memory now. Each has its file open.
    #[must_use]
    pub fn in_memory(&self) -> usize {
        self.shared.tier.len()
    }

    /// A fault that compute-through keeps from its caller: counted, and told if it is news.
    pub(crate) fn fault(&self, error: &Error) {
        if matches!(error, Error::Io(error) if is_out_of_files(error)) {
            // The next one has more room.
            self.shared.tier.shed();
        }
        Counters::add(&self.shared.counters.here().faults);
        events::count_fault(error);
        if !self.shared.telling.is_due(error, self.sys().elapsed()) {
            return;
        }
        events::tell_fault(error);
        if let Some(hook) = &self.shared.on_fault {
            hook(error);
        }
    }

    /// A sweep or an examination comes to an outer folder.
    pub(crate) fn progress(&self, progress: Progress) {
        if let Some(hook) = &self.shared.on_progress {
            hook(progress);
        }
    }

    /// What a reader of this type expects of an entry on this ground.
    pub(crate) fn expected<T: 'static>(&self, ground: &Ground<S>) -> Result<Expected, Error>
    where
        C: Schema<T>,
    {
        let schema = match self.named {
            Some(named) => named,
            None => self.shared.shapes.fingerprint(&self.shared.codec)?,
        };
        Ok(Expected { codec: C::ID.get(), schema: schema.get(), boot: self.boot(), latest: ground.latest })
    }

    pub(crate) fn boot(&self) -> [u8; 16] {
        self.sys().boot_id()
    }

    #[inline]
    pub(crate) fn key(key: &[u8]) -> Result<Key, Error> {
        Ok(Key::new(key)?)
    }

    pub(crate) fn tags<T: AsRef<[u8]>>(tags: impl IntoIterator<Item = T>) -> Result<Vec<Tag>, Error> {
        tags.into_iter().map(|tag| Tag::new(tag).map_err(Error::from)).collect()
    }
}
