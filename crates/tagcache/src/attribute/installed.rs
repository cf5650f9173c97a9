//! The cache that is installed for the program.
//!
//! A function under `#[cached]` that names no cache uses this one. There is one place per codec, since a function is
//! compiled for a codec, and what it returns must be something that the codec can store.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use tagcache_codec::Codec;

use crate::cache::Cache;

/// One cache of each codec, behind `Any`. There are as many as a program has codecs: one, as a rule.
static INSTALLED: RwLock<Vec<Box<dyn Any + Send + Sync>>> = RwLock::new(Vec::new());

/// Calls that asked for an installed cache and found none.
static WITHOUT_CACHE: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What [`with_installed`] puts in front of the installed caches; the last one counts.
    static IN_FRONT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Makes `cache` the one that every function under [`#[cached]`](crate::cached) of this program uses, unless it names
/// another.
///
/// To be called once, where the program begins. A library leaves it to the program, or names a cache of its own. Functions
/// that are called before compute without a cache, and are [counted](calls_without_cache).
///
/// Each codec has a place of its own; functions use the cache with the codec `Postcard` unless they say `codec = …`. A
/// test puts a cache in front of the installed one by [`with_installed`].
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// use tagcache::{Cache, cached};
///
/// #[cached("greeting")]
/// fn greeting() -> String {
///     "hello".into()
/// }
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// tagcache::install(cache.clone())?;
///
/// greeting();
/// assert_eq!(*cache.get::<String>("greeting")?.expect("stored"), "hello");
/// assert!(tagcache::install(cache).is_err(), "a program has one");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`AlreadyInstalled`] if there is one for this codec. It stays.
pub fn install<C: Codec>(cache: Cache<C>) -> Result<(), AlreadyInstalled> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    if installed.iter().any(|other| other.is::<Cache<C>>()) {
        return Err(AlreadyInstalled { codec: C::NAME });
    }
    installed.push(Box::new(cache));
    Ok(())
}

/// The cache that is installed for this codec, if there is one.
#[must_use]
pub fn installed<C: Codec>() -> Option<Cache<C>> {
    // Where the thread ends its variables are gone, and what runs then sees the caches of the program.
    let in_front = IN_FRONT.try_with(|caches| last(&caches.borrow()).cloned()).ok().flatten();
    in_front.or_else(|| last(&INSTALLED.read().unwrap_or_else(PoisonError::into_inner)).cloned())
}

/// Runs `act` with `cache` in front of the installed one, in this thread only: for tests, which share a program.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// # use tagcache::{Cache, cached};
/// #[cached("greeting")]
/// fn greeting() -> String {
///     "hello".into()
/// }
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// let cache = Cache::open(dir)?;
/// tagcache::with_installed(&cache, || {
///     greeting();
///     assert_eq!(cache.stats().stored, 1);
/// });
/// greeting();
/// assert_eq!(tagcache::calls_without_cache(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It ends with `act`, also by a panic. Threads that `act` starts do not have it.
pub fn with_installed<C: Codec, R>(cache: &Cache<C>, act: impl FnOnce() -> R) -> R {
    /// Takes away what was put in front, however the closure ends.
    struct Remove;
    impl Drop for Remove {
        fn drop(&mut self) {
            IN_FRONT.with_borrow_mut(Vec::pop);
        }
    }
    IN_FRONT.with_borrow_mut(|caches| caches.push(Box::new(cache.clone())));
    let _remove = Remove;
    act()
}

/// How many calls of functions under [`#[cached]`](crate::cached) looked for an installed cache and found none, in this
/// program up to now. They computed, and nothing was stored.
///
/// A number that grows says that [`install`] was forgotten, or came too late.
#[must_use]
pub fn calls_without_cache() -> u64 {
    WITHOUT_CACHE.load(Ordering::Relaxed)
}

pub(super) fn count_call_without_cache() {
    WITHOUT_CACHE.fetch_add(1, Ordering::Relaxed);
}

fn last<C: Codec, A: AnyRef>(caches: &[A]) -> Option<&Cache<C>> {
    caches.iter().rev().find_map(|cache| cache.any().downcast_ref())
}

/// The two lists differ in what their threads may do with them, and not in how they are searched.
trait AnyRef {
    fn any(&self) -> &dyn Any;
}

impl AnyRef for Box<dyn Any> {
    fn any(&self) -> &dyn Any {
        &**self
    }
}

impl AnyRef for Box<dyn Any + Send + Sync> {
    fn any(&self) -> &dyn Any {
        &**self
    }
}

/// A cache was installed before, and it stays: see [`install`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyInstalled {
    codec: &'static str,
}

impl fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a cache with the codec {} is installed already; install one where the program begins, and name others with \
             #[cached(cache = …)]",
            self.codec
        )
    }
}

impl std::error::Error for AlreadyInstalled {}
