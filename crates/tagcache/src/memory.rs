//! The memory tier: values that were decoded once, kept beside their open files.
//!
//! A kept value is served after one `fstat` of its file, which shows whatever any process did to the entry. What is
//! trusted, and why, stands at [`tagcache_fs::Held`].

mod name;
mod recall;
mod slot;
mod tier;

pub(crate) use recall::Keepable;
pub(crate) use tier::Tier;

/// The bytes that are kept at most, unless [`Memory::bytes`] says otherwise.
const BYTES: u64 = 64 << 20;
/// The share of the process's open files, in per cent.
const SHARE: u8 = 25;

/// How many values a handle keeps in memory, decoded. See [`Builder::memory`](crate::Builder::memory).
///
/// A hit in memory is one system call, and allocates and decodes nothing: the value is shared ([`Hit`](crate::Hit) is a
/// reference to it). It is exactly as true as one from disk: the call asks the inode of the entry, and a replacement, an
/// invalidation, an expiry, an eviction by any process shows there.
///
/// Each kept value keeps its file open. So it takes a descriptor, and a file that others removed takes its disk space
/// until this process closes it: while the cache is used, within ten seconds (longer with more than 40 000 values); in a process that does nothing for long, when it
/// uses the cache again, at the latest when [`Cache::upkeep`](crate::Cache::upkeep) is called, by whatever
/// [`Upkeep`](crate::Upkeep) is set.
///
/// A value is kept when it is read from disk and fresh, and its entry has rested for a tenth of a second: earlier, a
/// change may not show in the time that the kernel notes. Nothing is kept on network filesystems.
///
/// ```
/// # #[cfg(feature = "postcard")] {
/// use tagcache::{Cache, Memory, Policy, Source};
///
/// # let dir = tempfile::tempdir()?;
/// let cache = Cache::builder().memory(Memory::new().entries(1000).bytes(16 << 20)).open(dir.path())?;
/// cache.put("page", &String::from("<h1>Seven</h1>"), &Policy::new())?;
/// let second = loop {
///     let hit = cache.get::<String>("page")?.expect("it was just put");
///     if hit.source() == Source::Memory {
///         break hit; // a tenth of a second later
///     }
/// };
/// assert_eq!(*second, "<h1>Seven</h1>");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "give it to `Builder::memory`"]
pub struct Memory {
    entries: usize,
    bytes: u64,
    share: u8,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// As many as a quarter of the files that the process may have open, and 64 MiB.
    pub const fn new() -> Self {
        Self { entries: usize::MAX, bytes: BYTES, share: SHARE }
    }

    /// None: every hit opens, reads and decodes its file.
    pub const fn off() -> Self {
        Self { entries: 0, bytes: 0, share: 0 }
    }

    /// At most so many values.
    pub const fn entries(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// Values of at most so many bytes, together, as they are encoded. What they take decoded cannot be seen.
    ///
    /// They are kept in parts of 4 MiB at least (or one of `bytes`, if that is less), and a value that is larger than nine
    /// tenths of its part is read from disk each time.
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// At most so much of the files that the process may have open (`ulimit -n`, as it is when the first value is kept),
    /// in per cent. Each handle counts for itself; a program that opens several caches gives each a smaller share.
    pub const fn descriptor_share(mut self, percent: u8) -> Self {
        self.share = if percent > 100 { 100 } else { percent };
        self
    }

    /// How many entries, with that many open files: zero for none at all.
    fn entries_of(&self, open_files: u64) -> usize {
        if self.bytes == 0 {
            return 0;
        }
        // Divided first: "unlimited" is the largest number there is.
        let share = match open_files.checked_mul(u64::from(self.share)) {
            Some(product) => product / 100,
            None => open_files / 100 * u64::from(self.share),
        };
        self.entries.min(usize::try_from(share).unwrap_or(usize::MAX))
    }

    pub(crate) const fn is_off(&self) -> bool {
        self.entries == 0 || self.bytes == 0 || self.share == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_open_files_is_used_unless_told_otherwise() {
        assert_eq!(Memory::new().entries_of(1024), 256);
        assert_eq!(Memory::new().descriptor_share(50).entries_of(1024), 512);
        assert_eq!(Memory::new().descriptor_share(200).entries_of(1024), 1024);
    }

    #[test]
    fn the_smaller_of_the_two_bounds_holds() {
        assert_eq!(Memory::new().entries(10).entries_of(1024), 10);
        assert_eq!(Memory::new().entries(1000).entries_of(1024), 256);
    }

    #[test]
    fn an_unlimited_number_of_open_files_does_not_overflow() {
        let all = Memory::new().descriptor_share(100).entries_of(u64::MAX);
        assert!(all as u64 >= u64::MAX / 100 * 99 || all == usize::MAX, "{all}");
    }

    #[test]
    fn any_bound_of_zero_keeps_nothing() {
        for off in [
            Memory::off(),
            Memory::new().entries(0),
            Memory::new().bytes(0),
            Memory::new().descriptor_share(0),
        ] {
            assert!(off.is_off(), "{off:?}");
            assert_eq!(off.entries_of(1 << 20), 0, "{off:?}");
        }
        assert!(!Memory::new().is_off());
        assert_eq!(Memory::new().entries_of(3), 0, "a process that may hardly open anything");
    }
}
