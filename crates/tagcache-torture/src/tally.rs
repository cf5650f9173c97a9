//! How often what was done: one byte for each completed operation, appended to a file, so that nothing is lost with those
//! who are killed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

macro_rules! deeds {
    ($($name:ident $text:literal,)*) => {
        /// What can be counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Deed {
            $(#[doc = $text] $name,)*
        }

        impl Deed {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// For people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

deeds! {
    Fresh "fresh values read and checked",
    Memory "of them by a look into memory",
    Stale "stale values read and checked",
    Miss "misses",
    Computed "values computed",
    Put "puts",
    Replace "replaces",
    Raced "stores overtaken by an invalidation",
    InvalidateTag "tags invalidated",
    ExpireTag "tags softly expired",
    InvalidateKey "keys invalidated",
    ExpireKey "keys softly expired",
    Clear "clears",
    Sweep "sweeps",
    Rotate "logs filled up",
    Refused "calls refused for want of descriptors",
}

/// The file, for those who do.
#[derive(Debug)]
pub struct Tally(File);

impl Tally {
    /// Opens it, made if it is missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Counts one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn count(&mut self, deed: Deed) -> io::Result<()> {
        let byte = u8::try_from(deed as usize).map_err(io::Error::other)?;
        self.0.write_all(&[byte])
    }
}

/// The sums, for who watches.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    counts: Vec<u64>,
    read: u64,
}

impl Sums {
    /// Adds what the file gained since it was asked last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn catch_up(&mut self, file: &File) -> io::Result<()> {
        self.counts.resize(Deed::ALL.len(), 0);
        let mut buffer = [0; 4096];
        loop {
            let got = file.read_at(&mut buffer, self.read)?;
            if got == 0 {
                return Ok(());
            }
            self.read += got as u64;
            for byte in buffer.iter().take(got) {
                let count = self.counts.get_mut(usize::from(*byte));
                count.into_iter().for_each(|count| *count += 1);
            }
        }
    }

    /// Adds those of another round.
    pub fn add(&mut self, other: &Self) {
        self.counts.resize(Deed::ALL.len(), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, more)| *sum += more);
    }

    /// How often.
    #[must_use]
    pub fn of(&self, deed: Deed) -> u64 {
        self.counts.get(deed as usize).copied().unwrap_or(0)
    }

    /// All operations together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}
