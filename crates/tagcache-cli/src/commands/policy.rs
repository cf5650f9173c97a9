//! Tags and expiry, as they are given to `put` and `run`.

use tagcache::Policy;
use tagcache::fs::{Key, Tag};

use crate::args::Terms;
use crate::end::Failure;
use crate::names;

pub(crate) fn of(terms: &Terms, escaped: bool) -> Result<Policy, Failure> {
    let tags = names::all_given(&terms.tags, escaped)?;
    let paths = names::all_given(&terms.tag_paths, escaped)?;
    let policy = paths.iter().fold(Policy::new().tags(tags), Policy::tag_path);
    Ok(match terms.expire {
        Some(time) => policy.expire_in(time),
        None => policy.never_expire(),
    })
}

/// Refuses names that no cache takes, before anything is done.
pub(crate) fn check(key: &[u8], terms: &Terms, escaped: bool) -> Result<(), Failure> {
    Key::new(key).map_err(tagcache::Error::from)?;
    for tag in names::all_given(&terms.tags, escaped)? {
        Tag::new(tag).map_err(tagcache::Error::from)?;
    }
    for path in names::all_given(&terms.tag_paths, escaped)? {
        // The slashes at its end are no part of it.
        let len = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        Tag::new(path.get(..len).unwrap_or_default()).map_err(tagcache::Error::from)?;
    }
    Ok(())
}
