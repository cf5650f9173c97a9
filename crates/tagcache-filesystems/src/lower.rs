//! A cache that was baked into the lower layer of an overlay, as into the image of a container: it is refused, or started
//! afresh, and in no case served.

use std::fmt::Display;
use std::path::Path;

use tagcache::fs::{OpenError, Unfit};
use tagcache::{Builder, Error, Policy, Raw};
use tagcache_images::Halt;

/// Where it lies.
pub(crate) const BAKED: &str = "baked";

fn fail<E: Display>(error: E) -> Halt {
    Halt::Fail(format!("the root of a lower layer: {error}"))
}

/// Puts a value into a new root.
pub(crate) fn plant(root: &Path) -> Result<(), Halt> {
    let cache = Builder::new(Raw).open(root).map_err(fail)?;
    cache.put("key", &b"baked".to_vec(), &Policy::new().tag("tag")).map(drop).map_err(fail)
}

/// Opens it where it is a lower layer.
pub(crate) fn check(root: &Path) -> Result<(), Halt> {
    let cache = match Builder::new(Raw).open(root) {
        Ok(cache) => cache,
        Err(Error::Open(OpenError::Unfit { why: Unfit::LowerLayer, .. })) => return Ok(()),
        Err(error) => return Err(fail(error)),
    };
    match cache.get::<Vec<u8>>("key").map_err(fail)? {
        None => Ok(()),
        Some(_) => Err(fail("it was opened, and serves what was stored in another place")),
    }
}
