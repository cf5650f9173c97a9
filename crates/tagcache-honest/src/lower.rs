//! A cache that was baked into the lower layer of an overlay, as into the image of a container.
//!
//! There a change goes to a copy: a name that is added or removed in the overlay need not change the count that the
//! other names show. Such a root must be refused, or else keep what it promises.

use std::fmt::Display;
use std::path::Path;

use tagcache_fs::{Key, OpenError, Root, Standing, Tag, Time, Unfit};
use tagcache_images::Halt;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// It was refused, and the reason says why.
    Refused,
    /// It was opened, and an invalidated entry is dead.
    Kept,
}

fn fail<E: Display>(error: E) -> Halt {
    Halt::Fail(format!("the root of a lower layer: {error}"))
}

fn names() -> Result<(Key, Tag), Halt> {
    Ok((Key::new("key").map_err(fail)?, Tag::new("tag").map_err(fail)?))
}

/// Puts an entry with a tag into a new root.
///
/// # Errors
/// When that fails.
pub fn plant(root: &Path) -> Result<(), Halt> {
    let (key, tag) = names()?;
    let root = Root::open(root).map_err(fail)?;
    let mut draft = root.draft(&key, root.mark().map_err(fail)?).map_err(fail)?;
    draft.write(b"baked").map_err(fail)?;
    let linked = draft.stamp(Time::MAX).map_err(fail)?.link(&[tag]).map_err(fail)?;
    linked.check().map_err(fail)?.publish().map_err(fail)?;
    Ok(())
}

/// Opens it where it is a lower layer, and invalidates the tag.
///
/// # Errors
/// When the entry could be served all the same.
pub fn check(root: &Path) -> Result<Met, Halt> {
    const LINKS: u64 = 2;
    let (key, tag) = names()?;
    let root = match Root::open(root) {
        Ok(root) => root,
        Err(OpenError::Unfit { why: Unfit::LowerLayer, .. }) => return Ok(Met::Refused),
        Err(error) => return Err(fail(error)),
    };
    root.invalidate_tags(&[tag]).map_err(fail)?;
    match root.entry(&key).map_err(fail)?.into_entry() {
        Some(entry) if entry.meta().standing(LINKS) == Standing::Whole => {
            Err(fail("it was opened, and serves what was invalidated"))
        }
        _ => Ok(Met::Kept),
    }
}
