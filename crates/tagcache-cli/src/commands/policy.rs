//! Tags and expiry, as they are given to `put` and `run`.

use tagcache::Policy;
use tagcache::fs::{Key, Tag};

use crate::args::Terms;
use crate::end::Failure;
use crate::names;

pub(crate) fn of(terms: &Terms, escaped: bool) -> Result<Policy, Failure> {
    let policy = Policy::new().tags(names::all_given(&terms.tags, escaped)?);
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
    Ok(())
}
