//! A value on its way out of the cache.

use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

use tagcache_codec::Raw;
use tagcache_fs::{Entry, Found, Key, Os, Sys, meta};
use tagcache_record::header::{CHUNK_CRC_LEN, CHUNK_LEN};
use tagcache_record::{Chunks, Head, ParseError};

use crate::cache::Cache;
use crate::chance::Due;
use crate::error::Error;
use crate::hit::Hit;
use crate::load::with_head;
use crate::lookup::{Lookup, Miss, Source, Stale};
use crate::read::{Seen, TRIES, assess, due};
use crate::verdict::Expected;

/// How much of the table of checksums is read at once: that of a gigabyte.
const TABLE_PIECE: usize = 4096;

impl<S: Sys> Cache<Raw, S> {
    /// The bytes of a key as a stream, if there are fresh ones: those that [`get`](Self::get) would give as `Vec<u8>`.
    ///
    /// Whether they may be served is judged here, once. The reader holds their file, so an invalidation, a replacement or
    /// an eviction that comes while it is read takes nothing from it: it goes on to the end of what was true when it was
    /// opened. Its disk space is free when it is dropped.
    ///
    /// ```
    /// use std::io::Read;
    /// use tagcache::{Builder, Policy, Raw};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// cache.put("film", &vec![7u8; 3 << 20], &Policy::new())?;
    /// let mut film = cache.reader("film")?.expect("it was just put");
    /// assert_eq!(film.len_bytes(), 3 << 20);
    ///
    /// cache.invalidate_key("film")?;
    /// assert!(cache.reader("film")?.is_none(), "nobody begins it any more");
    /// assert_eq!(std::io::copy(&mut film, &mut std::io::sink())?, 3 << 20, "who watches it sees the end");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn reader(&self, key: impl AsRef<[u8]>) -> Result<Option<Reader<S>>, Error> {
        let bytes = key.as_ref();
        let seen = self.peek_stream(&Self::key(bytes)?, bytes)?;
        self.count(bytes, &seen.look);
        Ok(seen.look.fresh().and_then(Hit::into_own))
    }

    /// A look that is not counted.
    pub(super) fn peek_stream(&self, key: &Key, bytes: &[u8]) -> Result<Seen<Reader<S>>, Error> {
        for _ in 0..TRIES {
            let ground = self.ground();
            let expected = self.expected::<Vec<u8>>(&ground)?;
            let entry = match ground.root.entry(key)? {
                Found::Entry(entry) => entry,
                Found::Absent => return Ok(Miss::Absent.into()),
                Found::NotAFile => return Ok(Miss::NotAFile.into()),
            };
            match self.begin_reading(&entry, bytes, &expected)? {
                Ok(begun) => return Ok(begun.read(entry)),
                // It was replaced under our eyes: its successor may be fine.
                Err(Miss::Invalidated) if !entry.is_at_its_path()? => {}
                Err(miss) => return Ok(miss.into()),
            }
        }
        Ok(Miss::Superseded.into())
    }

    fn begin_reading(
        &self,
        entry: &Entry<S>,
        key: &[u8],
        expected: &Expected,
    ) -> Result<Result<Readable, Miss>, Error> {
        if entry.meta().mtime == meta::POISON {
            return Ok(Err(Miss::Invalidated));
        }
        let now = self.sys().now();
        let latest = expected.latest;
        let look = |head: &Head<'_>| {
            let stale = assess(entry.meta(), head, key, now, expected)?;
            let due = due(entry.meta(), &head.facts, latest);
            Ok(Readable { stale, due, head_len: head.len_bytes() as u64, chunks: head.chunks() })
        };
        let looked = with_head(entry, &mut Vec::new(), look)?;
        let readable = looked.unwrap_or_else(|damage| Err(Miss::Damaged(damage)));
        if readable.is_ok() {
            self.note_use(entry, now);
        }
        Ok(readable)
    }
}

/// What the head of an entry says that may be read.
struct Readable {
    stale: Option<Stale>,
    due: Due,
    head_len: u64,
    chunks: Chunks,
}

