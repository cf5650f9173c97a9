//! Values that do not fit in memory: bytes that go in and come out piece by piece.
//!
//! What lies on disk is the same as for a value that is put whole, and so are the steps by which it gets there: only the
//! head is written twice, since its length and its checksum are known at the end.

mod fill;
mod reader;
mod writer;

pub use fill::BegunStream;
pub use reader::Reader;
pub(crate) use writer::Plan;
pub use writer::Writer;

use std::io::{ErrorKind, Read};

use tagcache_codec::Raw;
use tagcache_fs::Sys;

use crate::cache::Cache;
use crate::error::Error;
use crate::lookup::Stored;
use crate::policy::Policy;

/// How much is asked of a source at once, and gathered before it is written: a call to the kernel is small beside it.
const PIECE: usize = 64 << 10;

impl<S: Sys> Cache<Raw, S> {
    /// Stores everything that a reader gives. It is a [`put`](Self::put) of those bytes that holds only a small piece of them:
    /// whoever has them in memory may read them with [`get`](Self::get) as `Vec<u8>`, and others with
    /// [`reader`](Self::reader).
    ///
    /// The place in the log is taken before the first byte is asked for, so an invalidation that comes while they are read
    /// keeps them from being stored. The expiry counts from the end.
    ///
    /// ```
    /// use tagcache::{Builder, Policy, Raw, Stored};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// let film = std::io::repeat(b'x');
    /// let stored = cache.put_reader("film", std::io::Read::take(film, 3 << 20), &Policy::new().tag("films"))?;
    /// assert_eq!(stored, Stored::Yes);
    /// assert_eq!(cache.get::<Vec<u8>>("film")?.expect("it was just put").len(), 3 << 20);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Source`] when the reader fails; otherwise as for [`put`](Self::put). Nothing was stored then, and what the
    /// key had before it has still.
    pub fn put_reader(
        &self,
        key: impl AsRef<[u8]>,
        mut source: impl Read,
        policy: &Policy,
    ) -> Result<Stored, Error> {
        let mut writer = self.writer(key, policy)?;
        let mut piece = vec![0; PIECE];
        loop {
            match source.read(&mut piece) {
                Ok(0) => return writer.commit(),
                Ok(len) => writer.append(piece.get(..len).unwrap_or_default())?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Source(error)),
            }
        }
    }
}
