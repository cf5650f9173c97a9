//! What a process can hold on to: the rights that others run into.

use std::any::Any;
use std::error::Error;

use tagcache_fs::Key;

use crate::session::OurCache;

/// Held until it is dropped; nothing else is done with it.
pub(crate) type Held = Box<dyn Any>;

/// Takes it, or not: another process has it.
pub(crate) fn take(cache: &OurCache, what: &[&str]) -> Result<Option<Held>, Box<dyn Error>> {
    let root = cache.root();
    Ok(match what {
        ["lease", key] => root.try_lease(&Key::new(key)?)?.map(|lease| Box::new(lease) as Held),
        ["draft", key] => Some(Box::new(root.draft(&Key::new(key)?, root.mark()?)?)),
        ["sweep"] => root.try_sweep_lock()?.map(|lock| Box::new(lock) as Held),
        _ => return Err(format!("no such thing: {}", what.join(" ")).into()),
    })
}
