//! A value out of the cache.

use std::ops::Deref;

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
    value: T,
    source: Source,
}

impl<T> Hit<T> {
    pub(crate) const fn new(value: T, source: Source) -> Self {
        Self { value, source }
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

    /// The value itself, where this is the only handle to it.
    pub(crate) fn into_value(self) -> T {
        self.value
    }

    /// The value itself. `Clone` is asked for since a value may be shared with other readers.
    #[must_use]
    pub fn into_owned(self) -> T
    where
        T: Clone,
    {
        self.value
    }
}

impl<T> Deref for Hit<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Hit<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}