impl Readable {
    fn read<S: Sys>(self, entry: Entry<S>) -> Seen<Reader<S>> {
        let source = self.stale.map_or(Source::Disk, Source::Stale);
        let hit = Hit::new(Reader::new(entry, self.head_len, self.chunks), source);
        let look = match self.stale {
            None => Lookup::Fresh(hit),
            Some(stale) => Lookup::Stale(hit, stale),
        };
        Seen { look, due: self.due }
    }
}

/// The bytes of one entry, in order: see [`Cache::reader`].
///
/// It holds one chunk, at most a MiB. Not one byte of a chunk is handed out before all of it was compared with its
/// checksum; where they differ, or the file ends too early, reading fails with [`ErrorKind::InvalidData`], and the
/// [`ParseError`] inside says which chunk it is. What was handed out before is right.
pub struct Reader<S: Sys = Os> {
    entry: Entry<S>,
    head_len: u64,
    chunks: Chunks,
    /// The number of the chunk that comes after the one in memory.
    next: u64,
    chunk: Vec<u8>,
    /// How much of the chunk was handed out.
    given: usize,
    /// Some lines of the table, and the number of the first.
    table: Vec<u8>,
    table_from: u64,
}

impl<S: Sys> fmt::Debug for Reader<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("entry", &self.entry).field("next", &self.next).finish_non_exhaustive()
    }
}

impl<S: Sys> Reader<S> {
    pub(crate) fn new(entry: Entry<S>, head_len: u64, chunks: Chunks) -> Self {
        let (chunk, table) = (Vec::new(), Vec::new());
        Self { entry, head_len, chunks, next: 0, chunk, given: 0, table, table_from: 0 }
    }

    /// How many bytes the value has in all.
    #[must_use]
    pub const fn len_bytes(&self) -> u64 {
        self.chunks.payload_len()
    }

    /// Puts the next chunk into memory, once it is known to be right.
    fn load_next(&mut self) -> io::Result<()> {
        let (index, len) = (self.next, self.chunks.len_of(self.next));
        self.chunk.clear();
        self.given = 0;
        if len == 0 {
            return Ok(());
        }
        let line = self.line(index)?;
        let at = self.head_len + CHUNK_LEN as u64 * index;
        let read = self.entry.read_at(at, &mut self.chunk, len).map_err(io::Error::other);
        let right = read.and_then(|()| match self.chunk.len() {
            short if short < len => Err(self.cut_short(at + short as u64)),
            _ => self.chunks.verify(index, &self.chunk, line).map_err(damaged),
        });
        if right.is_err() {
            // Not one of these bytes is handed out.
            self.chunk.clear();
            return right;
        }
        self.next += 1;
        Ok(())
    }

    /// The line of a chunk in the table behind the payload.
    fn line(&mut self, index: u64) -> io::Result<[u8; CHUNK_CRC_LEN]> {
        let width = CHUNK_CRC_LEN as u64;
        if let Some(line) = line_in(&self.table, index.wrapping_sub(self.table_from)) {
            return Ok(line);
        }
        let at = self.head_len + self.chunks.payload_len() + index * width;
        let left = (self.chunks.count() - index) * width;
        let len = usize::try_from(left).unwrap_or(TABLE_PIECE).min(TABLE_PIECE);
        self.table.clear();
        self.table_from = index;
        self.entry.read_at(at, &mut self.table, len).map_err(io::Error::other)?;
        line_in(&self.table, 0).ok_or_else(|| self.cut_short(at + self.table.len() as u64))
    }

    /// The file ends at `found`, though it was long enough when it was opened.
    fn cut_short(&self, found: u64) -> io::Error {
        let expected = self.head_len + self.chunks.payload_len() + self.chunks.table_len();
        damaged(ParseError::Truncated { expected, found })
    }
}

fn line_in(table: &[u8], place: u64) -> Option<[u8; CHUNK_CRC_LEN]> {
    let start = usize::try_from(place).ok()?.checked_mul(CHUNK_CRC_LEN)?;
    table.get(start..)?.first_chunk().copied()
}

fn damaged(damage: ParseError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, damage)
}

impl<S: Sys> BufRead for Reader<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given == self.chunk.len() {
            self.load_next()?;
        }
        Ok(self.chunk.get(self.given..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.given = self.given.saturating_add(amount).min(self.chunk.len());
    }
}

impl<S: Sys> Read for Reader<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}
