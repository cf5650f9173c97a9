//! Something else happens in the instant before a call.

use tagcache_fs::sys::Result;

use crate::call::At;
use crate::layer::Layer;

/// Runs a closure before every call: to act as another process in exactly that instant, to look at the tree, or to
/// answer in place of the kernel.
pub struct Hook<F>(F);

impl<F> Hook<F> {
    /// Runs `before` before every call.
    #[must_use]
    pub fn new(before: F) -> Self
    where
        F: Fn(&At<'_>) -> Result<()> + Send + Sync + 'static,
    {
        Self(before)
    }
}

impl<F> std::fmt::Debug for Hook<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

impl<F: Fn(&At<'_>) -> Result<()> + Send + Sync + 'static> Layer for Hook<F> {
    fn before(&self, at: &At<'_>) -> Result<()> {
        (self.0)(at)
    }
}
