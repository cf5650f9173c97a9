//! How many names one file may have.

use std::ffi::CString;
use std::path::Path;

use tagcache_fs::sys::{Errno, OpenMode, Sys};

/// Where no limit is known, this many names must be possible.
const WITHOUT_LIMIT: u32 = 70_000;

/// Gives a file as many names as it may have, and one more, which must be refused.
///
/// # Errors
/// What is not as it is said to be.
pub fn check<S: Sys>(sys: &S, root: &Path, limit: Option<u32>) -> Result<(), String> {
    let fails = |errno: Errno| format!("cannot make a file with many names: {errno}");
    let dir = sys.open_root(root).map_err(fails)?;
    let file = sys.open(&dir, c"1", OpenMode::Create).map_err(fails)?;
    let name = |number: u32| CString::new(number.to_string()).unwrap_or_default();
    for number in 2..=limit.unwrap_or(WITHOUT_LIMIT) {
        sys.link(&dir, c"1", &name(number)).map_err(|errno| format!("name {number} of a file: {errno:?}"))?;
    }
    let stat = sys.stat(&file).map_err(fails)?;
    match limit.map(|limit| sys.link(&dir, c"1", &name(limit + 1))) {
        Some(answer) if answer != Err(Errno::MLINK) => {
            Err(format!("one name more than {} is {answer:?}", stat.nlink))
        }
        _ => Ok(()),
    }
}
