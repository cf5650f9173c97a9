//! A value out of the cache.

use std::ops::Deref;
use std::sync::Arc;

use crate::lookup::Source;

/// A value, and where it came from. Use it like a reference.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// # let dir = tempfile::tempdir()?;
/// # let cache = tagcache::Cache::open(dir.path())?;
/// cache.put("answer", &42u64, &tagcache::Policy::new())?;
/// let hit = cache.get::<u64>("answer")?.expect("it was just put");
/// assert_eq!(*hit, 42);
/// assert_eq!(hit.into_owned(), 42);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hit<T> {
    value: Holding<T>,
    source: Source,
}

/// Whose value it is.
#[derive(Clone, Debug)]
enum Holding<T> {
    /// Of this hit alone: it was read or computed for it.
    Own(T),
    /// Kept in memory, for everybody.
    Shared(Arc<T>),
}

impl<T> Hit<T> {
    pub(crate) const fn new(value: T, source: Source) -> Self {
        Self { value: Holding::Own(value), source }
    }

    pub(crate) const fn shared(value: Arc<T>, source: Source) -> Self {
        Self { value: Holding::Shared(value), source }
    }

    /// Where the value came from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// The same value, in place of an error.
    pub(crate) fn standing_in(self) -> Self {
        match self.source {
            Source::Stale(why) => Self { source: Source::StandIn(why), ..self },
            _ => self,
        }
    }

    /// The value itself; `None` for one that is kept in memory.
    pub(crate) fn into_own(self) -> Option<T> {
        match self.value {
            Holding::Own(value) => Some(value),
            Holding::Shared(_) => None,
        }
    }

    /// The value itself. One that is kept in memory belongs to all its readers, and is cloned.
    #[must_use]
    pub fn into_owned(self) -> T
    where
        T: Clone,
    {
        match self.value {
            Holding::Own(value) => value,
            Holding::Shared(value) => Arc::unwrap_or_clone(value),
        }
    }

    /// The value, to be shared further. One that is kept in memory is not copied; another is moved.
    #[must_use]
    pub fn into_shared(self) -> Arc<T> {
        match self.value {
            Holding::Own(value) => Arc::new(value),
            Holding::Shared(value) => value,
        }
    }
}

impl<T> Deref for Hit<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.value {
            Holding::Own(value) => value,
            Holding::Shared(value) => value,
        }
    }
}

impl<T> AsRef<T> for Hit<T> {
    fn as_ref(&self) -> &T {
        self
    }
}
