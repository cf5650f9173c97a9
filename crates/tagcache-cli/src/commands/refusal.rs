//! Whether a directory would be refused for what it is or holds, whatever its filesystem can do. It looks, and changes nothing: to
//! open a cache may mend it.
//!
//! The opener (`open.rs` of `tagcache-fs`) has the last word; these are its reasons that can be seen without it.

use std::path::Path;

use tagcache::fs::name::{CACHEDIR_TAG, DATA, LOCKS, TMP};
use tagcache::fs::sys::Custody;
use tagcache::fs::{OpenError, Os, Sys as _};

use crate::input;

/// In words; `None` where nothing is seen that is in the way.
pub(super) fn of(root: &Path) -> Option<String> {
    if let Some(other) = input::no_directory(root) {
        return Some(format!("{} is no directory; choose an empty or a new one", other.display()));
    }
    let custody = Os.open_root(root).and_then(|dir| Os.custody(&dir)).ok()?;
    let is_cache = input::is_there(&root.join("tagcache.format"));
    let refused = match custody {
        Custody::Foreign { .. } => true,
        // One that is empty is closed to others when it becomes a cache.
        Custody::Shared { .. } => is_cache || input::first_name(root, |_| true).is_some(),
        _ => false,
    };
    if refused {
        return Some(OpenError::NotOurs { path: root.into(), custody }.to_string());
    }
    let stranger = input::first_name(root, is_strange).filter(|_| !is_cache)?;
    let (root, stranger) = (root.display(), stranger.to_string_lossy());
    Some(format!("{root} holds {stranger} and no tagcache.format; choose an empty or a new directory"))
}

/// Whether it is no name that a maker who died leaves behind.
fn is_strange(name: &[u8]) -> bool {
    ![DATA, TMP, LOCKS, CACHEDIR_TAG].iter().any(|ours| ours.to_bytes() == name)
}
