//! Compute-through for values that do not fit in memory: the same rules, and nothing is read whole.

use tagcache_codec::Raw;
use tagcache_fs::{Os, Sys};

use super::{Reader, Writer};
use crate::asking::Turn;
use crate::cache::Cache;
use crate::decision::Demand;
use crate::error::Error;
use crate::fill::Fill;
use crate::hit::Hit;
use crate::lookup::Source;
use crate::request::Request;

/// The answer to [`Request::begin_stream`].
#[must_use = "it holds the value, or the right to compute it"]
#[derive(Debug)]
pub enum BegunStream<S: Sys = Os> {
    /// There is a value, and where it came from: [`Begun::Hit`](crate::Begun::Hit) says when.
    Reader(Reader<S>, Source),
    /// It is this caller's turn.
    Fill(Fill<Raw, S>),
    /// There is an old value that may be used, and it is this caller's turn to compute the new one behind that. Only
    /// [`Request::begin_stream_behind`] says this.
    Refresh(Reader<S>, Source, Fill<Raw, S>),
}

impl<S: Sys> Request<'_, Raw, S> {
    /// A value to be read piece by piece, or the right to compute it, under the same rules as [`begin`](Self::begin): one
    /// computation at a time, and whoever waits for it holds none of its bytes.
    ///
    /// ```
    /// use std::io::{Read, Write};
    /// use tagcache::{BegunStream, Builder, Policy, Raw, Source};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// let cache = Builder::new(Raw).open(dir.path())?;
    /// let policy = Policy::new().tag("sales");
    /// let BegunStream::Fill(fill) = cache.at("report").policy(&policy).begin_stream()? else { panic!("it is stored") };
    /// let mut report = fill.writer()?.expect("nothing keeps it from being stored");
    /// write!(report, "all sold")?;
    /// report.commit()?;
    /// drop(fill); // whoever waits is served now
    ///
    /// let BegunStream::Reader(mut report, source) = cache.at("report").begin_stream()? else { panic!("it is not") };
    /// let mut text = String::new();
    /// report.read_to_string(&mut text)?;
    /// assert_eq!((text.as_str(), source), ("all sold", Source::Disk));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Cache::begin`].
    pub fn begin_stream(self) -> Result<BegunStream<S>, Error> {
        self.begin_stream_for(Demand::Value)
    }

    /// The same for a caller that has its own way to compute behind itself, as
    /// [`compute_behind`](Self::compute_behind) does with a thread: where an old value is to be refreshed by this caller,
    /// it is given both.
    ///
    /// # Errors
    /// As for [`Cache::begin`].
    pub fn begin_stream_behind(self) -> Result<BegunStream<S>, Error> {
        self.begin_stream_for(Demand::Behind)
    }

    fn begin_stream_for(&self, demand: Demand) -> Result<BegunStream<S>, Error> {
        loop {
            // No memory shares a reader, so the first round is the last.
            if let Some(begun) = self.try_begin_stream(demand)? {
                return Ok(begun);
            }
        }
    }

    fn try_begin_stream(&self, demand: Demand) -> Result<Option<BegunStream<S>>, Error> {
        let span = self.span();
        let turn = span.within(|| self.cache().turn_by(&self.wish(demand), Cache::peek_stream));
        Ok(match turn? {
            Turn::Hit(hit) => {
                let source = hit.source();
                span.ended(source);
                hit.into_own().map(|reader| BegunStream::Reader(reader, source))
            }
            Turn::Fill(fill) => {
                span.computing(fill.why());
                Some(BegunStream::Fill(fill))
            }
            Turn::Refresh(hit, fill) => {
                let source = hit.source();
                span.ended(source);
                hit.into_own().map(|reader| BegunStream::Refresh(reader, source, fill))
            }
        })
    }
}

impl<S: Sys> Fill<Raw, S> {
    /// Begins the value, to be written piece by piece, with the tags and the expiry that were said so far. It may be begun
    /// again: nothing is stored before [`Writer::commit`]. `None` when the value will not be stored:
    /// [`will_store`](Self::will_store).
    ///
    /// The lease stays with the fill: drop it after the commit.
    ///
    /// # Errors
    /// As for [`Cache::writer`].
    pub fn writer(&self) -> Result<Option<Writer<S>>, Error> {
        let Some((plan, mark)) = self.plan() else { return Ok(None) };
        self.cache().begin_writing(self.key_bytes(), plan, &mark).map(Some)
    }

    /// The computation failed: [`fail`](Self::fail) for a value to be read piece by piece.
    #[must_use = "it may be served in place of the error"]
    pub fn fail_stream(self) -> Option<(Reader<S>, Source)> {
        let hit = self.fail_by(Cache::peek_stream)?;
        let source = Hit::source(&hit);
        hit.into_own().map(|reader| (reader, source))
    }
}
