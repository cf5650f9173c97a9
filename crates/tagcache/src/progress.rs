//! How far a long work is.

/// How far a sweep or an examination is: the argument of the hook of
/// [`Builder::on_progress`](crate::Builder::on_progress).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Parts that are done. They are about equal: names are spread evenly.
    pub done: u32,
    /// Parts in all.
    pub of: u32,
}

/// Both walk over the 256 outer folders twice: once for the entries, once for the links of the tags.
const WALK: u32 = 256;

impl Progress {
    /// All before this outer folder is done, in the first walk or the second.
    pub(crate) fn before(outer: u8, is_second: bool) -> Self {
        Self { done: u32::from(outer) + if is_second { WALK } else { 0 }, of: 2 * WALK }
    }

    /// The outer folder in which a path in the tree lies: `data/ae/…`.
    pub(crate) fn outer_of(path: &[u8]) -> Option<u8> {
        let name = path.strip_prefix(b"data/")?.get(..2)?;
        u8::from_str_radix(std::str::from_utf8(name).ok()?, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_walks_are_half_of_it_each_and_the_folder_of_a_path_says_where_one_is() {
        assert_eq!(Progress::outer_of(b"data/ae/08/key:62"), Some(0xae));
        assert_eq!((Progress::outer_of(b"data/zz"), Progress::outer_of(b"tmp/ae")), (None, None));
        assert_eq!(Progress::before(0, false), Progress { done: 0, of: 512 });
        assert_eq!(Progress::before(255, true), Progress { done: 511, of: 512 });
    }
}
