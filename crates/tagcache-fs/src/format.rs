//! `tagcache.format`: what was fixed when the root was made. Pure text to settings and back.
//!
//! The same file is `CACHEDIR.TAG`, by a second hard link: its first line is the signature that backup tools look
//! for, and the pair of names lets every opener test whether this filesystem still counts links truthfully.

use std::fmt;

use crate::layout::Layout;
use crate::meta::EARLIEST;
use crate::time::Time;

/// <https://bford.info/cachedir/>
const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

/// A file longer than this is none of ours.
pub(crate) const MAX_BYTES: usize = 4096;

/// What survives a power cut. Fixed when the root is made, since every process must agree.
///
/// In no mode is anything served that was invalidated, and a value that a power cut tore is a miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// Nothing is synced. What was written before the last boot is a miss.
    Volatile,
    /// An invalidation that returned is on disk; a value that was put may be lost.
    #[default]
    Invalidations,
    /// A value that was put is on disk as well, when the put returns.
    Full,
}

impl Durability {
    const ALL: [Self; 3] = [Self::Volatile, Self::Invalidations, Self::Full];

    const fn word(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::Invalidations => "invalidations",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The content of `tagcache.format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) layout: Layout,
    pub(crate) durability: Durability,
    /// The device and inode of this very file: a copy has others.
    pub(crate) id: (u64, u64),
    /// When it was born, if the filesystem knows: a copy may be given the inode number of what it was copied from.
    pub(crate) born: Option<Time>,
    pub(crate) mtime_max: Time,
    pub(crate) mtime_granularity: u64,
    pub(crate) rename_noreplace: bool,
}

/// Why a `tagcache.format` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FormatError {
    /// The tree of a later (or no) version.
    Layout(String),
    /// A line that is missing or says nothing we know.
    Malformed(&'static str),
}

impl Format {
    pub(crate) fn print(&self) -> String {
        let born = self.born.map(|born| format!("born = {}\n", born.as_nanos()));
        format!(
            "{SIGNATURE}\n\
             # This directory is a cache kept by TagCache. Backups may skip it; removing it loses no data.\n\
             # This file is both CACHEDIR.TAG and tagcache.format; it does not change.\n\
             layout = {}\n\
             durability = {}\n\
             device = {}\n\
             inode = {}\n\
             {}\
             mtime-max = {}\n\
             mtime-granularity = {}\n\
             rename-noreplace = {}\n",
            self.layout.in_format(),
            self.durability,
            self.id.0,
            self.id.1,
            born.unwrap_or_default(),
            self.mtime_max.as_nanos(),
            self.mtime_granularity,
            self.rename_noreplace,
        )
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self, FormatError> {
        let text = std::str::from_utf8(text).map_err(|_| FormatError::Malformed("the text"))?;
        let body = text.strip_prefix(SIGNATURE).ok_or(FormatError::Malformed("the signature"))?;
        let field = |name: &'static str| {
            let mut lines = body.lines();
            lines
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
                .ok_or(FormatError::Malformed(name))
        };
        // The layout first: a later version may mean anything by the other lines.
        let word = field("layout")?;
        let layout = Layout::ALL.into_iter().find(|known| known.in_format() == word);
        let layout = layout.ok_or_else(|| FormatError::Layout(word.to_owned()))?;
        let number = |name| field(name)?.parse::<u64>().map_err(|_| FormatError::Malformed(name));
        let durability = field("durability")?;
        let granularity = number("mtime-granularity")?;
        if granularity == 0 {
            return Err(FormatError::Malformed("mtime-granularity"));
        }
        let mtime_max = Time::from_nanos(number("mtime-max")?);
        if mtime_max < EARLIEST {
            return Err(FormatError::Malformed("mtime-max"));
        }
        Ok(Self {
            layout,
            durability: *Durability::ALL
                .iter()
                .find(|known| known.word() == durability)
                .ok_or(FormatError::Malformed("durability"))?,
            id: (number("device")?, number("inode")?),
            // Roots of the first programs do not say.
            born: field("born").ok().map(|_| number("born")).transpose()?.map(Time::from_nanos),
            mtime_max,
            mtime_granularity: granularity,
            rename_noreplace: field("rename-noreplace")?
                .parse()
                .map_err(|_| FormatError::Malformed("rename-noreplace"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        layout: Layout::Spread,
        durability: Durability::Full,
        id: (7, 42),
        born: Some(Time::from_nanos(1_795_743_600_123_456_789)),
        mtime_max: Time::from_nanos(15_032_385_535_000_000_000),
        mtime_granularity: 1,
        rename_noreplace: true,
    };

    #[test]
    fn what_is_printed_is_understood() {
        for (durability, layout) in Durability::ALL.into_iter().flat_map(|d| Layout::ALL.map(|l| (d, l))) {
            for born in [None, FORMAT.born] {
                let format = Format { durability, layout, born, ..FORMAT };
                assert_eq!(Format::parse(format.print().as_bytes()), Ok(format));
            }
        }
    }

    #[test]
    fn the_layout_that_came_first_is_written_as_before_there_was_another() {
        assert!(FORMAT.print().contains("\nlayout = 1\n"));
        let compact = Format { layout: Layout::Compact, ..FORMAT }.print();
        assert_eq!(compact.replace("layout = compact", "layout = 1"), FORMAT.print(), "nothing else differs");
    }

    #[test]
    fn a_later_layout_is_named_in_the_error() {
        let text = FORMAT.print().replace("layout = 1", "layout = 2");
        assert_eq!(Format::parse(text.as_bytes()), Err(FormatError::Layout("2".into())));
    }

    #[test]
    fn a_file_cut_anywhere_is_never_taken_for_another_setting() {
        let text = FORMAT.print();
        for cut in 0..text.len() - 1 {
            assert!(Format::parse(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
    }
}
