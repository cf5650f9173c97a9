//! Tags for a store that cannot list its keys: every tag has a version, and a value remembers those of its tags. A new
//! version makes every value with an older one invalid, which is found out when it is read.

use serde::{Deserialize, Serialize};
use tagcache_benches::article::Article;

use super::record::now;
use crate::peer::{Item, Outcome};

/// A value with the versions of its tags.
#[derive(Serialize, Deserialize)]
pub(crate) struct Versioned<A> {
    tags: [(String, u64); 2],
    pub(crate) article: A,
}

/// Where the versions are kept.
pub(crate) trait Versions {
    fn version(&self, tag: &str) -> Outcome<Option<u64>>;
    fn set_version(&self, tag: &str, version: u64) -> Outcome<()>;

    /// Binds a value to what its tags are now.
    fn bind<A>(&self, article: A, tags: &[&str; 2]) -> Outcome<Versioned<A>> {
        let now = |tag: &str| -> Outcome<(String, u64)> { Ok((tag.to_owned(), self.version_now(tag)?)) };
        Ok(Versioned { tags: [now(tags[0])?, now(tags[1])?], article })
    }

    fn version_now(&self, tag: &str) -> Outcome<u64> {
        match self.version(tag)? {
            Some(version) => Ok(version),
            None => self.renew(tag),
        }
    }

    /// A version that the tag never had: above the last one, and above all that were forgotten.
    fn renew(&self, tag: &str) -> Outcome<u64> {
        let last = self.version(tag)?.unwrap_or_default();
        let version = now().max(last + 1);
        self.set_version(tag, version)?;
        Ok(version)
    }

    /// Whether nothing happened to its tags since.
    fn is_current<A>(&self, value: &Versioned<A>) -> Outcome<bool> {
        for (tag, version) in &value.tags {
            if self.version(tag)? != Some(*version) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// For stores that take what they are given.
pub(crate) fn owned(item: &Item<'_, Article>, versions: &impl Versions) -> Outcome<Versioned<Article>> {
    versions.bind(item.value.clone(), &item.tags)
}
